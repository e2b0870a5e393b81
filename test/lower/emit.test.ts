/** When results leave: with the row that changes them, or when their window closes; and that changes always add up. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { cumulate, hop, session, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { replay, textOfColumns } from '../support/replay.ts'
import { runs } from '../support/runs.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

type Row = ReturnType<typeof row>

const rows = fc.array(
  fc.record({
    step: fc.integer({ min: -8, max: 9 }),
    key: fc.constantFrom('a', 'b', 'c'),
    n: fc.integer({ min: -3, max: 3 }),
  }),
  { maxLength: 60, size: 'max' },
)

function timed(drawn: readonly { step: number; key: string; n: number }[]): readonly Row[] {
  let at = 0
  return drawn.map(({ step, key, n }) => {
    at += step
    return row(at, { key, n: BigInt(n), x: n })
  })
}

const specs = [
  ...([tumble('at', '10ms'), hop('at', '10ms', '4ms'), cumulate('at', '12ms', '3ms')] as const),
  session('at', '5ms'),
] as const

for (const [what, plan] of [
  ...specs.map(
    spec =>
      [
        `in ${spec.kind} windows`,
        (options: object) =>
          slow
            .window(spec as (typeof specs)[0])
            .groupBy('key')
            .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), least: a.min(f.x) }), options),
      ] as const,
  ),
  [
    'without windows',
    (options: object) =>
      timeless
        .groupBy('key')
        .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), least: a.min(f.x) }), options),
  ],
  [
    'without groups',
    (options: object) =>
      timeless.groupBy().agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), least: a.min(f.x) }), options),
  ],
] as const) {
  test(`changes replayed are the results of the close: ${what}`, () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('js' as const, 'interp' as const), (drawn, tier) => {
        const given = timed(drawn)
        const changes = outcome(plan({ emit: 'changelog' }), given, { tier }).found
        const closed = outcome(plan({}), given, { tier }).found.map(textOfColumns)
        assert.deepEqual([...replay(changes)].toSorted(), closed.toSorted())
      }),
      { numRuns: runs(40) },
    )
  })
}

test('a row between two sessions takes back both, and tells the one that they are', async () => {
  const plan = slow
    .window(session('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), { emit: 'changelog' })
  const given = [0, 15, 40, 8, 30].map((at, i) => row(at, { n: BigInt(10 ** i) }))
  const { found } = outcome(plan, given)
  assert.deepEqual(
    found.map(one => `${one.$op} ${one.window_start}-${one.window_end} ${one.rows} ${one.sum}`),
    [
      ...['0 0-10 1 1', '0 15-25 1 10', '0 40-50 1 100'],
      ...['1 15-25 1 10', '2 0-10 1 1', '3 0-25 2 11', '2 0-25 2 11', '3 0-25 3 1011'],
      ...['0 30-40 1 10000'],
    ],
  )
  const bridges = [0, 15, 30, 8, 23, 60, 45, 53, 38, 5000, 100].map(at => row(at))
  for (const limits of [{ outputRows: 1 }, { budgetRows: 1 }, {}]) await agrees(nodeOf(plan), bridges, limits)
  const max = (1n << 63n) - 1n
  const full = [0, 15, 8, 9].map((at, i) => row(at, { n: i < 2 ? max : 1n }))
  await agrees(nodeOf(plan), full)
})

test('a change takes back what was there, right before what is there now', () => {
  const plan = events.groupBy('key').agg((f, a) => ({ sum: a.sum(f.n) }), { emit: 'changelog' })
  const { found } = outcome(plan, [row(1), row(2, { n: 2n }), row(3, { key: 'b' }), row(4)])
  assert.deepEqual(
    found.map(({ key, sum, $op }) => `${$op} ${key} ${sum}`),
    ['0 a 1', '2 a 1', '3 a 3', '0 b 1', '2 a 3', '3 a 4'],
  )
})

test('results after every row, with projections and filters behind them, and outputs that fill up', async () => {
  for (const [emit, spec] of (['update', 'changelog'] as const).flatMap(emit =>
    specs.map(spec => [emit, spec] as const),
  )) {
    const grouped = slow
      .window(spec as (typeof specs)[0])
      .groupBy('key')
      .agg((f, a) => ({ rows: a.count(), last: a.last(f.key), x: a.sum(f.x) }), { emit, lateness: '5ms' })
    const plan = grouped
      .where(f => f.rows.ne(2))
      .select(f => ({ at: f.window_start, rows: f.rows, text: f.last.concat('!') }))
    const times = [0, 3, 12, 5, 1011, 9, 1016, 8, 1030, 12, 14, 2000]
    const given = times.map((at, i) => row(at, { key: 'ab'[i % 2], x: i / 3 }))
    for (const outputRows of [1, 2, 64]) await agrees(nodeOf(plan), given, { outputRows })
  }
})

test('results of a batch that meets a limit have come out, and add up', () => {
  const plan = timeless
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }), { emit: 'changelog' })
    .select(f => ({ key: f.key, rows: f.rows }))
  const given = Array.from({ length: 100 }, (_, i) => row(0, { key: `k${i}` }))
  const { found, error } = outcome(plan, given, { limits: { stateRows: 16 } })
  assert.match(String(error), /LDB-8013/)
  assert.equal(found.length, 16)
  assert.equal(replay(found).size, 16)
})

test('a window waits for its lateness before it closes, whatever its kind', async () => {
  const times = [5, 1011, 4, 1016, 3, 1018, 2, 30, 25, 4000]
  const given = times.map(at => row(at))
  for (const spec of [tumble('at', '10ms'), hop('at', '10ms', '4ms'), session('at', '6ms')] as const) {
    const windowed = slow.window(spec as never) as unknown as ReturnType<typeof slow.window<'at'>>
    for (const lateness of ['0s', '3ms', '1s'] as const)
      await agrees(nodeOf(windowed.agg((_, a) => ({ rows: a.count() }), { lateness })), given)
  }
})

test('late rows are told, or counted and nothing else', () => {
  const given = [5, 1020, 4, 3, 2000].map(at => row(at))
  const plan = (emit: 'close' | 'final') =>
    slow.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() }), { emit })
  const [told, counted] = [outcome(plan('close'), given), outcome(plan('final'), given)]
  assert.deepEqual([told.told, told.late], [2, 2n])
  assert.deepEqual([counted.told, counted.late], [0, 2n])
  assert.deepEqual(told.found, counted.found)
})

test('what cannot be right is refused where it is planned', () => {
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  const changes = events
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), n: a.max(f.n) }), { emit: 'changelog' })
  refused('LDB-1001', () => changes.groupBy('key').agg((f, a) => ({ n: a.first(f.n) })))
  refused('LDB-1001', () => changes.with(f => ({ $op: f.rows })))
  const sessions = events.window(session('at', '1s')).groupBy('key')
  refused('LDB-1001', () => sessions.agg((f, a) => ({ n: a.median(f.n) }), { emit: 'update' }))
  refused('LDB-0001', () => events.groupBy('key').agg((_, a) => ({ n: a.count() }), { lateness: '1s' }))
  refused('LDB-0001', () =>
    events.window(tumble('at', '1s')).agg((_, a) => ({ n: a.count() }), { lateness: '-1s' }),
  )
})

test('texts of results that a next pipeline passes on stay what they are when texts are swept', async () => {
  const grouped = slow
    .select(f => ({ at: f.at, key: f.key.concat(f.key) }))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }), { emit: 'changelog' })
  const given = Array.from({ length: 60 }, (_, i) =>
    row(i, { key: `${'x'.repeat((i * 37) % 500)}${i % 50}` }),
  )
  await agrees(nodeOf(grouped.where(f => f.rows.gt(0))), given)
  await agrees(nodeOf(grouped.select(f => ({ key: f.key }))), given)
})
