/** Results hold the values that kernels wrote, and the rows that they named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordBatch, Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import type { Schema } from '../../ir/schema.ts'
import { viewField } from '../../runtime/io/arrow/memory.ts'
import { gatherRows } from '../../runtime/io/arrow/passed.ts'
import { plainBatch } from '../../runtime/io/arrow/plain.ts'
import type { ResultMode } from '../../runtime/io/arrow/result.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import { anyArrangement, column, plainArrangement } from './arrow-columns.ts'
import { childOf, makeFixture, type Output } from './fixture.ts'
import { anySample, edgeValues, type Row, sampleOf } from './samples.ts'

const ROWS = 64
const limits = { batchRows: ROWS, outputRows: ROWS, columnBytes: 4096 }

/** All columns handed on, under other names. */
const passedOutput = (schema: Schema): Output =>
  schema.map(one => ({ kind: 'passed', column: { ...one, name: `${one.name}_out` }, from: one.name }))
const schemaOf = (output: Output): Schema => output.map(one => one.column)
const renamed = (rows: readonly Row[]): Row[] =>
  rows.map(row => Object.fromEntries(Object.entries(row).map(([name, value]) => [`${name}_out`, value])))

const throughIpc = (batch: RecordBatch): RecordBatch[] => tableFromIPC(tableToIPC(new Table([batch]))).batches

/** Takes rows that the test names. */
function take(
  output: Output,
  source: RecordBatch,
  sourceSchema: Schema,
  rows: readonly number[],
  from: number,
) {
  const fixture = makeFixture(sourceSchema, limits, output)
  viewField(fixture.memory, 'out', 'row', 'i32', ROWS).set(rows)
  return fixture.reader.take(rows.length, fixture.door.accept(source), from, 'copy')
}

const someRows = (count: number, from: number): fc.Arbitrary<number[]> => {
  if (count - from <= 0) return fc.constant([])
  const any = fc.array(fc.nat(count - from - 1), { maxLength: ROWS })
  const run = fc.tuple(fc.nat(count - from - 1), fc.nat(count)).map(([start, length]) => {
    const rows = Array.from({ length: Math.min(length, count - from - start) }, (_, i) => start + i)
    return rows
  })
  return fc.oneof(any, run)
}

test('columns that pass through hold the rows that were named, also after Arrow IPC', () => {
  const cases = anySample.chain(sample =>
    fc
      .nat(Math.max(0, sample.rows.length - 1))
      .chain(from => someRows(sample.rows.length, from).map(rows => ({ ...sample, from, picked: rows }))),
  )
  fc.assert(
    fc.property(cases, ({ schema, rows, batch, from, picked }) => {
      const output = passedOutput(schema)
      const result = take(output, batch, schema, picked, from)
      const want = renamed(picked.map(row => rows[row + from]))
      assert.deepEqual(rowsOf(schemaOf(output), result), want)
      assert.equal(result.numRows, want.length)
      const again = throughIpc(result).flatMap(one => rowsOf(schemaOf(output), one))
      assert.deepEqual(again, want)
    }),
    { numRuns: 150 },
  )
})

test('late rows and rows with errors hold all columns of the source', () => {
  const cases = anySample.chain(sample =>
    someRows(sample.rows.length, 0).map(rows => ({ ...sample, picked: rows })),
  )
  fc.assert(
    fc.property(cases, ({ schema, rows, batch, picked }) => {
      const accepted = makeFixture(schema, limits).door.accept(batch)
      const result = gatherRows(accepted, Int32Array.from(picked))
      assert.deepEqual(
        rowsOf(schema, result),
        picked.map(row => rows[row]),
      )
    }),
  )
})

test("computed columns in either mode, and what of them is the reader's to keep", () => {
  const schema = Object.keys(edgeValues).map((type, i) => column(`x${i}`, type as keyof typeof edgeValues))
  const columns = Object.values(edgeValues).map(values => [...values, null])
  const { rows, batch } = sampleOf(
    schema,
    columns,
    schema.map(() => plainArrangement),
  )
  const taken = (mode: ResultMode) => {
    const fixture = makeFixture(schema)
    const accepted = fixture.door.accept(batch)
    fixture.copy(accepted.shape, fixture.door.load(accepted, 0))
    return { fixture, result: fixture.reader.take(rows.length, accepted, 0, mode) }
  }
  const copy = taken('copy')
  const view = taken('view')
  assert.deepEqual(rowsOf(schema, copy.result), rows)
  assert.deepEqual(rowsOf(schema, view.result), rows)
  assert.deepEqual(
    throughIpc(view.result).flatMap(one => rowsOf(schema, one)),
    rows,
  )
  new Uint8Array(copy.fixture.memory.placement.buffer).fill(0)
  assert.deepEqual(rowsOf(schema, copy.result), rows)
})

