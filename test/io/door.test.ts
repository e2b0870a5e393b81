/** What the door says about a batch, what it keeps between batches, and how much it lets in at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Data,
  Dictionary,
  Int32,
  makeData,
  type RecordBatch,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  Vector,
} from 'apache-arrow'
import { layoutInput } from '../../compiler/lower/input.ts'
import { viewField } from '../../runtime/io/arrow/memory.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { arrange, batchOf, column, plainArrangement, type Value } from './arrow-columns.ts'
import { type Fixture, makeFixture, passThrough } from './fixture.ts'
import { sampleOf } from './samples.ts'

const plain = plainArrangement
const coded = { ...plainArrangement, encoding: 'dictionary' as const }
const utf8 = [column('s', 'utf8')]
const codedBatch = (values: readonly Value[]) => batchOf({ s: arrange('utf8', values, coded) }, values.length)

test('the shape names dictionaries that enter, and whether a column that is read has nulls', () => {
  const schema = [column('a', 'int32'), column('s', 'utf8'), column('t', 'utf8')]
  const fixture = makeFixture(schema)
  const accept = (a: readonly Value[], s: readonly Value[]) =>
    fixture.door.accept(sampleOf(schema, [a, s, s], [plain, plain, coded]).batch).shape
  assert.deepEqual(accept([1, 2], ['x', 'y']), { dictionaries: ['c2'], dense: true })
  assert.deepEqual(accept([1, null], ['x', 'y']), { dictionaries: ['c2'], dense: false })
  assert.deepEqual(accept([], []), { dictionaries: ['c2'], dense: true })
})

test('a dictionary that is too long, too large, or has a null is decoded', () => {
  const shapeOf = (fixture: Fixture, values: readonly Value[], how = coded): readonly string[] => {
    const batch = batchOf({ s: arrange('utf8', values, how) }, values.length)
    const results = passThrough(fixture, batch)
    assert.deepEqual(
      results.flatMap(result => rowsOf(utf8, result)),
      values.map(s => ({ s })),
    )
    return fixture.door.accept(batch).shape.dictionaries
  }
  const limits = { dictionaryRows: 3, columnBytes: 100 }
  assert.deepEqual(shapeOf(makeFixture(utf8, limits), ['a', 'b', 'c', 'a', null]), ['c0'])
  assert.deepEqual(shapeOf(makeFixture(utf8, limits), ['a', 'b', 'c', 'd']), [])
  assert.deepEqual(shapeOf(makeFixture(utf8, limits), ['x'.repeat(60), 'y'.repeat(60)]), [])
  assert.deepEqual(shapeOf(makeFixture(utf8), ['a', null], { ...coded, nullInDictionary: true }), [])
})

test('columns come in any order, with others between them', () => {
  const schema = [column('a', 'int32'), column('b', 'utf8')]
  const batch = batchOf(
    {
      b: arrange('utf8', ['x', null], plain),
      other: arrange('float64', [1, 2], plain),
      a: arrange('int32', [1, 2], plain),
    },
    2,
  )
  const results = passThrough(makeFixture(schema), batch)
  assert.deepEqual(
    results.flatMap(result => rowsOf(schema, result)),
    [
      { a: 1, b: 'x' },
      { a: 2, b: null },
    ],
  )
})

test('batches that were read from Arrow IPC enter', () => {
  const schema = [column('a', 'bool'), column('s', 'utf8'), column('d', 'utf8')]
  const columns = [
    [true, null, false],
    ['x', 'y', null],
    ['u', 'u', null],
  ]
  const { batch, rows } = sampleOf(schema, columns, [plain, plain, coded])
  const table = tableFromIPC(tableToIPC(new Table([batch, batch.slice(1, 3)])))
  const fixture = makeFixture(schema)
  const results = table.batches.flatMap(one => passThrough(fixture, one))
  assert.deepEqual(
    results.flatMap(result => rowsOf(schema, result)),
    [...rows, ...rows.slice(1)],
  )
})

/** A field of the dictionary region: where values start, the ids that a kernel remembers for them. */
function dictionaryField(fixture: Fixture, field: 'offset' | 'remap'): Int32Array {
  const mem = layoutInput(utf8, fixture.limits).columns[0].dictionary
  if (!mem) throw new Error('no dictionary')
  const mems = new Map([[mem.name, mem]])
  return viewField({ ...fixture.memory, mems }, mem.name, field, 'i32', fixture.limits.dictionaryRows)
}

