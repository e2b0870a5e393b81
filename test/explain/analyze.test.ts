/** Explain analyze on small inputs whose counts are known; times are never looked at, only that they are told. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TIMED_MAX } from '../../compiler/analyze/variants.ts'
import {
  type AnalysisReport,
  type Columns,
  compile,
  type OperatorAnalysis,
  PlanCache,
  type Stream,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import {
  event,
  eventBatch,
  events,
  eventsFrom,
  hasCode,
  newWatch,
  positive,
  small,
  sumLines,
  sums,
  watched,
} from '../api/kit.ts'
import { backends } from '../support/backends.ts'
import { later } from '../support/streams.ts'

const readings = source(
  'readings',
  { at: t.timestamp('ms').orNull, n: t.int64, by: t.int64 },
  { time: 'at', outOfOrderness: '5ms' },
)

const reading = (at: number | null, n: number, by = 1) => ({
  at: at === null ? null : BigInt(at),
  n: BigInt(n),
  by: BigInt(by),
})

/** What is exact in a report, an operator a line. */
const countsOf = ({ operators }: AnalysisReport) =>
  operators.map(({ kind, rowsIn, rowsOut, late, nullTime, faults }) => ({
    kind,
    rows: [rowsIn, rowsOut],
    ...(late > 0 ? { late } : {}),
    ...(nullTime > 0 ? { nullTime } : {}),
    ...(faults.length > 0 ? { faults } : {}),
  }))

const operatorOf = ({ operators }: AnalysisReport, kind: string): OperatorAnalysis =>
  operators.find(one => one.kind === kind) ?? assert.fail(`there is no ${kind}`)

const queryOf = <S extends Columns>(stream: Stream<S>) =>
  compile(stream, { limits: small, cache: new PlanCache(0) })

for (const { name: tier } of backends) {
  test(`filters by mask on ${tier}: rows, selectivity`, async () => {
    const plan = events
      .where(f => f.n.gt(2))
      .where(f => f.n.lt(9))
      .select(f => ({ twice: f.n.add(f.n) }))
    const { report } = await queryOf(plan).analyze(eventsFrom(0, 20), { tier })
    assert.deepEqual(countsOf(report), [
      { kind: 'source', rows: [20, 20] },
      { kind: 'filter', rows: [20, 18] },
      { kind: 'filter', rows: [18, 6] },
      { kind: 'project', rows: [6, 6] },
      { kind: 'sink', rows: [6, 6] },
    ])
    assert.deepEqual(
      report.operators.map(({ selectivity }) => selectivity),
      [1, 18 / 20, 6 / 18, 1, 1],
    )
    assert.equal(report.tier, tier)
  })

  test(`late rows, rows without time, faults by code, groups on ${tier}`, async () => {
    const plan = readings
      .where(f => f.n.div(f.by).ge(0))
      .window(tumble('at', '10ms'))
      .groupBy('n')
      .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
      .where(f => f.rows.gt(1))
    const rows = [
      reading(1, 7),
      reading(null, 7),
      reading(3, 7),
      reading(4, 8),
      reading(5, 1, 0),
      reading(6, -9),
      reading(30, 7),
      reading(2, 7),
      reading(31, 9),
    ]
    const { report } = await queryOf(plan).analyze(rows, { tier })
    assert.deepEqual(countsOf(report), [
      { kind: 'source', rows: [9, 8], nullTime: 1 },
      { kind: 'filter', rows: [8, 6], faults: [{ code: 'LDB-9003', rows: 1 }] },
      { kind: 'window', rows: [6, 6] },
      { kind: 'aggregate', rows: [6, 4], late: 1 },
      { kind: 'filter', rows: [4, 1] },
      { kind: 'sink', rows: [1, 1] },
    ])
    const { late, nullTime, faulty, rowsIn, rowsOut } = report
    assert.deepEqual([rowsIn, rowsOut, late, nullTime, faulty], [9, 1, 1, 1, 1])
    const { eventTime, state } = operatorOf(report, 'aggregate')
    assert.deepEqual(eventTime?.largest, { ticks: '31', date: '1970-01-01T00:00:00.031Z' })
    assert.equal(eventTime?.watermark?.ticks, '26')
    assert.deepEqual(
      state.map(({ name, entries, entriesPeak, entriesMax }) => [name, entries, entriesPeak, entriesMax]),
      [
        ['groups', 2, 3, small.stateRows],
        ['windows', 1, 2, small.stateRows],
      ],
    )
    for (const { bytes, bytesMax } of state) assert.ok(bytes > 0 && bytes <= bytesMax)
  })
}

