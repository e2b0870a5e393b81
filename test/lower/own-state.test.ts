/** Aggregates that keep values in state of their own, lists and trees side by side, by every way in which results leave. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { countWindow, type EmitOptions, hop, session, t, tumble } from '../../compiler/index.ts'
import type { MillraceError } from '../../ir/errors.ts'
import { LIST_VALUES_MAX } from '../../ir/expr/lists.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { events, nodeOf, row } from '../support/small-streams.ts'

after(closeNativeCompiler)

/** Stops at every row and every result. */
const stops = { budgetRows: 1, outputRows: 1 }

/** The results, on which all have to agree. */
async function results(
  stream: unknown,
  rows: readonly ModelRow[],
  limits = {},
): Promise<readonly ModelRow[]> {
  await agrees(nodeOf(stream), rows, limits)
  const { found, error } = outcome(stream, rows, { limits })
  assert.equal(error, undefined)
  return found as readonly ModelRow[]
}

const grouped = (windowed: Pick<typeof events, 'groupBy'>, options: EmitOptions = {}) =>
  windowed.groupBy('key').agg(
    (f, a) => ({
      all: a.arrayAgg(f.n),
      top: a.topK(f.n.cast(t.utf8), 2),
      distinct: a.countDistinct(f.n),
      median: a.median(f.x),
    }),
    options,
  )

/** Values that come in order, out of order, and again; with some that are late. */
const stream = (count: number): readonly ModelRow[] =>
  Array.from({ length: count }, (_, i) =>
    row(i % 9 === 8 ? i - 8 : i, { key: 'ab'[i % 2], n: BigInt((i * 37) % 23), x: ((i * 31) % 64) / 4 }),
  )

for (const [name, window] of Object.entries({
  'side by side': countWindow(5),
  'that slide': countWindow(6, { slide: 2 }),
}))
  test(`windows of rows ${name}: what has left is given back`, async () => {
    const found = await results(grouped(events.window(window) as never), stream(300), {
      ...stops,
      stateRows: 128,
      stateBytes: 1024,
    })
    assert.ok(found.length > 50)
  })

for (const [name, window] of Object.entries({
  hopping: hop('at', '20ms', '10ms'),
  sessions: session('at', '9ms'),
}))
  test(`windows that are combined of panes: ${name}`, async () => {
    const rows = stream(120).filter((_, i) => i % 40 < 25)
    const found = await results(grouped(events.window(window as never) as never), rows, stops)
    assert.ok(found.length > 5)
  })

test('results every so many rows, corrections and early results', async () => {
  const every = await results(grouped(events, { emit: { everyRows: 4 } }), stream(40), stops)
  assert.equal(every.length, 10)
  const tumbling = events.window(tumble('at', '20ms')) as never
  for (const options of [
    { emit: 'watermark', lateness: '20ms' },
    { early: '5ms', lateness: '5ms' },
    { emit: 'update' },
    { emit: 'changelog' },
  ] as const)
    assert.ok((await results(grouped(tumbling, options), stream(60), stops)).length > 6)
})

test('lists that leave with rows wait for room, and say so where there is too little of it', async () => {
  const texts = (window: ReturnType<typeof countWindow>) =>
    events.window(window).agg((f, a) => ({ all: a.stringAgg(f.key, '-'), list: a.arrayAgg(f.n) }))
  const rows = Array.from({ length: 200 }, (_, i) => row(i, { key: `text ${i}`, n: BigInt(i) }))
  const limits = { scratchBytes: 256, outputRows: 64 }
  for (const window of [countWindow(4), countWindow(4, { slide: 2 })])
    assert.ok((await results(texts(window), rows, limits)).length >= 50)
  assert.throws(() => outcome(texts(countWindow(40)), rows, { limits }), /LDB-8014/)
})

test('lists are refused as changes, for which they would have to be kept twice', () => {
  const options = { early: '5ms', changes: true } as const
  for (const plan of [
    () => events.groupBy('key').agg((f, a) => ({ one: a.arrayAgg(f.n) }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.stringAgg(f.key, '-') }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.topK(f.n, 2) }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.bottomK(f.n, 2) }), options),
  ])
    assert.throws(plan, (error: MillraceError) => error.code === 'LDB-1001')
})

test('a window of rows whose panes hold too many values together is refused, and the next is not', () => {
  const plan = events
    .window(countWindow(LIST_VALUES_MAX + 2, { slide: LIST_VALUES_MAX / 2 + 1 }))
    .groupBy('key')
    .agg((f, a) => ({ all: a.arrayAgg(f.n, { where: f.x.gt(0) }), rows: a.count() }))
  const rows = Array.from({ length: 2 * (LIST_VALUES_MAX + 2) }, (_, i) =>
    row(i, { x: i > LIST_VALUES_MAX ? 0 : 1 }),
  )
  const limits = { batchRows: 4096, stateRows: 1 << 18, scratchBytes: 1 << 22, memoryBytes: 512 << 20 }
  const { found, error } = outcome(plan, rows, { limits })
  assert.equal(error, undefined)
  assert.deepEqual(
    found.map(({ window_number: number, all }) => [number, (all as readonly unknown[]).length]),
    [
      [0n, LIST_VALUES_MAX / 2 + 1],
      [2n, LIST_VALUES_MAX / 2],
      [3n, 0],
    ],
  )
})