test('what is remembered about a dictionary lives as long as the dictionary, or until it is forgotten', () => {
  const fixture = makeFixture(utf8)
  const remap = dictionaryField(fixture, 'remap')
  const load = (batch: ReturnType<typeof codedBatch>) => fixture.door.load(fixture.door.accept(batch), 0)
  const first = codedBatch(['a', 'b', 'a'])
  load(first)
  assert.deepEqual([...remap.subarray(0, 2)], [0, 0])
  remap.set([7, 8])
  load(first.slice(1, 3))
  assert.deepEqual([...remap.subarray(0, 2)], [7, 8])
  fixture.door.forgetTexts()
  assert.deepEqual([...remap.subarray(0, 2)], [0, 0])
  remap.set([7, 8])
  load(codedBatch(['a', 'b', 'c']))
  assert.deepEqual([...remap.subarray(0, 3)], [0, 0, 0])
  remap.set([1, 2, 3])
  load(first)
  assert.deepEqual([...remap.subarray(0, 2)], [0, 0])
})

test('a dictionary that has grown behind its first chunk is another one', () => {
  const chunk = arrange('utf8', ['a', 'b'], plain)
  const coded = (codes: readonly number[], chunks: readonly Data[]) =>
    batchOf({ s: makeColumn(codes, new Vector(chunks)) }, codes.length)
  const makeColumn = (codes: readonly number[], dictionary: Vector): Data =>
    makeData({
      type: new Dictionary(new Utf8(), new Int32()),
      data: Int32Array.from(codes),
      dictionary,
    } as never)
  const fixture = makeFixture(utf8)
  const read = (batch: RecordBatch) => passThrough(fixture, batch).flatMap(one => rowsOf(utf8, one))
  assert.deepEqual(read(coded([1, 0], [chunk])), [{ s: 'b' }, { s: 'a' }])
  assert.deepEqual(read(coded([2, 0], [chunk, arrange('utf8', ['c'], plain)])), [{ s: 'c' }, { s: 'a' }])
  assert.deepEqual(read(coded([2, 0], [chunk, arrange('utf8', ['d'], plain)])), [{ s: 'd' }, { s: 'a' }])
})

test('null rows of an empty dictionary stand for an empty text inside memory', () => {
  const fixture = makeFixture(utf8)
  const batch = codedBatch([null, null])
  fixture.door.load(fixture.door.accept(batch), 0)
  assert.deepEqual([...dictionaryField(fixture, 'offset').subarray(0, 2)], [0, 0])
})

test('two batches that were accepted before either was loaded keep their own dictionaries', () => {
  const fixture = makeFixture(utf8)
  const accepted = [codedBatch(['a', 'b']), codedBatch(['c', 'a'])].map(batch => fixture.door.accept(batch))
  const seen = accepted.flatMap(one => {
    fixture.copy(one.shape, fixture.door.load(one, 0))
    return rowsOf(utf8, fixture.reader.take(2, one, 0, 'copy'))
  })
  assert.deepEqual(seen, [{ s: 'a' }, { s: 'b' }, { s: 'c' }, { s: 'a' }])
})

test('a load takes as many rows as all columns have room for', () => {
  const schema = [column('a', 'int32'), column('s', 'utf8'), column('t', 'utf8')]
  const fixture = makeFixture(schema, { batchRows: 4, columnBytes: 10 })
  const columns = [
    [1, 2, 3, 4, 5, 6, 7],
    ['', '', '', '', '', '', ''],
    ['12345', '1234567890', '', '', '12345', '12345', '1'],
  ]
  const accepted = fixture.door.accept(sampleOf(schema, columns, [plain, plain, plain]).batch)
  const counts: number[] = []
  for (let from = 0; from < 7; from += counts[counts.length - 1])
    counts.push(fixture.door.load(accepted, from))
  assert.deepEqual(counts, [1, 3, 2, 1])
  assert.equal(fixture.door.load(accepted, 7), 0)
})

test('a bitmap that Arrow is told holds no null is not read', () => {
  const schema = [column('a', 'int32', false)]
  const data = makeData({
    type: new Int32(),
    length: 2,
    data: Int32Array.of(1, 2),
    nullBitmap: Uint8Array.of(0),
    nullCount: 0,
  })
  const results = passThrough(makeFixture(schema), batchOf({ a: data }, 2))
  assert.deepEqual(
    results.flatMap(result => rowsOf(schema, result)),
    [{ a: 1 }, { a: 2 }],
  )
})
