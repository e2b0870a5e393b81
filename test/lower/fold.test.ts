/** Aggregates of the user's own: every back end and the model say what the arrow functions themselves say, run over the rows. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { countWindow, defineAggregate, hop, lit, session, source, t, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { inputsOf, printPlan } from '../../ir/logical/index.ts'
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

test('a row with a null among the arguments is left out; without any row it is the result of the start', async () => {
  const doubled = defineAggregate({
    init: () => ({ n: -1n }),
    add: (state, n: bigint, factor: number) => ({ n: state.n + n * BigInt(factor) }),
    result: state => state.n,
  })
  const stream = events.groupBy('key').agg((f, a) => ({
    all: a.fold(doubled, f.n, 2),
    some: a.fold(doubled, f.n.nullif(1n), 2),
    none: a.fold(doubled, f.n, 2, { where: f.x.gt(7) }),
  }))
  const rows = [row(1), row(2, { n: 4n, x: 8 }), row(3, { key: 'b' })]
  assert.deepEqual(await results(stream, rows), [
    { key: 'a', all: 9n, some: 7n, none: 7n },
    { key: 'b', all: 1n, some: -1n, none: -1n },
  ])
})

/** Bigints leave their range, and divide by what may be zero. */
const total = defineAggregate({
  init: () => ({ sum: 0n, rows: 0n }),
  add: (state, n: bigint) => ({ sum: state.sum + n, rows: state.rows + 1n }),
  merge: (a, b) => ({ sum: a.sum + b.sum, rows: a.rows + b.rows }),
  remove: (state, n) => ({ sum: state.sum - n, rows: state.rows - 1n }),
  result: state => 1000n / (state.sum - 7n),
})
const MAX = (1n << 63n) - 1n

test('a row whose add faults is refused, and changes nothing; no group is made for it', async () => {
  const sums = defineAggregate({
    init: () => ({ sum: 5n }),
    add: (state, n: bigint) => ({ sum: state.sum + n }),
    result: state => state.sum,
  })
  const stream = timeless.groupBy('key').agg((f, a) => ({ r: a.fold(sums, f.n) }))
  const rows = [
    row(1, { key: 'b', n: MAX }),
    row(2, { n: MAX - 5n }),
    row(3),
    row(4, { n: -1n }),
    row(5, { key: 'b', n: MAX - 4n }),
  ]
  assert.deepEqual(await results(stream, rows), [{ key: 'a', r: MAX - 1n }])
  assert.deepEqual(outcome(stream, rows).faults, ['LDB-9002', 'LDB-9002', 'LDB-9002'])
  const small = timeless.groupBy().agg((f, a) => ({ r: a.fold(sums, f.n, { where: f.n.lt(1000n) }) }))
  assert.deepEqual(await results(small, rows), [{ r: 5n }])
  assert.deepEqual(outcome(small, rows).faults, [])
})

test('a fault of merge, or of the result, is one of the result', async () => {
  const hopping = events
    .window(hop('at', '20ms', '10ms'))
    .agg((f, a) => ({ r: a.fold(total, f.n), rows: a.count() }))
  const rows = [row(1, { n: MAX }), row(11), row(21, { n: 6n }), row(41, { n: 7n })]
  assert.deepEqual(
    (await results(hopping, rows)).map(({ window_start, r }) => [window_start, r]),
    [
      [-10, 0n],
      [20, -1000n],
    ],
  )
  assert.deepEqual(outcome(hopping, rows).faults, ['LDB-9002', 'LDB-9003', 'LDB-9003', 'LDB-9003'])
})

test('merge is asked about states that have rows, and no other', async () => {
  const products = defineAggregate({
    init: () => ({ n: 100n, text: 'none' }),
    add: (state, n: bigint) => ({ n, text: state.text === 'none' ? 'one' : 'many' }),
    merge: (a, b) => ({ n: a.n * b.n, text: b.text }),
    result: state => state.n,
  })
  const texts = { ...products, result: (state: { text: string }) => state.text }
  const hopping = events.window(hop('at', '30ms', '10ms')).agg((f, a) => ({
    n: a.fold(products, f.n.nullif(0n)),
    text: a.fold(texts, f.n.nullif(0n)),
  }))
  const rows = [row(1, { n: 3n }), row(11, { n: 0n }), row(21, { n: 1n << 62n }), row(31, { n: 2n })]
  assert.deepEqual(
    (await results(hopping, rows)).map(({ window_start, n, text }) => [window_start, n, text]),
    [
      [-20, 3n, 'one'],
      [-10, 3n, 'one'],
      [30, 2n, 'one'],
    ],
  )
  // Three times 2^62, and twice 2^62, are beyond 64 bits: whatever comes behind them.
  assert.deepEqual(outcome(hopping, rows).faults, ['LDB-9002', 'LDB-9002', 'LDB-9002'])
  const wrapped = [row(1, { n: 1n << 62n }), row(11, { n: 4n }), row(21)]
  assert.deepEqual(
    (await results(hopping, wrapped)).map(({ n }) => n),
    [1n << 62n, 4n, 1n],
  )
  assert.deepEqual(outcome(hopping, wrapped).faults, ['LDB-9002', 'LDB-9002'])
})

