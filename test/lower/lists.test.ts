/** Aggregates that keep values: their order, their limits, what they give back, and what they are refused for. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import {
  type Columns,
  compile,
  hop,
  type Limits,
  MillraceError,
  type Stream,
  session,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import { LIST_VALUES_MAX, SEPARATOR_BYTES_MAX, TOP_MAX } from '../../ir/expr/lists.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'

after(closeNativeCompiler)

const columns = {
  at: t.timestamp('ms'),
  key: t.utf8,
  n: t.int32.orNull,
  x: t.float64,
  f: t.float32.orNull,
  s: t.utf8.orNull,
  b: t.bool.orNull,
  u: t.uint32,
  data: t.binary,
}
const events = source('events', columns, { time: 'at' })

const row = (at: number, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  key: 'a',
  n: 1,
  x: 1,
  f: 0.5,
  s: 'one',
  b: true,
  u: 4_000_000_000,
  data: new Uint8Array([1]),
  ...given,
})

interface Run {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly faulty: bigint
  readonly codes: readonly string[]
  readonly error: unknown
}

/** What comes out; `parts` are pushed one after the other, whatever became of those before. */
function run(stream: unknown, parts: readonly (readonly ModelRow[])[], limits: Partial<Limits> = {}): Run {
  const query = compile(stream as Stream<Columns>, { limits: { ...smallLimits, ...limits } })
  const rows: Record<string, unknown>[] = []
  const codes: string[] = []
  const live = query.open(batch => rows.push(...rowsOf(query.schema, batch)), {
    tier: 'js',
    onFaulty: ({ faults }) => codes.push(...faults.map(({ code }) => code)),
  })
  let error: unknown
  for (const part of parts) {
    try {
      live.push(part as never)
    } catch (thrown) {
      error = thrown
    }
  }
  live.end()
  return { rows, faulty: live.counters.faulty, codes, error }
}

/** The results, on which the model and every back end have to agree. */
async function results(
  stream: unknown,
  rows: readonly ModelRow[],
  limits?: Partial<Limits>,
): Promise<unknown[]> {
  await agrees((stream as Stream<Columns>).node, rows, limits)
  return [...run(stream, [rows], limits).rows]
}

/** The same of a stream with one group, each column in a plan of its own: native code for all at once takes long to make. */
async function resultsOfEach(stream: unknown, rows: readonly ModelRow[]): Promise<unknown[]> {
  const whole = stream as Stream<Columns>
  const parts: object[] = []
  for (const { name } of whole.schema) {
    const [found] = await results(
      whole.select(f => ({ [name]: f[name] as never })),
      rows,
    )
    parts.push(found as object)
  }
  return [Object.assign({}, ...parts)]
}

test('lists hold values of every type in the order of arrival, nulls among them', async () => {
  const lists = events.groupBy().agg((f, a) => ({
    ns: a.arrayAgg(f.n, { limit: 9 }),
    byte: a.arrayAgg(f.n.cast(t.int8), { limit: 9 }),
    xs: a.arrayAgg(f.x, { limit: 9 }),
    fs: a.arrayAgg(f.f, { limit: 9 }),
    ss: a.arrayAgg(f.s, { limit: 9 }),
    bs: a.arrayAgg(f.b, { limit: 9 }),
    us: a.arrayAgg(f.u, { limit: 9 }),
    ats: a.arrayAgg(f.at, { limit: 9 }),
    datas: a.arrayAgg(f.data, { limit: 9 }),
  }))
  const rows = [
    row(2, { x: -0, s: '', b: false }),
    row(1, { n: null, f: null, s: null, b: null, x: Number.NaN, data: new Uint8Array() }),
    row(3, { n: -7, f: 1.25, s: '日本', u: 1 }),
  ]
  assert.deepEqual(await resultsOfEach(lists, rows), [
    {
      ns: [1, null, -7],
      byte: [1, null, -7],
      xs: [-0, Number.NaN, 1],
      fs: [0.5, null, 1.25],
      ss: ['', null, '日本'],
      bs: [false, null, true],
      us: [4_000_000_000, 4_000_000_000, 1],
      ats: [2n, 1n, 3n],
      datas: [new Uint8Array([1]), new Uint8Array(), new Uint8Array([1])],
    },
  ])
})

test('a condition leaves rows out, nulls do not; of no row a list has no value, and no text is joined', async () => {
  const lists = events.groupBy('key').agg((f, a) => ({
    some: a.arrayAgg(f.n, { where: f.x.gt(1) }),
    none: a.arrayAgg(f.s, { where: f.x.gt(9) }),
    joined: a.stringAgg(f.s, '-', { where: f.x.gt(1) }),
    nothing: a.stringAgg(f.s, '-', { where: f.x.gt(9) }),
    top: a.topK(f.n, 2, { where: f.x.gt(1) }),
    least: a.bottomK(f.n, 2, { where: f.x.gt(9) }),
  }))
  const rows = [row(1), row(2, { x: 2, n: null }), row(3, { x: 3, n: 3, s: 'three' })]
  assert.deepEqual(await resultsOfEach(lists, rows), [
    { key: 'a', some: [null, 3], none: [], joined: 'one-three', nothing: null, top: [3], least: [] },
  ])
})

