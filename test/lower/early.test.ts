/** Results that later ones replace: at the end of a window and for late rows, early ones by either clock, and as changes. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import {
  type Columns,
  type ColumnType,
  compile,
  cumulate,
  type EmitOptions,
  hop,
  type Stream,
  session,
  tumble,
} from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'
import { outcome } from '../support/outcome.ts'
import { replay, textOfColumns } from '../support/replay.ts'
import { runs } from '../support/runs.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

/** Side by side, overlapping, where a row is taken into each of its windows, and sessions. */
const onGrids = [tumble('at', '10ms'), hop('at', '10ms', '4ms'), cumulate('at', '12ms', '4ms')] as const
const specs = [...onGrids, session('at', '6ms')] as const
type Spec = (typeof specs)[number]

/** All have the columns of the first. */
const windowed = (spec: Spec) => events.window(spec as (typeof specs)[0])

/** Rows by key and tens of milliseconds; as few columns as tell what came out. */
const perTen = (options: EmitOptions, spec: Spec = tumble('at', '10ms')): Stream<Columns> =>
  windowed(spec)
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.x), last: a.last(f.n) }), options) as never

const given = (...times: readonly (readonly [number, string])[]) =>
  times.map(([at, key], i) => row(at, { key, n: BigInt(i), x: i / 3 }))

const said = (stream: unknown, rows: ReturnType<typeof given>): readonly string[] =>
  outcome(stream, rows).found.map(one => {
    const { window_start: start, key, rows: count, $op: op } = one
    return [start, key, count, ...(op === undefined ? [] : [`op ${op}`])].join(' ')
  })

test('a result at the end of the window, one more for each late row, and none at its close', () => {
  const rows = given([1, 'a'], [2, 'b'], [10, 'a'], [3, 'a'], [4, 'c'], [15, 'a'], [5, 'b'], [20, 'a'])
  assert.deepEqual(said(perTen({ emit: 'watermark', lateness: '5ms' }), rows), [
    ...['0 a 1', '0 b 1', '0 a 2', '0 c 1'],
    // The row at 5 is late: the watermark is at the end and the lateness behind it.
    ...['10 a 2', '20 a 1'],
  ])
  assert.equal(outcome(perTen({ emit: 'watermark', lateness: '5ms' }), rows).late, 1n)
})

test('corrections as changes take back what was said', () => {
  const rows = given([1, 'a'], [10, 'a'], [3, 'a'], [4, 'c'], [15, 'a'])
  assert.deepEqual(said(perTen({ emit: 'watermark', lateness: '5ms', changes: true }), rows), [
    ...['0 a 1 op 0', '0 a 1 op 2', '0 a 2 op 3', '0 c 1 op 0'],
    '10 a 2 op 0',
  ])
})

test('early results are those of groups that have changed, whenever the watermark passes a multiple', () => {
  const rows = given([1, 'a'], [1, 'b'], [2, 'a'], [4, 'a'], [5, 'c'], [6, 'a'], [7, 'a'], [21, 'a'])
  assert.deepEqual(said(perTen({ early: '4ms' }), rows), [
    // At 4 a, which changed first, and b; not b again at 8, which the row at 21 passes before the end of the window at 10.
    ...['0 a 3', '0 b 1', '0 c 1', '0 a 5', '20 a 1'],
    ...['0 a 5', '0 b 1', '0 c 1', '20 a 1'],
  ])
  assert.deepEqual(said(perTen({ early: '4ms', changes: true }), rows), [
    ...['0 a 3 op 0', '0 b 1 op 0', '0 c 1 op 0', '0 a 3 op 2', '0 a 5 op 3'],
    '20 a 1 op 0',
  ])
})

/** Their sums are exact, in panes or without. */
const drawnRows = fc
  .array(fc.record({ step: fc.integer({ min: -8, max: 9 }), key: fc.constantFrom('a', 'b', 'c') }), {
    maxLength: 60,
    size: 'max',
  })
  .map(drawn => {
    let at = 0
    return drawn.map(({ step, key }, i) => {
      at += step
      return row(at, { key, n: BigInt(i), x: i / 4 })
    })
  })

const refined: readonly EmitOptions[] = [
  { emit: 'watermark' },
  { early: '1ms' },
  { early: '7ms' },
  { emit: 'watermark', early: '3ms' },
  { early: { every: '1ms', clock: 'processing' } },
]

const tiers = ['js', 'interp'] as const

for (const options of refined) {
  test(`changes replayed are the results of the close: ${JSON.stringify(options)}`, () => {
    fc.assert(
      fc.property(drawnRows, fc.constantFrom(...specs), fc.constantFrom(...tiers), (rows, spec, tier) => {
        const lateness = '6ms'
        const changes = outcome(perTen({ ...options, lateness, changes: true }, spec), rows, { tier })
        const closed = outcome(perTen({ lateness }, spec), rows, { tier })
        assert.deepEqual([...replay(changes.found)].toSorted(), closed.found.map(textOfColumns).toSorted())
        assert.equal(changes.late, closed.late)
      }),
      { numRuns: runs(30) },
    )
  })
}

