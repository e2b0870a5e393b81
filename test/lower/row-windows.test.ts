/** Windows of rows: when their results leave, over which rows, and what they have to do with each other. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { countWindow } from '../../compiler/index.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { nodeOf, row, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const keyed = (keys: string) => [...keys].map((key, i) => row(i, { key, n: BigInt(i) }))

test('a window leaves with the row that fills it, and what is left when the input ends', () => {
  const plan = timeless
    .window(countWindow(3))
    .groupBy('key')
    .agg((f, a) => ({ from: a.min(f.n), to: a.max(f.n) }))
  const { found } = outcome(plan, keyed('aabaabbb'))
  assert.deepEqual(
    found.map(({ window_number, key, from, to }) => `${window_number} ${key} ${from}-${to}`),
    ['0 a 0-3', '0 b 2-6', '1 a 4-4', '1 b 7-7'],
  )
})

test('windows that slide cover the last rows, and those there are when the input ends', () => {
  const plan = timeless
    .window(countWindow(4, { slide: 2 }))
    .agg((f, a) => ({ from: a.min(f.n), to: a.max(f.n) }))
  const { found } = outcome(plan, keyed('aaaaaaa'))
  assert.deepEqual(
    found.map(({ window_number, from, to }) => `${window_number} ${from}-${to}`),
    ['0 0-1', '1 0-3', '2 2-5', '3 4-6'],
  )
})

test('every so many rows what the group comes to by then', () => {
  const plan = timeless.groupBy('key').agg((_, a) => ({ rows: a.count() }), { emit: { everyRows: 2 } })
  const { found } = outcome(plan, keyed('aabaabaa'))
  assert.deepEqual(
    found.map(({ key, rows }) => `${key} ${rows}`),
    ['a 2', 'a 4', 'b 2', 'a 6'],
  )
})

test('agrees', async () => {
  for (const [size, slide] of [
    [3, 3],
    [4, 2],
    [5, 1],
    [6, 4],
    [9, 6],
  ])
    await agrees(
      nodeOf(
        timeless
          .window(countWindow(size, { slide }))
          .groupBy('key')
          .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.x), last: a.last(f.key) })),
      ),
      keyed('aabaabbbabababbbbbaabcabcbacbcbcbabcbababababababbabcbabdbebdbe'),
      { outputRows: 1, budgetRows: 1 },
    )
})