test('where results leave with rows, or are taken back, a row is refused behind which there is none', async () => {
  const rows = [row(1, { n: 6n }), row(2), row(3, { n: 2n }), row(4, { key: 'b', n: 7n })]
  const seen = [
    { key: 'a', r: -1000n },
    { key: 'a', r: 1000n },
  ]
  const by = (options: object) => events.groupBy('key').agg((f, a) => ({ r: a.fold(total, f.n) }), options)
  assert.deepEqual(await results(by({ emit: 'update' }), rows), seen)
  assert.deepEqual(outcome(by({ emit: 'update' }), rows).faults, ['LDB-9003', 'LDB-9003'])
  assert.deepEqual(await results(by({ emit: 'changelog' }), rows), [
    { ...seen[0], $op: 0 },
    { ...seen[0], $op: 2 },
    { ...seen[1], $op: 3 },
  ])
  const early = by({ early: { clock: 'event', every: '2ms' }, changes: true })
  await agrees(nodeOf(early), rows)
  assert.deepEqual(outcome(early, rows).faults, ['LDB-9003', 'LDB-9003'])
  const everyTwo = timeless.window(countWindow(2)).agg((f, a) => ({ r: a.fold(total, f.n) }))
  assert.deepEqual(await results(everyTwo, rows), [{ window_number: 0n, r: 1000n }])
  const closed = by({})
  assert.deepEqual(await results(closed, rows), [{ key: 'a', r: 500n }])
  assert.deepEqual(outcome(closed, rows).faults, ['LDB-9003'])
})

test('rows that are taken back are removed', async () => {
  const changed = source(
    'changes',
    { key: t.utf8, n: t.int64, x: t.float64.orNull, op: t.int8 },
    { changes: 'op' },
  )
  const of = (op: number, n: bigint, x: number | null, key = 'a') => ({ key, n, x, op })
  const stream = changed
    .groupBy('key')
    .agg((f, a) => ({ r: a.fold(average, f.x, f.n), s: a.fold(total, f.n) }), { emit: 'changelog' })
  const rows = [of(0, 3n, 2), of(0, 1n, 6), of(1, 3n, 2), of(0, 4n, null), of(1, 9n, 6), of(1, 4n, null)]
  const told = await results(stream, rows)
  assert.deepEqual(told.slice(0, 3), [
    { key: 'a', r: 2, s: -250n, $op: 0 },
    { key: 'a', r: 2, s: -250n, $op: 2 },
    { key: 'a', r: 3, s: -333n, $op: 3 },
  ])
  // A row that never counted cannot be taken out of what counts.
  const nulls = [of(0, 1n, null), of(1, 1n, 5)]
  await results(stream, nulls)
  assert.deepEqual(outcome(stream, nulls).faults, ['LDB-9005'])
})