test('at every watermark changes come to all rows that were in time, for each window that has ended', () => {
  const refinedOnes = refined.filter(({ emit }) => emit === 'watermark')
  fc.assert(
    fc.property(drawnRows, fc.constantFrom(...refinedOnes), (rows, options) => {
      const changes: Record<string, unknown>[] = []
      const live = compile(perTen({ ...options, lateness: '6ms', changes: true }), {
        limits: smallLimits,
      }).open(batch => {
        changes.push(...Array.from(batch, one => ({ ...one.toJSON() })))
      })
      const counts = new Map<string, number>()
      let watermark = Number.NEGATIVE_INFINITY
      for (const one of rows) {
        const at = Number(one.at)
        const start = Math.floor(at / 10) * 10
        const group = `${start} ${one.key}`
        if (start + 16 > watermark) counts.set(group, (counts.get(group) ?? 0) + 1)
        watermark = Math.max(watermark, at)
        live.push([one])
        const hasEnded = (from: number): boolean => from + 10 <= watermark
        const ended = changes.filter(one => hasEnded(Number(one.window_start)))
        const there = replay(
          ended.map(({ window_start: from, key, rows: count, $op }) => ({ from, key, count, $op })),
        )
        const expected = [...counts].filter(([name]) => hasEnded(Number(name.split(' ')[0])))
        assert.deepEqual(
          [...there].toSorted(),
          expected
            .map(([name, count]) =>
              textOfColumns({ from: name.split(' ')[0], key: name.split(' ')[1], count }),
            )
            .toSorted(),
        )
      }
      live.close()
    }),
    { numRuns: runs(20) },
  )
})

test('the last result of each group is that of the close, where results are plain', () => {
  fc.assert(
    fc.property(
      drawnRows,
      fc.constantFrom(...refined),
      fc.constantFrom(...onGrids),
      (rows, options, spec) => {
        const last = new Map<string, string>()
        for (const one of outcome(perTen({ ...options, lateness: '6ms' }, spec), rows).found)
          last.set(`${one.window_start} ${one.window_end} ${one.key}`, textOfColumns(one))
        const closed = outcome(perTen({ lateness: '6ms' }, spec), rows).found.map(textOfColumns)
        assert.deepEqual([...last.values()].toSorted(), closed.toSorted())
      },
    ),
    { numRuns: runs(60) },
  )
})

test('a session that is joined by a row is taken back at once, and what they are together is told', () => {
  const plan = events
    .window(session('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }), { emit: 'watermark', lateness: '1s', changes: true })
  const told = (...times: readonly number[]) =>
    outcome(
      plan,
      times.map(at => row(at)),
    ).found.map(one => `${one.$op} ${one.window_start}-${one.window_end} ${one.rows}`)
  assert.deepEqual(told(0, 15, 100, 8), [
    ...['0 0-10 1', '0 15-25 1'],
    ...['1 15-25 1', '2 0-10 1', '3 0-25 2', '2 0-25 2', '3 0-25 3'],
    '0 100-110 1',
  ])
  assert.deepEqual(told(0, 15, 29, 20), ['0 0-10 1', '0 15-25 1', '2 15-25 1', '3 15-39 3'])
})

const INT64_MAX = (1n << 63n) - 1n

for (const [what, stream, given] of [
  ['a row when the session has just ended', events, [[0], [10, 'b'], [0], [0], [11, 'b'], [3000, 'b']]],
  ['a session that had ended and goes on', events, [[0], [12, 'b'], [9], [25, 'b'], [3000, 'b']]],
  ['one that late rows make, before others of its key', events, [[200], [150], [100], [155], [3000, 'b']]],
  [
    'one that a late row makes longer, and has ended all the same',
    events,
    [[0], [50, 'b'], [5], [3000, 'b']],
  ],
  [
    'two that wait for early results and are joined',
    slow,
    [[1000, 'b'], [2060, 'c'], [2110], [2126], [2112], [2118], [2165, 'c'], [9000, 'b']],
  ],
  [
    'a join by a row that is refused',
    slow,
    [
      [1000, 'b'],
      [2060, 'c'],
      [2100, 'a', INT64_MAX],
      [2115, 'a', 0n],
      [2108, 'a', 1n],
      [2160, 'c'],
      [9000, 'b'],
    ],
  ],
] as const) {
  test(`sessions that give several results: ${what}`, async () => {
    const rows = given.map(([at, key = 'a', n = 1n]) => row(at, { key, n }))
    for (const early of [undefined, '7ms', '50ms'] as const)
      for (const changes of [false, true]) {
        const plan = stream
          .window(session('at', '10ms'))
          .groupBy('key')
          .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), {
            ...{ emit: 'watermark', lateness: '1s', changes },
            ...(early && { early }),
          })
        for (const limits of [{}, { budgetRows: 1 }, { outputRows: 1 }])
          await agrees(nodeOf(plan), rows, limits)
      }
  })
}

