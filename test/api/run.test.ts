/** run(): whatever goes in, whichever way it is read, the same rows come out. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import {
  Schema as ArrowSchema,
  DataType,
  Dictionary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { compile, run, source, t } from '../../compiler/index.ts'
import type { BatchInput } from '../../runtime/io/inputs.ts'
import { later, web } from '../support/streams.ts'
import { event, eventBatch, events, eventsFrom, hasCode, positive, small, sumLines, sums } from './kit.ts'

const rows = eventsFrom(0, 40)
const batches = [rows.slice(0, 7), rows.slice(7, 8), rows.slice(8)].map(eventBatch)
const limits = small

const inputs: Readonly<Record<string, () => BatchInput>> = {
  'an array of rows': () => rows,
  'a table': () => new Table(batches),
  'a record batch': () => eventBatch(rows),
  'an array of batches': () => batches,
  'a set of rows': () => new Set(rows),
  'an asynchronous iterable of rows': () => later(rows),
  'an asynchronous iterable of batches': () => later(batches),
  'a web stream of rows': () => web(rows),
  'a web stream of batches': () => web(batches),
  'a Node stream of rows': () => Readable.from(rows),
  'a Node stream of batches': () => Readable.from(batches),
}

const query = compile(sums, { limits })
const expected = [
  ...['a 4 22', 'b 3 15', 'c 3 18'],
  ...['b 4 62', 'c 3 45', 'a 3 48'],
  ...['c 4 102', 'a 3 75', 'b 3 78'],
  ...['a 4 142', 'b 3 105', 'c 3 108'],
]

for (const [name, input] of Object.entries(inputs)) {
  test(`${name} gives the rows, alone and under the name of its source`, async () => {
    assert.deepEqual(sumLines(await query.run(input()).collect()), expected)
    assert.deepEqual(sumLines(await query.run({ events: input() }).collect()), expected)
  })
}

test('run compiles and runs in one go', async () => {
  assert.deepEqual(sumLines(await run(sums, rows, { limits }).collect()), expected)
})

test('an input under another name is refused, and the names are told', () => {
  const refused = hasCode(
    'LDB-5010',
    /source 'events'(?:.|\n)*pass \{ events: ... \}; given were trades, toString/,
  )
  assert.throws(() => query.run({ trades: rows, toString: rows }), refused)
  assert.throws(() => query.run({}), hasCode('LDB-5010', /given were none/))
})

test('a name that every object has is the name of no input', () => {
  const odd = compile(source('constructor', { n: t.int64 }), { limits })
  assert.throws(() => odd.run({ n: [] }), hasCode('LDB-5010'))
})

test('what is no input at all is refused at once', () => {
  assert.throws(() => query.run('rows' as never), hasCode('LDB-0001'))
  assert.throws(() => query.run(7 as never), hasCode('LDB-0001'))
})

test('batches, rows, a table and row objects tell the same', async () => {
  const byBatch: string[] = []
  for await (const batch of query.run(rows)) byBatch.push(...sumLines(batch))
  const byRow: string[] = []
  for await (const { key, rows: count, sum } of query.run(rows).rows()) byRow.push(`${key} ${count} ${sum}`)
  const all = await query.run(rows).collectRows()
  assert.deepEqual(byBatch, expected)
  assert.deepEqual(byRow, expected)
  assert.deepEqual(
    all.map(({ key, rows: count, sum }) => `${key} ${count} ${sum}`),
    expected,
  )
  assert.deepEqual(all[0], { window_start: 0n, window_end: 10n, key: 'a', rows: 4n, sum: 22n })
})

test('batches that were kept stay what they were while the run goes on', async () => {
  const passing = events.select(f => ({
    n: f.n,
    twice: f.n.mul(2),
    text: f.note.coalesce('none'),
    key: f.key,
  }))
  const source = Array.from({ length: 30 }, (_, i) => [event(i, `k${i}`, i, i % 2 ? `note ${i}` : null)])
  const kept: RecordBatch[] = []
  const query = compile(passing, { limits: { ...small, batchRows: 4, outputRows: 4 } })
  for await (const batch of query.run(later(source))) kept.push(batch)
  const read = kept.flatMap(batch => Array.from(batch, row => `${row.key} ${row.n} ${row.twice} ${row.text}`))
  assert.deepEqual(
    read,
    source.map((_, i) => `k${i} ${i} ${2 * i} ${i % 2 ? `note ${i}` : 'none'}`),
  )
})

test('computed texts survive the rows that come after them in one batch', async () => {
  const many = Array.from({ length: 50 }, (_, i) => event(i, 'a', 1, `note ${i}`))
  const plan = events.select(f => ({ text: f.note.coalesce('none') }))
  const found = await run(plan, many, { limits: { ...small, batchRows: 8, outputRows: 1024 } }).collectRows()
  assert.deepEqual(
    found.map(({ text }) => text),
    many.map(({ note }) => note),
  )
})

test('no result rows: an empty table with its columns, an empty list', async () => {
  const none = compile(
    events.where(f => f.n.gt(1000)),
    { limits },
  )
  for (const input of [rows, [], later([])]) {
    const table = await none.run(input).collect()
    assert.equal(table.numRows, 0)
    assert.deepEqual(
      table.schema.fields.map(field => `${field}`),
      ['at: Timestamp<MILLISECOND>', 'key: Utf8', 'n: Int64', 'note: Utf8'],
    )
    assert.deepEqual(await none.run(rows).collectRows(), [])
  }
})

/** The same batch with its texts dictionary-encoded, each batch with a dictionary of its own. */
function encoded(batch: RecordBatch): RecordBatch {
  const children = batch.schema.fields.map(({ name, type }, i) =>
    DataType.isUtf8(type)
      ? vectorFromArray([...(batch.getChild(name) ?? [])], new Dictionary(new Utf8(), new Int32())).data[0]
      : batch.data.children[i],
  )
  const fields = children.map(
    ({ type }, i) => new Field(batch.schema.fields[i].name, type, batch.schema.fields[i].nullable),
  )
  const data = makeData({ type: new Struct(fields), length: batch.numRows, nullCount: 0, children })
  return new RecordBatch(new ArrowSchema(fields), data)
}

