/** Small streams of changes, and random changes that take back what is there. */
import fc from 'fast-check'
import { source, t } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8, n: t.int64, x: t.float64, flag: t.bool, op: t.int8 }
export const rowsOf = source('changes', columns, { time: 'at', outOfOrderness: '1s' })
export const changed = source('changes', columns, { time: 'at', outOfOrderness: '1s', changes: 'op' })
export const untimed = source('changes', columns, { changes: 'op' })

export const change = (op: number, given: ModelRow = {}): ModelRow => ({
  at: 0n,
  key: 'a',
  n: 1n,
  x: 1,
  flag: true,
  op,
  ...given,
})

/** Rows of few keys and values, many of which take back one that came before. */
export const streams: fc.Arbitrary<readonly ModelRow[]> = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      n: fc.integer({ min: -3, max: 3 }),
      x: fc.oneof(fc.double(), fc.constantFrom(0.1, 0.2, 1e300, -1e300, 5e-324, Number.NaN, Infinity)),
      flag: fc.boolean(),
      back: fc.option(fc.nat(), { freq: 2 }),
    }),
    { maxLength: 40, size: 'max' },
  )
  .map(drawn => {
    const there: ModelRow[] = []
    return drawn.map(({ back, n, ...given }) => {
      if (back !== null && there.length > 0) {
        const [taken] = there.splice(back % there.length, 1)
        return { ...taken, op: back % 2 === 0 ? 1 : 2 }
      }
      const added = change(n % 2 === 0 ? 0 : 3, { ...given, n: BigInt(n) })
      there.push(added)
      return added
    })
  })

/** What is left of changes. */
export function netOf(rows: readonly ModelRow[]): readonly ModelRow[] {
  const left: ModelRow[] = []
  for (const one of rows) {
    if (one.op === 0 || one.op === 3) left.push(one)
    else
      left.splice(
        left.findIndex(two => sameRow(one, two)),
        1,
      )
  }
  return left
}

const sameRow = (a: ModelRow, b: ModelRow): boolean =>
  Object.keys(a).every(name => name === 'op' || Object.is(a[name], b[name]))
