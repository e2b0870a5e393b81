/** Windows of rows: when their results leave, over which rows, and what they have to do with each other. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type CountWindow, countWindow, type EmitOptions, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { type Outcome, outcome } from '../support/outcome.ts'
import { runs } from '../support/runs.ts'
import { events, nodeOf, row, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const keyed = (keys: string): readonly ModelRow[] =>
  [...keys].map((key, i) => row(i, { key, n: BigInt(i), x: i / 3 }))
const longest = keyed('aabaabbbababbabbcabbaabcabcbacbcbcbabcbabababadbababbabcbabdbedbe')

const spans = (window: CountWindow) =>
  timeless
    .window(window)
    .groupBy('key')
    .agg((f, a) => ({ from: a.min(f.n), to: a.max(f.n) }))

const told = ({ found }: Outcome): readonly string[] =>
  found.map(({ window_number, key, from, to }) => `${window_number} ${key} ${from}-${to}`)

test('a window leaves with the row that fills it, and what is left when the input ends', () => {
  assert.deepEqual(told(outcome(spans(countWindow(3)), keyed('aabaabbb'))), [
    ...['0 a 0-3', '0 b 2-6'],
    ...['1 a 4-4', '1 b 7-7'],
  ])
  assert.deepEqual(told(outcome(spans(countWindow(2)), keyed('aabb'))), ['0 a 0-1', '0 b 2-3'])
})

test('windows that slide cover the last rows, and those there are when the input ends', () => {
  const two = spans(countWindow(4, { slide: 2 }))
  assert.deepEqual(told(outcome(two, keyed('aaaaaaa'))), ['0 a 0-1', '1 a 0-3', '2 a 2-5', '3 a 4-6'])
  const three = spans(countWindow(5, { slide: 3 }))
  assert.deepEqual(told(outcome(three, keyed('aaaaaaaaaa'))), ['0 a 0-2', '1 a 1-5', '2 a 4-8', '3 a 7-9'])
  assert.deepEqual(told(outcome(three, keyed('a'))), ['0 a 0-0'])
})

test('every so many rows what a group comes to by then', () => {
  const plan = timeless.groupBy('key').agg((_, a) => ({ rows: a.count() }), { emit: { everyRows: 2 } })
  const { found } = outcome(plan, keyed('aabaabaab'))
  assert.deepEqual(
    found.map(({ key, rows }) => `${key} ${rows}`),
    ['a 2', 'a 4', 'b 2', 'a 6', 'b 3'],
  )
})

const drawn = fc
  .array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), n: fc.integer({ min: -9, max: 9 }) }), {
    maxLength: 60,
    size: 'max',
  })
  .map(list => list.map(({ key, n }, i) => row(i, { key, n: BigInt(n) })))
/** Few, so that plans are compiled once. */
const sizes = fc.constantFrom(1, 2, 3, 4)

const sums = (window: CountWindow) =>
  timeless
    .window(window)
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), most: a.max(f.n) }))

const asText = (rows: Outcome['found']): readonly string[] => rows.map(one => Object.values(one).join(' '))

function law<T>(name: string, values: fc.Arbitrary<T>, holds: (drawn: T) => void): void {
  test(name, () => {
    fc.assert(fc.property(values, holds), { numRuns: runs(40) })
  })
}

const sliding = (rows: readonly ModelRow[], size: number, slide: number) =>
  outcome(sums(countWindow(size, { slide })), rows).found

law('windows that slide by their size are side by side', fc.tuple(drawn, sizes), ([rows, size]) => {
  assert.deepEqual(asText(sliding(rows, size, size)), asText(outcome(sums(countWindow(size)), rows).found))
})

law(
  'of windows that slide every so manieth is one of those side by side',
  fc.tuple(drawn, sizes, sizes),
  ([rows, slide, times]) => {
    const size = slide * times
    const isFull = (one: Outcome['found'][number]): boolean => one.rows === BigInt(size)
    const whole = outcome(sums(countWindow(size)), rows).found.filter(isFull)
    const some = sliding(rows, size, slide).filter(
      one => isFull(one) && ((one.window_number as bigint) + 1n) % BigInt(times) === 0n,
    )
    const withoutNumber = (list: Outcome['found']): readonly string[] =>
      asText(list.map(({ window_number, ...one }) => one))
    assert.deepEqual(withoutNumber(some), withoutNumber(whole))
  },
)

law('windows of one row are the rows', drawn, rows => {
  const { found } = outcome(sums(countWindow(1)), rows)
  assert.deepEqual(
    found.map(({ key, sum }) => `${key} ${sum}`),
    rows.map(({ key, n }) => `${key} ${n}`),
  )
})

law(
  'what comes between the rows of a group changes nothing about its windows',
  fc.tuple(drawn, sizes, sizes),
  ([rows, a, b]) => {
    const sorted = rows.toSorted((one, other) => (`${one.key}` < `${other.key}` ? -1 : 1))
    const found = [rows, sorted].map(of => sliding(of, Math.max(a, b), Math.min(a, b)))
    for (const key of ['a', 'b', 'c']) {
      const [mixed, apart] = found.map(list => asText(list.filter(one => one.key === key)))
      assert.deepEqual(mixed, apart)
    }
  },
)

