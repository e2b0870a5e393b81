/** Aggregates of the user's own: every back end and the model say what the arrow functions themselves say, run over the rows. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { countWindow, defineAggregate, hop, session } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { events, nodeOf, row, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const average = defineAggregate({
  init: () => ({ sum: 0, weight: 0 }),
  add: (state, x: number, n: bigint) => ({
    sum: state.sum + x * Number(n),
    weight: state.weight + Number(n),
  }),
  merge: (a, b) => ({ sum: a.sum + b.sum, weight: a.weight + b.weight }),
  remove: (state, x, n) => ({ sum: state.sum - x * Number(n), weight: state.weight - Number(n) }),
  result: state => (state.weight === 0 ? null : state.sum / state.weight),
})

/** The longest text, of equal ones the first; and how many there were. */
const longest = defineAggregate({
  init: () => ({ text: 'none yet', best: -1, seen: 0n }),
  add: ({ text, best, seen }, key: string) =>
    key.length > best
      ? { text: `${key}!`, best: key.length, seen: seen + 1n }
      : { text, best, seen: seen + 1n },
  merge: (a, b) => ({ ...(b.best > a.best ? b : a), seen: a.seen + b.seen }),
  result: state => state.text,
})

async function results(stream: unknown, rows: readonly ModelRow[]) {
  await agrees(nodeOf(stream), rows)
  return outcome(stream, rows).found
}

test('a weighted average, over all rows and by key', async () => {
  const rows = [row(1, { x: 2, n: 3n }), row(2, { x: 5, n: 1n }), row(3, { key: 'b', x: 1, n: 0n })]
  assert.deepEqual(
    await results(
      timeless.groupBy().agg((f, a) => ({ r: a.fold(average, f.x, f.n) })),
      rows,
    ),
    [{ r: 2.75 }],
  )
  assert.deepEqual(
    await results(
      timeless.groupBy('key').agg((f, a) => ({ r: a.fold(average, f.x, f.n) })),
      rows,
    ),
    [
      { key: 'a', r: 2.75 },
      { key: 'b', r: null },
    ],
  )
})

test('texts are chosen in any windows', async () => {
  const rows = ['a', 'ccc', 'bbb', 'dd', 'ß'].map((key, i) => row(i * 4, { key }))
  const overAll = timeless.groupBy().agg((f, a) => ({ r: a.fold(longest, f.key) }))
  const hopping = events.window(hop('at', '10ms', '5ms'))
  const sessions = events.window(session('at', '5ms'))
  const lastTwo = timeless.window(countWindow(2, { slide: 1 }))
  const textsOf = async (stream: unknown) => (await results(stream, rows)).map(({ r }) => r)
  assert.deepEqual(await textsOf(overAll), ['ccc!'])
  assert.deepEqual(
    await textsOf(hopping.agg((f, a) => ({ r: a.fold(longest, f.key, { where: f.key.ne('ccc') }) }))),
    ['a!', 'bbb!', 'bbb!', 'dd!', 'ß!'],
  )
  assert.deepEqual(await textsOf(sessions.agg((f, a) => ({ r: a.fold(longest, f.key) }))), ['ccc!'])
  assert.deepEqual(await textsOf(lastTwo.agg((f, a) => ({ r: a.fold(longest, f.key) }))), [
    'a!',
    'ccc!',
    'ccc!',
    'bbb!',
    'dd!',
  ])
})