test('an aggregation over an aggregation: the second pipeline, its kernels and its watermark', async () => {
  const plan = sums
    .select(f => ({ at: f.window_start, rows: f.rows }))
    .window(tumble('at', '40ms'))
    .agg((f, a) => ({ keys: a.count(), most: a.max(f.rows) }))
  const { report } = await queryOf(plan).analyze(eventsFrom(0, 100), { tier: 'js' })
  const [first, second] = report.pipelines
  assert.deepEqual(
    countsOf(report).map(({ kind, rows }) => [kind, ...rows]),
    [
      ['source', 100, 100],
      ['window', 100, 100],
      ['aggregate', 100, 30],
      ['project', 30, 30],
      ['window', 30, 30],
      ['aggregate', 30, 3],
      ['sink', 3, 3],
    ],
  )
  assert.deepEqual([first.rowsIn, first.rowsOut, second.rowsIn, second.rowsOut], [100, 30, 30, 3])
  assert.deepEqual(first.batches, [{ push: 'push_dense', batches: 1 }])
  assert.deepEqual(second.batches, [])
  for (const { kernels } of report.pipelines) {
    const told = kernels.filter(({ nsPerRow }) => nsPerRow !== undefined).map(({ name }) => name)
    assert.deepEqual(told.toSorted(), ['advance', 'push'])
  }
  assert.ok(first.kernels.some(({ name, calls }) => name === 'grow_texts' && calls > 0))
  const [, inner] = report.operators.filter(({ kind }) => kind === 'aggregate')
  assert.equal(inner.eventTime?.largest, undefined)
  assert.equal(inner.eventTime?.watermark?.ticks, '90')
  assert.deepEqual(
    operatorOf(report, 'aggregate').state.map(({ name, entries }) => [name, entries]),
    [
      ['groups', 3],
      ['windows', 1],
      ['texts', 3],
    ],
  )
})

test('results and counts are those of a run, whatever the batches', async () => {
  const rows = eventsFrom(0, 50)
  const parts = [rows.slice(0, 7), [], rows.slice(7, 30), rows.slice(30)].map(eventBatch)
  const query = queryOf(sums)
  const found: string[] = []
  const taken: number[] = []
  const { report } = await query.analyze(later(parts), {
    tier: 'js',
    onResult: batch => found.push(...sumLines(batch)),
    onProgress: done => taken.push(done),
  })
  assert.deepEqual(found, sumLines(await query.run(rows).collect()))
  assert.deepEqual(taken, [7, 7, 30, 50])
  assert.equal(report.batches, 4)
  assert.equal(report.rowsOut, found.length)
})

test('other values for parameters count, too', async () => {
  const plan = events.filter((f, p) => f.n > p.least, { least: 5n })
  const query = queryOf(plan)
  const rowsOut = async (params: { least?: bigint }) =>
    (await query.analyze(eventsFrom(0, 10), { tier: 'js', params })).report.rowsOut
  assert.deepEqual([await rowsOut({}), await rowsOut({ least: 8n })], [5, 2])
})

test('the report is plain data; times are told for all operators but the sink, and come to the whole', async () => {
  const { report } = await queryOf(sums).analyze(eventsFrom(0, 500), { tier: 'js' })
  const read = JSON.parse(JSON.stringify(report)) as AnalysisReport
  assert.deepEqual(countsOf(read), countsOf(report))
  assert.deepEqual(operatorOf(read, 'aggregate').state, operatorOf(report, 'aggregate').state)
  const shares = report.operators.map(({ time }) => time?.share)
  assert.equal(shares.at(-1), undefined)
  const told = shares.slice(0, -1).map(share => share ?? assert.fail('a time is missing'))
  assert.ok(told.every(share => share >= 0))
  assert.ok(Math.abs(told.reduce((a, b) => a + b) - 1) < 1e-9)
  assert.equal(report.isWarm, false)
})

