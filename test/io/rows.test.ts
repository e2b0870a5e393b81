/** Row objects become batches and come back as they were; what does not fit is named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Schema as ArrowSchema, Decimal, Field, Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { MillraceError } from '../../ir/errors.ts'
import { type DataType, dataTypes } from '../../ir/types.ts'
import { arrowSchemaOf, schemaOf } from '../../runtime/io/arrow/types.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import { column } from './arrow-columns.ts'
import { anySample, edgeValues } from './samples.ts'

test('rows -> batch -> rows, also over Arrow IPC', () => {
  fc.assert(
    fc.property(anySample, ({ schema, rows }) => {
      const batch = batchFromRows(schema, rows)
      assert.deepEqual(rowsOf(schema, batch), rows)
      const [again] = tableFromIPC(tableToIPC(new Table([batch]))).batches
      if (rows.length > 0) assert.deepEqual(rowsOf(schema, again), rows)
    }),
    { numRuns: 100 },
  )
})

test('edge values of every type', () => {
  for (const type of dataTypes) {
    const schema = [column('x', type)]
    const rows = [...edgeValues[type], null].map(x => ({ x }))
    assert.deepEqual(rowsOf(schema, batchFromRows(schema, rows)), rows, type)
  }
})

test('schemas go to Arrow and back', () => {
  const schema = dataTypes.map((type, i) => column(`x${i}`, type, i % 2 === 0))
  assert.deepEqual(schemaOf(arrowSchemaOf(schema)), schema)
})

test('an Arrow type that is not ours is refused with those that are', () => {
  const schema = new ArrowSchema([new Field('price', new Decimal(2, 19))])
  assert.throws(() => schemaOf(schema), { code: 'LDB-5021', message: /'price'.*Decimal(?:.|\n)*Utf8View/ })
})

const stored = (type: DataType, value: unknown): unknown => {
  const schema = [column('x', type)]
  return rowsOf(schema, batchFromRows(schema, [{ x: value }]))[0].x
}

test('what is taken beyond the documented values', () => {
  assert.equal(stored('int64', 5), 5n)
  assert.equal(stored('uint64', 2 ** 53 - 1), 9007199254740991n)
  assert.equal(stored('timestamp[us]', -3), -3n)
  assert.equal(stored('timestamp[ns]', new Date(1_700_000_000_123)), 1_700_000_000_123_000_000n)
  assert.equal(stored('timestamp[ms]', new Date(-1)), -1n)
  assert.equal(stored('timestamp[s]', new Date(-1)), -1n)
  assert.equal(stored('date', new Date('1969-12-31T23:00:00Z')), -1)
  assert.equal(stored('int32', -0), 0)
  assert.equal(stored('utf8', undefined), null)
  assert.deepEqual(stored('binary', Buffer.from('ab')), Uint8Array.of(97, 98))
})

const misfits: readonly (readonly [DataType, unknown])[] = [
  ['bool', 1],
  ['int8', 128],
  ['int8', 1.5],
  ['int8', 1n],
  ['uint8', -1],
  ['uint32', 2 ** 32],
  ['int32', Number.NaN],
  ['int64', 2 ** 53],
  ['int64', 2n ** 63n],
  ['uint64', -1],
  ['float64', 1n],
  ['float32', '1'],
  ['utf8', 5],
  ['utf8', 'a\ud800'],
  ['binary', 'ab'],
  ['binary', [1, 2]],
  ['timestamp[ms]', '2024-01-01'],
  ['timestamp[ms]', new Date(Number.NaN)],
  ['timestamp[ns]', new Date(8.64e15)],
  ['timestamp[s]', 0.5],
  ['date', 2 ** 31],
  ['date', 0n],
]

for (const [type, value] of misfits) {
  test(`LDB-5020: ${String(value)} is no ${type}`, () => {
    assert.throws(
      () => batchFromRows([column('x', type)], [{ x: null }, { x: value }], 10),
      (error: unknown) => {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'LDB-5020')
        assert.match(error.message, /row 11, column 'x' \(.*\): .* does not fit\n {2}fix: pass .*, or null/)
        return true
      },
    )
  })
}

test('LDB-5020: no value in a column that is not null', () => {
  const schema = [column('x', 'int32', false)]
  assert.throws(() => batchFromRows(schema, [{ x: 1 }, {}]), {
    code: 'LDB-5020',
    message: /row 1, column 'x' \(int32\): null does not fit\n.*the column is not nullable/,
  })
})