test('results that are encoded in different ways make one table', async () => {
  const mixed = [encoded(batches[0]), batches[1], encoded(batches[2])]
  const query = compile(positive, { limits })
  const table = await query.run(mixed).collect()
  assert.deepEqual(
    table.toArray().map(row => ({ ...row.toJSON(), at: row.n - 1n })),
    rows,
  )
  assert.deepEqual(await query.run(mixed).collectRows(), rows)
  const seen: string[] = []
  for await (const { schema } of query.run(mixed)) seen.push(`${schema.fields[1].type}`)
  assert.deepEqual(seen, ['Dictionary<Int32, Utf8>', 'Utf8', 'Dictionary<Int32, Utf8>'])
})

test('the results of a run are read once', async () => {
  const once = query.run(rows)
  await once.collect()
  const twice = hasCode('LDB-0005', /read once/)
  assert.throws(() => once[Symbol.asyncIterator](), twice)
  await assert.rejects(once.collect(), twice)
  await assert.rejects(once.collectRows(), twice)
  await assert.rejects(once.rows().next(), twice)
})

test('a compiled query runs as often as one likes, each run on its own', async () => {
  const all = await Promise.all(
    [query.run(rows), query.run(batches), query.run(later(rows))].map(r => r.collect()),
  )
  for (const table of all) assert.deepEqual(sumLines(table), expected)
})

test('a plan without watermark emits when its input ends, and only then', async () => {
  const timeless = source('timeless', { key: t.utf8, n: t.int64 })
  const totals = compile(
    timeless.groupBy('key').agg((f, a) => ({ sum: a.sum(f.n), last: a.last(f.n) })),
    { limits },
  )
  const seen: string[] = []
  const input = rows.map(({ key, n }) => ({ key, n }))
  const live = totals.open(batch =>
    seen.push(...Array.from(batch, row => `${row.key} ${row.sum} ${row.last}`)),
  )
  for (const row of input) live.push([row])
  assert.deepEqual(seen, [])
  live.end()
  assert.deepEqual(seen, ['a 287 40', 'b 260 38', 'c 273 39'])
  const collected = await totals.run(input).collectRows()
  assert.deepEqual(
    collected.map(({ key, sum, last }) => `${key} ${sum} ${last}`),
    seen,
  )
})