test('results may stop anywhere: full outputs, spent budgets, operators and texts behind them', async () => {
  const times = [0, 3, 12, 5, 21, 9, 16, 8, 30, 12, 14, 2000]
  const rows = times.map((at, i) => row(at, { key: 'ab'[i % 2], x: i / 3 }))
  const all = [...refined, { emit: 'watermark', early: '4ms', changes: true } as const]
  for (const [options, spec] of all.flatMap(options => specs.map(spec => [options, spec] as const))) {
    const grouped = windowed(spec)
      .groupBy('key')
      .agg((f, a) => ({ rows: a.count(), last: a.last(f.key), x: a.sum(f.x) }), {
        ...options,
        lateness: '9ms',
      })
    const plan = grouped
      .where(f => f.rows.ne(2))
      .select(f => ({ at: f.window_start, rows: f.rows, text: f.last.concat('!') }))
    for (const limits of [{ outputRows: 1 }, { outputRows: 2, budgetRows: 1 }, {}])
      await agrees(nodeOf(plan), rows, limits)
  }
})

test('texts that are taken back stay what they were when texts are swept', async () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    row(i % 30, { key: `${'x'.repeat((i * 37) % 500)}${i % 7}`, n: BigInt(i % 3) }),
  )
  const plan = events
    .window(tumble('at', '10ms'))
    .groupBy('n')
    .agg((f, a) => ({ first: a.first(f.key), least: a.min(f.key) }), {
      emit: 'watermark',
      lateness: '1s',
      early: '2ms',
      changes: true,
    })
  for (const stateBytes of [1 << 13, 1 << 20]) await agrees(nodeOf(plan), rows, { stateBytes })
})

test('two aggregations whose timers are due at one time: the first gives its results, then the second', async () => {
  const plan = (options: object) =>
    events
      .window(tumble('at', '10ms'))
      .groupBy('key')
      .agg((_, a) => ({ rows: a.count() }), options)
      .select(f => ({ from: f.window_start, rows: f.rows }))
      .window(tumble('from', '10ms'))
      .agg((f, a) => ({ results: a.count(), rows: a.sum(f.rows) }), options)
  const rows = given(
    [1, 'a'],
    [2, 'b'],
    [5, 'a'],
    [10, 'a'],
    [3, 'b'],
    [15, 'a'],
    [20, 'b'],
    [12, 'a'],
    [60, 'a'],
  )
  const options = { emit: 'watermark', lateness: '5ms' }
  const { found } = outcome(plan(options), rows)
  assert.deepEqual(
    found.map(one => `${one.window_start} ${one.results} ${one.rows}`),
    ['0 3 5', '10 2 5', '20 1 1', '60 1 1'],
  )
  for (const early of ['5ms', '10ms', { every: '1ms', clock: 'processing' }])
    await agrees(nodeOf(plan({ ...options, early })), rows)
})

test('sums over all rows, early and at the end', () => {
  const totals = (options: EmitOptions) =>
    timeless.groupBy().agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), options)
  const rows = [row(1), row(2)]
  const early = { every: '1s', clock: 'processing' } as const
  assert.deepEqual(outcome(totals({ early }), rows).found, [{ rows: 2n, sum: 2n }])
  assert.deepEqual(outcome(totals({ early }), []).found, [])
  assert.deepEqual(outcome(totals({ early, changes: true }), rows).found, [{ rows: 2n, sum: 2n, $op: 0 }])
})

test('what cannot be right is refused where it is planned', () => {
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  const rows = (windowed: typeof events, options: EmitOptions) =>
    windowed.groupBy('key').agg((_, a) => ({ rows: a.count() }), options)
  refused('LDB-2001', () => rows(timeless as unknown as typeof events, { early: '1s' }))
  refused('LDB-0001', () => rows(events, { early: '0s' }))
  refused('LDB-0001', () => rows(events, { emit: 'update', early: '1s' }))
  refused('LDB-0001', () => rows(events, { emit: 'changelog', changes: true }))
  refused('LDB-0001', () => rows(events, { emit: 'watermark', lateness: '1s' }))
  refused('LDB-0001', () => rows(events, { emit: 'sometimes' as 'close' }))
  refused('LDB-2002', () => rows(events, { early: '1us' }))
  refused('LDB-2002', () => rows(events, { early: { every: '1us', clock: 'processing' } }))
  refused('LDB-1001', () =>
    events
      .groupBy('key')
      .agg((f, a) => ({ about: a.approxCountDistinct(f.n) }), { early: '1s', changes: true }),
  )
  const changed = rows(events, { early: '1s', changes: true }) as unknown as Stream<{
    key: ColumnType<'utf8', false>
  }>
  refused('LDB-1001', () => changed.groupBy('key').agg((f, a) => ({ all: a.first(f.key) })))
})