test('a limit keeps the values that came first, exactly so many', async () => {
  const lists = events.groupBy().agg((f, a) => ({
    two: a.arrayAgg(f.n, { limit: 2 }),
    three: a.arrayAgg(f.n, { limit: 3 }),
    four: a.arrayAgg(f.n, { limit: 4 }),
    joined: a.stringAgg(f.s, "', ", { limit: 2 }),
  }))
  const rows = [5, 4, null].map((n, at) => row(at, { n, s: n === 4 ? null : String(n) }))
  assert.deepEqual(await results(lists, rows), [
    { two: [5, 4], three: [5, 4, null], four: [5, 4, null], joined: "5', null" },
  ])
})

test('the largest and the smallest: NaN is the largest number, of equal values the first come first', async () => {
  const lists = events.groupBy().agg((f, a) => ({
    top: a.topK(f.x, 3),
    bottom: a.bottomK(f.x, 3),
    one: a.topK(f.x, 1),
    texts: a.topK(f.s, 2),
    first: a.bottomK(f.s, 2),
    few: a.bottomK(f.n, TOP_MAX),
  }))
  const rows = [0, -0, Number.NaN, -1, 0].map((x, at) =>
    row(at, { x, s: ['b', 'ab', null, 'b', 'é'][at], n: at || null }),
  )
  assert.deepEqual(await resultsOfEach(lists, rows), [
    {
      top: [Number.NaN, 0, -0],
      bottom: [-1, 0, -0],
      one: [Number.NaN],
      texts: ['é', 'b'],
      first: ['ab', 'b'],
      few: [1, 2, 3, 4],
    },
  ])
})

test('panes are joined in the order of time, rows of a session come in order of arrival', async () => {
  const zeros = (
    f: { readonly x: never },
    a: Parameters<Parameters<ReturnType<typeof events.groupBy>['agg']>[0]>[1],
  ) => ({
    all: a.arrayAgg(f.x),
    top: a.topK(f.x, 2),
    bottom: a.bottomK(f.x, 3),
    two: a.arrayAgg(f.x, { limit: 2 }),
  })
  const rows = [
    row(12, { x: 0 }),
    row(11, { x: -0 }),
    row(4, { x: -0 }),
    row(5, { x: 0 }),
    row(16, { x: -1 }),
  ]
  const slow = source('events', columns, { time: 'at', outOfOrderness: '1s' })
  const byTime = { all: [-0, 0, 0, -0, -1], top: [-0, 0], bottom: [-1, -0, 0], two: [-0, 0] }
  const byArrival = { all: [0, -0, -0, 0, -1], top: [0, -0], bottom: [-1, 0, -0], two: [0, -0] }
  for (const [window, expected] of [
    [hop('at', '20ms', '10ms'), byTime],
    [session('at', '10ms'), byArrival],
  ] as const) {
    const found = await results(slow.window(window).agg(zeros as never), rows)
    const whole = found.find(one => (one as { all: unknown[] }).all.length === rows.length)
    assert.deepEqual({ ...(whole as object) }, { ...(whole as object), ...expected })
  }
})

test('a list without a limit holds so many values: the row that brings one more is refused', () => {
  const lists = events.groupBy('key').agg((f, a) => ({ all: a.arrayAgg(f.n), texts: a.stringAgg(f.s, '') }))
  const full = Array.from({ length: LIST_VALUES_MAX }, (_, at) => row(at, { n: at, s: 'x' }))
  const limits = { stateRows: 1 << 17, memoryBytes: 512 << 20 }
  const fits = run(lists, [full], limits)
  assert.equal(fits.faulty, 0n)
  const found = run(lists, [full, [row(70_000, { n: -1 }), row(70_001, { key: 'b' })]], limits)
  assert.deepEqual(found.codes, ['LDB-9007'])
  assert.deepEqual(found.rows[0], fits.rows[0])
  assert.deepEqual(found.rows[1], { key: 'b', all: [1], texts: 'one' })
})

test('a window whose panes have more values together than a list holds is a faulty result', () => {
  const half = LIST_VALUES_MAX / 2
  const lists = events.window(hop('at', '20ms', '10ms')).agg((f, a) => ({ all: a.arrayAgg(f.u) }))
  const pane = (at: number, count: number): ModelRow[] => Array.from({ length: count }, () => row(at))
  const limits = { stateRows: 1 << 18, memoryBytes: 512 << 20 }
  const lengths = (parts: readonly ModelRow[][]): unknown[] => {
    const { rows, codes } = run(lists, parts, limits)
    return [...rows.map(({ all }) => (all as unknown[]).length), ...codes]
  }
  assert.deepEqual(lengths([pane(5, half), pane(15, half)]), [half, 2 * half, half])
  assert.deepEqual(lengths([pane(5, half), pane(15, half + 1)]), [half, half + 1, 'LDB-9007'])
})