test('what cannot be run is refused when it is planned', () => {
  const bare = defineAggregate({
    init: () => ({ n: 0, text: '' }),
    add: (state, n: bigint, text: string) => ({ n: state.n + Number(n), text }),
    result: state => state.n,
  })
  const made = { ...bare, result: (state: { text: string }) => `${state.text}!` }
  const joining = {
    ...bare,
    merge: (a: { n: number; text: string }, b: { text: string }) => ({ ...a, text: a.text + b.text }),
  }
  const merging = { ...bare, merge: (a: { n: number; text: string }) => ({ ...a, text: 'other' }) }
  const large = {
    init: () => Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, 0])),
    add: (state: Readonly<Record<string, number>>) => state,
    result: (state: Readonly<Record<string, number>>) => state.f0,
  }
  const changes = source('changes', { n: t.int64, text: t.utf8, op: t.int8 }, { changes: 'op' })
  const refusals: readonly (readonly [() => unknown, RegExp])[] = [
    [
      () => events.window(hop('at', '2ms', '1ms')).agg((f, a) => ({ r: a.fold(bare, f.n, f.key) })),
      /`merge`/,
    ],
    [
      () => timeless.window(countWindow(2, { slide: 1 })).agg((f, a) => ({ r: a.fold(bare, f.n, f.key) })),
      /`merge`/,
    ],
    [() => changes.groupBy().agg((f, a) => ({ r: a.fold(bare, f.n, f.text) })), /`remove`/],
    [() => events.groupBy().agg((f, a) => ({ r: a.fold(made, f.n, f.key) })), /result makes a text/],
    [
      () => events.groupBy().agg((f, a) => ({ r: a.fold(joining, f.n, f.key) })),
      /merge makes a text[\s\S]*\^{15}/,
    ],
    [() => events.groupBy().agg((f, a) => ({ r: a.fold(merging, f.n, f.key) })), /neither state has/],
    [() => events.groupBy().agg((_, a) => ({ r: a.fold(large) })), /33 fields/],
  ]
  for (const [plan, says] of refusals) {
    assert.throws(
      plan,
      error => error instanceof MillraceError && error.code === 'LDB-1001' && says.test(error.message),
    )
  }
})

test('a text that is null again, and that of the start in a group that takes the place of another', async () => {
  const names = defineAggregate({
    init: () => ({ name: 'none' as string | null }),
    add: (_state, key: string, x: number) => ({ name: x > 5 ? null : key }),
    result: state => state.name,
  })
  const stream = events
    .window(tumble('at', '10ms'))
    .groupBy('n')
    .agg((f, a) => ({ r: a.fold(names, f.key.nullif(''), f.x) }))
  const rows = [
    row(1),
    row(2, { n: 2n }),
    row(3, { n: 2n, x: 6 }),
    row(11, { key: '' }),
    row(21, { key: '' }),
  ]
  assert.deepEqual(
    (await results(stream, rows)).map(({ window_start, n, r }) => [window_start, n, r]),
    [
      [0, 1n, 'a'],
      [0, 2n, null],
      [10, 1n, 'none'],
      [20, 1n, 'none'],
    ],
  )
})

test('equal definitions are one, others are not', () => {
  const by = (fn: typeof average) => timeless.groupBy('key').agg((f, a) => ({ r: a.fold(fn, f.x, f.n) }))
  const same = {
    ...average,
    add: (s: { sum: number; weight: number }, price: number, count: bigint) => ({
      weight: s.weight + Number(count),
      sum: s.sum + price * Number(count),
    }),
  }
  const other = { ...average, init: () => ({ sum: 0, weight: 1 }) }
  const textOf = (fn: typeof average): string => printPlan(nodeOf(by(fn)))
  assert.equal(textOf(same), textOf(average))
  assert.notEqual(textOf(other), textOf(average))
  assert.notEqual(textOf({ ...average, remove: s => s }), textOf(average))
  const twice = timeless
    .groupBy('key')
    .agg((f, a) => ({ r: a.fold(average, f.x, f.n), s: a.fold(same, f.x, f.n).add(1) }))
  const [inner] = inputsOf(nodeOf(twice))
  assert.equal(inner.kind === 'aggregate' && inner.aggregates.length, 1)
})

test('texts that states have left behind are swept, those that they have are kept', () => {
  const ends = defineAggregate({
    init: () => ({ first: null as string | null, last: '' }),
    add: (state, text: string) => ({ first: state.first ?? text, last: text }),
    merge: (a, b) => ({ first: a.first, last: b.last }),
    result: state => state.first,
  })
  const lasts = { ...ends, result: (state: { last: string }) => state.last }
  const rows = Array.from({ length: 900 }, (_, i) => row(i, { n: BigInt(i), key: `${i % 3}` }))
  const limits = { stateBytes: 1 << 14 }
  const text = (i: number): string => `a text of some length ${i}`
  const given = (key: string) => rows.filter(one => one.key === key).map(({ n }) => text(Number(n)))
  const all = timeless.groupBy('key').agg((f, a) => {
    const made = lit(t.utf8, 'a text of some length ').concat(f.n.cast(t.utf8))
    return { first: a.fold(ends, made), last: a.fold(lasts, made) }
  })
  const { found, error } = outcome(all, rows, { limits })
  assert.equal(error, undefined)
  assert.deepEqual(
    found,
    ['0', '1', '2'].map(key => ({ key, first: given(key).at(0), last: given(key).at(-1) })),
  )
})