law(
  'every so many rows is some of the results after every row',
  fc.tuple(drawn, sizes),
  ([rows, everyRows]) => {
    const totals = (options: EmitOptions) =>
      outcome(
        timeless.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), options),
        rows,
      ).found
    const isDue = (one: Outcome['found'][number]): boolean => (one.rows as bigint) % BigInt(everyRows) === 0n
    assert.deepEqual(asText(totals({ emit: { everyRows } })), [
      ...asText(totals({ emit: 'update' }).filter(isDue)),
      ...asText(totals({}).filter(one => !isDue(one))),
    ])
  },
)

test('kernels that stop at every row, result and pane, and outputs that fill up', async () => {
  for (const [size, slide] of [
    [3, 3],
    [4, 2],
    [5, 1],
    [6, 4],
  ]) {
    const plan = timeless
      .window(countWindow(size, { slide }))
      .groupBy('key')
      .agg((f, a) => ({ sum: a.sum(f.x), last: a.last(f.key), some: a.approxCountDistinct(f.n) }))
      .where(f => f.window_number.ne(1))
      .select(f => ({ n: f.window_number, sum: f.sum, text: f.last.concat('!') }))
    await agrees(nodeOf(plan), longest, { outputRows: 1, budgetRows: 1 })
    await agrees(nodeOf(plan), longest, { outputRows: 3, batchRows: 5 })
  }
})

test('windows of what other windows come to', async () => {
  const inner = events
    .window(tumble('at', '4ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
  const overTime = inner.window(countWindow(3, { slide: 2 })).agg((f, a) => ({ rows: a.sum(f.rows) }))
  await agrees(nodeOf(overTime), longest, { outputRows: 2 })
  const overRows = timeless
    .window(countWindow(4, { slide: 2 }))
    .groupBy('key')
    .agg((f, a) => ({ sum: a.sum(f.n) }))
    .window(countWindow(2))
    .agg((f, a) => ({ first: a.first(f.sum), last: a.last(f.sum), rows: a.count() }))
  await agrees(nodeOf(overRows), longest, { outputRows: 2, budgetRows: 3 })
})

test('panes that add up to too much have no result, and the windows behind them do', async () => {
  const most = (1n << 63n) - 1n
  const plan = timeless.window(countWindow(4, { slide: 2 })).agg((f, a) => ({ sum: a.sum(f.n) }))
  const given = [1n, 1n, most - 1n, 1n, most, -most, most, 1n, 1n].map((n, i) => row(i, { n }))
  await agrees(nodeOf(plan), given)
  const { found } = outcome(plan, given)
  assert.deepEqual(
    found.map(({ window_number }) => window_number),
    [0n, 2n, 3n],
  )
})

test('texts of panes stay what they are when texts are swept', async () => {
  const given = Array.from({ length: 120 }, (_, i) =>
    row(i, { key: `${'x'.repeat((i * 37) % 400)}${i % 50}` }),
  )
  for (const window of [countWindow(6), countWindow(6, { slide: 2 })]) {
    const plan = timeless.window(window).agg((f, a) => ({ least: a.min(f.key), last: a.last(f.key) }))
    await agrees(nodeOf(plan), given, { stateBytes: 1 << 13 })
  }
})

test('a group keeps as many panes as a window has, however many rows come; groups are never forgotten', () => {
  const plan = sums(countWindow(8, { slide: 1 }))
  const few = Array.from({ length: 1000 }, (_, i) => row(i))
  const limits = { stateRows: 16 }
  assert.equal(outcome(plan, few, { limits }).error, undefined)
  const two = few.map((one, i) => ({ ...one, key: `${i % 2}` }))
  assert.match(String(outcome(plan, two, { limits }).error), /LDB-8013/)
  const many = few.map((one, i) => ({ ...one, key: `${i}` }))
  const { error, found } = outcome(sums(countWindow(1)), many, { limits })
  assert.match(String(error), /LDB-8013/)
  assert.equal(found.length, 16)
})

test('what cannot be right is refused where it is planned', () => {
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  const over = (size: number, slide?: number) => () =>
    sums(countWindow(size, slide === undefined ? {} : { slide }))
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 31]) refused('LDB-2003', over(size))
  refused('LDB-2003', over(3, 4))
  refused('LDB-2003', over(3, 0))
  refused('LDB-2003', over(1025, 1))
  over(1024, 1)()
  over(1_000_000, 1000)()
  const count = (options: EmitOptions) =>
    timeless.window(countWindow(2)).agg((_, a) => ({ n: a.count() }), options)
  refused('LDB-1001', () => count({ emit: 'update' }))
  refused('LDB-1001', () => count({ emit: 'final' }))
  refused('LDB-1001', () => count({ emit: { everyRows: 2 } }))
  refused('LDB-0001', () => count({ lateness: '1s' }))
  refused('LDB-2003', () =>
    timeless.groupBy().agg((_, a) => ({ rows: a.count() }), { emit: { everyRows: 0 } }),
  )
  const windowed = events.window(tumble('at', '1s'))
  refused('LDB-1001', () => windowed.agg((_, a) => ({ n: a.count() }), { emit: { everyRows: 2 } }))
  refused('LDB-1001', () => windowed.window(countWindow(2)).agg((_, a) => ({ n: a.count() })))
  const changes = timeless.groupBy('key').agg((_, a) => ({ n: a.count() }), { emit: 'changelog' })
  refused('LDB-1001', () => changes.window(countWindow(2)).agg((_, a) => ({ n: a.count() })))
})