test('a pool at its limit says so, and state stays whole', () => {
  const lists = events.groupBy('key').agg((f, a) => ({ all: a.arrayAgg(f.n), top: a.topK(f.n, 2) }))
  const taken = Array.from({ length: 16 }, (_, at) => row(at, { n: at }))
  const limits = { stateRows: 16 }
  const found = run(lists, [taken, [row(20)], [row(21, { key: 'b' })]], limits)
  assert.ok(found.error instanceof MillraceError && found.error.code === 'LDB-8013')
  assert.match(found.error.message, /listed_0_values/)
  assert.deepEqual(found.rows, [{ key: 'a', all: taken.map(({ n }) => n), top: [15, 14] }])
})

test('values of windows that have closed are given back, and so are their texts', async () => {
  const lists = events.window(tumble('at', '10ms')).agg((f, a) => ({
    all: a.arrayAgg(f.s),
    joined: a.stringAgg(f.s, ','),
    top: a.topK(f.n, 3),
  }))
  const rows = Array.from({ length: 400 }, (_, at) => row(at, { s: `text ${at} of many`, n: at % 7 }))
  const found = await results(lists, rows, { stateRows: 32, stateBytes: 1024 })
  assert.equal(found.length, 40)
})

test('joined texts that are larger than their room are an error, not a part of themselves', () => {
  const joined = events.groupBy().agg((f, a) => ({ all: a.stringAgg(f.s, ', ') }))
  const rows = [row(1, { s: 'x'.repeat(60) }), row(2, { s: 'y'.repeat(60) })]
  assert.equal((run(joined, [rows], { scratchBytes: 122 }).rows[0].all as string).length, 122)
  assert.throws(() => run(joined, [rows], { scratchBytes: 121 }), /LDB-8014/)
})

test('results leave with every row that changes them', async () => {
  for (const emit of ['update', 'changelog'] as const) {
    const lists = events
      .groupBy('key')
      .agg((f, a) => ({ all: a.arrayAgg(f.s), joined: a.stringAgg(f.s, ' '), top: a.topK(f.n, 2) }), { emit })
      .where(f => f.key.ne('c'))
    const rows = [
      row(1),
      row(2, { key: 'b', s: null }),
      row(3, { n: 2, s: 'three' }),
      row(4, { n: 0, key: 'c' }),
    ]
    const found = await results(lists, rows, { outputRows: 1, budgetRows: 1 })
    assert.equal(found.length, emit === 'update' ? 3 : 4)
  }
})

test('lists are handed on: by projections, arrow functions, filters on other columns', async () => {
  const lists = events
    .groupBy('key')
    .agg((f, a) => ({ all: a.arrayAgg(f.n), rows: a.count() }))
    .filter(f => f.rows > 1n)
    .map(f => ({ values: f.all, key: f.key }) as never)
  const rows = [row(1), row(2, { n: null }), row(3, { key: 'b' })]
  assert.deepEqual(await results(lists, rows), [{ values: [1, null], key: 'a' }])
})

test('nothing is computed from a list, and no source has one', () => {
  const lists = events.groupBy('key').agg((f, a) => ({ all: a.arrayAgg(f.n) })) as unknown as Stream<Columns>
  type Any = Record<string, (...args: unknown[]) => never>
  const all = (f: unknown): Any => (f as { all: Any }).all
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(
      build,
      (error: unknown) => error instanceof MillraceError && error.code === code && error.fix !== '',
    )
  }
  refused('LDB-1200', () => lists.where(f => all(f).isNull()))
  refused('LDB-1200', () => lists.where(f => all(f).eq(all(f))))
  refused('LDB-1200', () => lists.select(f => ({ x: all(f).cast(t.utf8) })))
  refused('LDB-1200', () => lists.groupBy('all').agg((_f, a) => ({ n: a.count() })))
  refused('LDB-1200', () => lists.groupBy('key').agg((f, a) => ({ n: a.count(all(f) as never) })))
  refused('LDB-1200', () => lists.filter(f => (f as unknown as { all: unknown[] }).all.length > 1))
  refused('LDB-1200', () => lists.filter(f => (f.all as never) === f.all))
  refused('LDB-1001', () => source('s', { x: { type: 'list<int32>', nullable: false } }))
})

test('limits and separators are checked when the query is built', () => {
  const build = (
    make: (a: Record<string, (...args: unknown[]) => never>, f: Record<string, unknown>) => never,
  ): void => {
    assert.throws(
      () => events.groupBy().agg((f, a) => ({ x: make(a as never, f as never) })),
      (error: unknown) => error instanceof MillraceError && error.code === 'LDB-0001',
    )
  }
  for (const limit of [0, -1, 1.5, Number.NaN, (1 << 20) + 1, '3'])
    build((a, f) => a.arrayAgg(f.n, { limit }))
  for (const k of [undefined, 0, TOP_MAX + 1]) build((a, f) => a.topK(f.n, k))
  for (const separator of [undefined, '\ud800', 'x'.repeat(SEPARATOR_BYTES_MAX + 1)])
    build((a, f) => a.stringAgg(f.s, separator))
})
