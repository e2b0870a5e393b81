/** What rankings are typed as, and what of them must not compile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tumble } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

test('rankings have the columns of their rows, their rank, and what becomes of them', () => {
  const rows = trades.select(f => ({ at: f.at, symbol: f.symbol, price: f.price }))
  interface Plain {
    readonly at: bigint
    readonly symbol: string
    readonly price: number
  }
  const best = rows.rank({
    partitionBy: ['symbol'],
    orderBy: [{ column: 'price', descending: true, nulls: 'last' }, 'at'],
    limit: 3,
    as: 'place',
  })
  type Ranked = Plain & { readonly place: bigint; readonly $op: number }
  same<RowIn<typeof best>, { [K in keyof Ranked]: Ranked[K] }>(true)
  const top = rows.rank({ orderBy: ['price'], limit: 3, by: 'dense_rank' })
  type Told = Plain & { readonly $op: number }
  same<RowIn<typeof top>, { [K in keyof Told]: Told[K] }>(true)
  same<RowIn<ReturnType<typeof top.consolidate>>, { [K in keyof Told]: Told[K] }>(true)
  const latest = rows.lastBy(['symbol'], 'at')
  same<RowIn<typeof latest>, { [K in keyof Told]: Told[K] }>(true)
  const daily = rows.window(tumble('at', '1d')).rank({ orderBy: ['price'], as: 'place', emit: 'close' })
  type Given = Plain & Record<'window_start' | 'window_end' | 'place', bigint>
  same<RowIn<typeof daily>, { readonly [K in keyof Given]: Given[K] }>(true)
  assert.deepEqual(
    [best, top, latest, daily].map(({ schema }) => schema.map(({ name }) => name).join(' ')),
    [
      'at symbol price place $op',
      'at symbol price $op',
      'at symbol price $op',
      'at symbol price window_start window_end place',
    ],
  )
})

/** Never called: only the compiler reads it. */
export function rankingsMustNotCompile(): void {
  // @ts-expect-error rows are ordered by columns
  trades.rank({ orderBy: ['prise'], limit: 1 })
  // @ts-expect-error partitions are of columns
  trades.rank({ partitionBy: ['symbl'], orderBy: ['price'], limit: 1 })
  // @ts-expect-error no such way to count
  trades.rank({ orderBy: ['price'], limit: 1, by: 'percent_rank' })
}