test('the text of a null row may be anything', () => {
  const schema = [column('s', 'utf8')]
  const { reader, memory } = makeFixture(schema)
  viewField(memory, 'out', 'o0_null', 'u8', 1)[0] = 1
  viewField(memory, 'out', 'o0_at', 'i32', 1)[0] = -7
  viewField(memory, 'out', 'o0_len', 'i32', 1)[0] = 2 ** 31 - 1
  assert.deepEqual(rowsOf(schema, reader.take(1, undefined, 0, 'copy')), [{ s: null }])
})

test('a run of rows shares the memory of its batch, and a column that is handed on twice is copied', () => {
  const schema = [column('t', 'int64', false)]
  const values = Array.from({ length: 16 }, (_, i) => BigInt(i))
  const { batch } = sampleOf(schema, [values], [plainArrangement])
  const output: Output = ['t', 't2', 't3'].map(name => ({
    kind: 'passed',
    column: { ...schema[0], name },
    from: 't',
  }))
  const result = take(output, batch, schema, values.map(Number), 0)
  assert.equal(childOf(result, 0).values.buffer, childOf(batch).values.buffer)
  assert.notEqual(childOf(result, 1).values.buffer, childOf(batch).values.buffer)
  const want = values.map(t => ({ t, t2: t, t3: t }))
  assert.deepEqual(
    throughIpc(result).flatMap(one => rowsOf(schemaOf(output), one)),
    want,
  )
})

test('batches have what the constructor of Arrow would give them', () => {
  const schema = [column('a', 'int32'), column('b', 'utf8')]
  const made = batchFromRows(schema, [{ a: 1, b: 'x' }])
  const constructed = new RecordBatch(made.schema, made.data)
  assert.deepEqual(Object.keys(made).sort(), Object.keys(constructed).sort())
  assert.deepEqual(made, constructed)
  assert.ok(made instanceof RecordBatch)
  assert.equal(made.slice(0, 1).numRows, 1)
  assert.deepEqual(made.toArray().map(String), ['{"a": 1, "b": "x"}'])
})

test('batches of one result share their schema', () => {
  const schema = [column('a', 'int32')]
  const { reader } = makeFixture(schema)
  const [one, other] = [1, 2].map(rows => reader.take(rows, undefined, 0, 'copy'))
  assert.equal(one.schema, other.schema)
  assert.equal(new Table([one, other]).numRows, 3)
})

test('results from batches with dictionaries of their own make a table, also over Arrow IPC', () => {
  const schema = [column('s', 'utf8'), column('t', 'utf8')]
  const output = passedOutput(schema)
  const { door, reader, memory } = makeFixture(schema, limits, output)
  viewField(memory, 'out', 'row', 'i32', ROWS).set([0, 1])
  const how = { ...plainArrangement, encoding: 'dictionary' as const }
  const samples = [
    ['a', 'b'],
    ['c', null],
    ['a', 'd'],
  ].map(s => sampleOf(schema, [s, s.toReversed()], [how, how]))
  const results = samples.map(({ batch }) => reader.take(2, door.accept(batch), 0, 'copy'))
  const want = renamed(samples.flatMap(({ rows }) => rows))
  const table = new Table(results)
  for (const one of [table, tableFromIPC(tableToIPC(table))]) {
    assert.deepEqual(
      one.batches.flatMap(batch => rowsOf(schemaOf(output), batch)),
      want,
    )
  }
})

test('batches that are encoded in different ways make a table once they are plain', () => {
  const cases = fc.tuple(anySample, anyArrangement)
  fc.assert(
    fc.property(cases, ([{ schema, rows, batch }, how]) => {
      const columns = schema.map(({ name }) => rows.map(row => row[name]))
      const other = sampleOf(
        schema,
        columns,
        schema.map(() => how),
      ).batch
      const table = new Table([batch, other].map(one => plainBatch(schema, one)))
      assert.deepEqual(
        table.batches.flatMap(one => rowsOf(schema, one)),
        [...rows, ...rows],
      )
    }),
    { numRuns: 50 },
  )
})

test('results have the declared types, names and nullability; dictionaries stay', () => {
  const schema = [column('a', 'timestamp[s]'), column('b', 'utf8', false)]
  const how = { ...plainArrangement, encoding: 'dictionary' as const }
  const { batch } = sampleOf(schema, [[1n], ['x']], [plainArrangement, how])
  const result = take(passedOutput(schema), batch, schema, [0], 0)
  assert.deepEqual(
    result.schema.fields.map(({ name, type, nullable }) => `${name} ${type} ${nullable}`),
    ['a_out Timestamp<SECOND> true', 'b_out Dictionary<Int32, Utf8> false'],
  )
})