test('the text names every operator and what was dropped; the graph has the rows in its boxes', async () => {
  const rows = [...eventsFrom(0, 30), event(3)]
  const analysis = await queryOf(sums).analyze(rows, { tier: 'js' })
  const text = analysis.text()
  assert.equal(String(analysis), text)
  for (const { kind } of analysis.report.operators) assert.match(text, new RegExp(`^${kind} `, 'm'))
  assert.match(text, /31 rows in, 9 results; 1 late, 0 without time, 0 faulty/)
  assert.match(text, /1 row too late/)
  assert.match(text, /the input is short/)
  assert.match(
    analysis.graph(),
    /op0 \[label="source [^"]*\\l31 -> 31 rows, ~[\d.,]+ ns\/row, (?:< )?[\d.]+ %"\]/,
  )
})

test('where the code came from: a plan that is known, a tier that was asked for, a plan that cannot be native', async () => {
  const cache = new PlanCache()
  const codeOf = async () => {
    const { report } = await compile(positive, { limits: small, cache }).analyze([], { tier: 'js' })
    return report.code
  }
  assert.equal((await codeOf()).plan, 'miss')
  const { plan, native, reason } = await codeOf()
  assert.deepEqual([plan, native, reason], ['hit', 'none', 'tier js was asked for'])
  const hosted = events.map(f => ({ key: f.key.toUpperCase() }))
  const { report } = await queryOf(hosted).analyze(eventsFrom(0, 5))
  assert.equal(report.tier, 'js')
  assert.match(report.code.reason ?? '', /upper\.text is the host's own/)
  assert.deepEqual(
    report.operators.map(({ time }) => time === undefined),
    [false, false, true],
  )
})

test('nothing comes in: no selectivity, no time per row', async () => {
  const { report } = await queryOf(sums).analyze([], { tier: 'js' })
  const { selectivity, eventTime } = operatorOf(report, 'aggregate')
  assert.deepEqual([selectivity, eventTime], [undefined, { largest: undefined, watermark: undefined }])
  assert.equal(report.nsPerRow, undefined)
})

test('what a run throws comes out, and the source is released', async () => {
  const watch = newWatch()
  const wrong = watched([eventBatch(eventsFrom(0, 3)), eventBatch(eventsFrom(3, 3))], watch)
  const limited = compile(sums, { limits: { ...small, stateRows: 16 }, cache: new PlanCache(0) })
  const many = Array.from({ length: 40 }, (_, i) => event(1, `key ${i}`))
  await assert.rejects(limited.analyze(many, { tier: 'js' }), hasCode('LDB-8013'))
  const failing = queryOf(sums).analyze(wrong, {
    tier: 'js',
    onProgress: () => {
      throw new RangeError('enough')
    },
  })
  await assert.rejects(failing, RangeError)
  assert.equal(watch.released, 1)
  const onResult = (): void => {
    throw new Error('no')
  }
  const refused = queryOf(positive).analyze(eventsFrom(0, 3), { tier: 'js', onResult })
  await assert.rejects(refused, hasCode('LDB-5004', /results threw: no/))
  await assert.rejects(
    queryOf(sums).analyze([], { tier: 'fast' as never }),
    hasCode('LDB-0001', /tier is 'fast'/),
  )
})

test('a long input: times per row begin when code is warm', async () => {
  const batch = eventBatch(eventsFrom(0, 70_000))
  const analysis = await queryOf(positive).analyze([batch, batch], { tier: 'js' })
  assert.equal(analysis.report.isWarm, true)
  assert.doesNotMatch(analysis.text(), /the input is short/)
})

test(`behind ${TIMED_MAX} operators times are not told, rows are`, async () => {
  let plan = positive
  for (let i = 0; i < TIMED_MAX; i++) plan = plan.where(f => f.n.gt(i - 100))
  const { report } = await queryOf(plan).analyze(eventsFrom(0, 10), { tier: 'js' })
  const times = report.operators.slice(0, -1).map(({ time }) => time)
  assert.deepEqual(
    times.map(time => time !== undefined),
    times.map((_, i) => i < TIMED_MAX),
  )
  assert.deepEqual(countsOf(report).at(-1), { kind: 'sink', rows: [10, 10] })
})
