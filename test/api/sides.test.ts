/** What leaves a query beside its results: late rows, faulty rows, counters; and what goes in beside its rows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordBatch } from 'apache-arrow'
import { compile, type FaultyRows, source, t, tumble } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import {
  type EventRow,
  event,
  events,
  eventsFrom,
  hasCode,
  lines,
  positive,
  small,
  sumLines,
  sums,
} from './kit.ts'

const limits = small
const eventRows = (batch: RecordBatch): EventRow[] => rowsOf(events.schema, batch) as unknown as EventRow[]

test('late rows come with all columns of the source, also those that the query never reads', async () => {
  const late: EventRow[] = []
  const input = [event(5, 'a', 1), event(25, 'b', 2, 'on time'), event(9, 'c', 3, 'late'), event(19, 'd', 4)]
  const more = [event(20, 'e', 5), event(3, 'f', 6, 'very late')]
  const run = compile(sums, { limits }).run([input, more].flat(), {
    onLate: batch => late.push(...eventRows(batch)),
  })
  assert.deepEqual(sumLines(await run.collect()), ['a 1 1', 'b 1 2', 'e 1 5'])
  assert.deepEqual(late, [input[2], input[3], more[1]])
  assert.deepEqual(run.counters, { rowsIn: 6n, rowsOut: 3n, late: 3n, nullTime: 0n, drifted: 0n, faulty: 0n })
})

test('late rows of a batch that is taken in pieces are the right ones', () => {
  const late: EventRow[] = []
  const input = Array.from({ length: 100 }, (_, i) => event(i % 3 === 2 ? 0 : 100 + i, `k${i}`, i))
  for (const some of [{ batchRows: 7, outputRows: 7 }, { batchRows: 1, outputRows: 1, budgetRows: 1 }, {}]) {
    late.length = 0
    const live = compile(sums, { limits: { ...small, ...some } }).open(() => {}, {
      onLate: batch => late.push(...eventRows(batch)),
    })
    live.push(input)
    assert.deepEqual(
      late,
      input.filter((_, i) => i % 3 === 2),
    )
  }
})

test('a row without event time takes no part and is counted', async () => {
  const clocked = source('clocked', { at: t.timestamp('us').orNull, n: t.int64 }, { time: 'at' })
  const rows = [
    { at: 1n, n: 1n },
    { at: null, n: 2n },
    { at: 2n, n: 4n },
  ]
  const total = clocked.window(tumble('at', '1s')).agg((f, a) => ({ sum: a.sum(f.n) }))
  const run = compile(total, { limits }).run(rows)
  assert.deepEqual(lines(await run.collect(), 'sum'), ['5'])
  assert.equal(run.counters.nullTime, 1n)
})

const risky = events.select(f => ({
  key: f.key,
  ratio: f.n.div(f.note.cast(t.int64)),
}))
const riskyRows = [
  event(0, 'a', 8, '2'),
  event(1, 'b', 8, '0'),
  event(2, 'c', 8, 'two'),
  event(3, 'd', 8, null),
  event(4, 'e', 8, '-4'),
]

test('faulty rows come with code, operator and row, and the others go on', async () => {
  const faulty: FaultyRows[] = []
  const run = compile(risky, { limits }).run(riskyRows, { onFaulty: rows => faulty.push(rows) })
  assert.deepEqual(lines(await run.collect(), 'key', 'ratio'), ['a 4', 'd null', 'e -2'])
  const operator = 'project key, (n / cast(note as int64)) as ratio'
  assert.deepEqual(
    faulty.flatMap(({ faults }) => faults),
    [
      { code: 'LDB-9003', operator, row: 0 },
      { code: 'LDB-9004', operator, row: 1 },
    ],
  )
  const [{ rows }] = faulty
  assert.deepEqual(rows && eventRows(rows), [riskyRows[1], riskyRows[2]])
  assert.deepEqual(run.counters, { rowsIn: 5n, rowsOut: 3n, late: 0n, nullTime: 0n, drifted: 0n, faulty: 2n })
})

test('without onFaulty faulty rows are counted and dropped', async () => {
  const run = compile(risky, { limits }).run(riskyRows)
  assert.equal((await run.collect()).numRows, 3)
  assert.equal(run.counters.faulty, 2n)
})

test('a fault of an emitted row has no input row', async () => {
  const faulty: FaultyRows[] = []
  const query = compile(
    sums.select(f => ({ key: f.key, ratio: f.rows.div(f.sum) })),
    { limits },
  )
  const run = query.run([event(1, 'a', 0), event(2, 'b', 1)], { onFaulty: rows => faulty.push(rows) })
  assert.deepEqual(lines(await run.collect(), 'key', 'ratio'), ['b 1'])
  const [{ rows, faults }] = faulty
  assert.equal(rows, undefined)
  assert.deepEqual(faults, [{ code: 'LDB-9003', operator: 'project key, (rows / sum) as ratio', row: -1 }])
})

test('a sum that overflows rejects the row that overflows it', () => {
  const max = (1n << 63n) - 1n
  const faulty: FaultyRows[] = []
  const seen: string[] = []
  const live = compile(sums, { limits }).open(batch => seen.push(...sumLines(batch)), {
    onFaulty: rows => faulty.push(rows),
  })
  live.push([{ ...event(1), n: max }, event(2, 'a', 1), event(3, 'a', -1)])
  live.end()
  assert.deepEqual(seen, [`a 2 ${max - 1n}`])
  assert.deepEqual(
    faulty.flatMap(({ faults }) => faults.map(({ code, row }) => [code, row])),
    [['LDB-9002', 0]],
  )
})

test("faults: 'null' makes such values null, and the columns nullable", async () => {
  const lenient = compile(risky, { limits, faults: 'null' })
  const run = lenient.run(riskyRows)
  assert.deepEqual(lines(await run.collect(), 'key', 'ratio'), ['a 4', 'b null', 'c null', 'd null', 'e -2'])
  assert.equal(run.counters.faulty, 0n)
  const plan = events.select(f => ({ twice: f.n.mul(2) }))
  const nullable = (faults: 'null' | 'reject'): boolean | undefined =>
    compile(plan, { limits, faults }).schema.find(({ name }) => name === 'twice')?.nullable
  assert.equal(nullable('reject'), false)
  assert.equal(nullable('null'), true)
  assert.notEqual(compile(risky, { limits, faults: 'null' }).hash, compile(risky, { limits }).hash)
})

test('options that do not exist are refused', () => {
  assert.throws(() => compile(sums, { faults: 'ignore' as never }), hasCode('LDB-0001', /faults is 'ignore'/))
  const query = compile(sums, { limits })
  assert.throws(
    () => query.run([], { tier: 'llvm' as never }),
    hasCode('LDB-0001', /use auto, interp, js, native/),
  )
  assert.throws(() => query.open(() => {}, { codeGeneration: 'eval' as never }), hasCode('LDB-0001', /eval/))
})

const limited = compile(
  events.filter((f, p) => f.n > p.least && f.key !== p.name, { least: 2n, name: 'a' }),
  { limits },
)
const counted = async (params?: object): Promise<string[]> =>
  lines(await limited.run(eventsFrom(0, 6), params ? { params: params as never } : {}).collect(), 'key', 'n')

test('parameters have the values of the plan, or other values of the same types', async () => {
  assert.deepEqual(await counted(), ['c 3', 'b 5', 'c 6'])
  assert.deepEqual(await counted({ least: 4n }), ['b 5', 'c 6'])
  assert.deepEqual(await counted({ least: 5, name: 'c' }), [])
  assert.deepEqual(await counted({ name: 'é, and a text that is longer' }), ['c 3', 'a 4', 'b 5', 'c 6'])
  assert.deepEqual(await counted({}), ['c 3', 'b 5', 'c 6'])
})

test('a parameter of another name or type is refused', () => {
  const refused = (params: object, code: 'LDB-0001' | 'LDB-1201', message: RegExp): void => {
    assert.throws(() => limited.run([], { params: params as never }), hasCode(code, message))
    assert.throws(() => limited.open(() => {}, { params: params as never }), hasCode(code, message))
  }
  refused({ last: 1n }, 'LDB-0001', /no parameter 'last'(?:.|\n)*its parameters are least, name/)
  refused({ least: '2' }, 'LDB-1201', /"2" is no value of type int64/)
  refused({ least: 2.5 }, 'LDB-1201', /2.5 is no value of type int64/)
  refused({ least: 1n << 63n }, 'LDB-1201', /no value of type int64/)
  refused({ name: 7 }, 'LDB-1201', /7 is no value of type utf8/)
  refused({ least: null }, 'LDB-1201', /null is no value/)
  refused({ least: undefined }, 'LDB-1201', /undefined is no value/)
  const none = compile(positive, { limits })
  assert.throws(() => none.run([], { params: { x: 1 } }), hasCode('LDB-0001', /its parameters are none/))
})

test('the same stream gives the same hash, another one another', () => {
  const again = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
  assert.equal(compile(again, { limits }).hash, compile(sums, { limits }).hash)
  assert.notEqual(compile(positive, { limits }).hash, compile(sums, { limits }).hash)
})
