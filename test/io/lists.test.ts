/** Columns of lists: as Arrow has them, picked, cut, over IPC; what is broken is refused, and no source brings one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RecordBatch, Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { type Columns, compile, MillraceError, run, type Stream, source, t } from '../../compiler/index.ts'
import { dataTypes, elementOf, isList, listOf } from '../../ir/types.ts'
import { makeListColumn } from '../../runtime/io/arrow/column-data.ts'
import { pickRows } from '../../runtime/io/arrow/pick.ts'
import { plainBatch } from '../../runtime/io/arrow/plain.ts'
import { arrowTypeOf, dataTypeOf, schemaOf } from '../../runtime/io/arrow/types.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { valuesOf } from '../gen/values.ts'
import { smallLimits } from '../support/engine.ts'
import { arrange, batchOf, plainArrangement } from './arrow-columns.ts'
import { childOf } from './fixture.ts'

/** Lists of random values of a type, one for each key, as the engine hands them out. */
const results = fc.constantFrom(...dataTypes).chain(type =>
  fc.boolean().chain(nullable => {
    const values = nullable ? fc.option(valuesOf(type), { freq: 3 }) : valuesOf(type)
    const rows = fc.array(fc.record({ key: fc.integer({ min: 0, max: 3 }), x: values }), { minLength: 1 })
    return rows.map(given => ({ schema: { key: t.int32, x: { type, nullable } }, given }))
  }),
)

const listsOf = (columns: Columns): Stream<Columns> =>
  (source('s', columns) as unknown as Stream<Columns>)
    .groupBy('key')
    .agg((f, a) => ({ all: a.arrayAgg(f.x as never) as never })) as unknown as Stream<Columns>

type Row = Readonly<Record<string, unknown>>

function expected(rows: readonly Row[]): Row[] {
  const keys = [...new Set(rows.map(({ key }) => key))]
  return keys.map(key => ({ key, all: rows.filter(row => row.key === key).map(({ x }) => x) }))
}

test('lists are those of Arrow, of every type: picked, cut, plain, and over IPC', () => {
  const property = fc.property(
    results,
    fc.infiniteStream(fc.nat()),
    ({ schema: columns, given }, numbers) => {
      const stream = listsOf(columns)
      const want = expected(given)
      const kept: RecordBatch[] = []
      const live = compile(stream, { limits: smallLimits }).open(batch => {
        assert.deepEqual(rowsOf(stream.schema, batch), want)
        kept.push(...tableFromIPC(tableToIPC(new Table([batch]))).batches)
        kept.push(
          plainBatch(
            stream.schema,
            pickRows(
              batch,
              Int32Array.from(want, (_, i) => i),
            ),
          ),
        )
        const start = numbers.next().value % want.length
        assert.deepEqual(rowsOf(stream.schema, batch.slice(start, want.length)), want.slice(start))
        const picked = Array.from({ length: 5 }, () => numbers.next().value % want.length)
        const again = rowsOf(stream.schema, pickRows(batch, Int32Array.from(picked)))
        assert.deepEqual(
          again,
          picked.map(i => want[i]),
        )
      })
      live.push(given)
      live.end()
      for (const batch of kept) assert.deepEqual(rowsOf(stream.schema, batch), want)
      assert.equal(kept.length, 2)
    },
  )
  fc.assert(property, { numRuns: 150 })
})

test('results that are kept are lists still when the query is over', async () => {
  const stream = listsOf({ key: t.int32, x: t.utf8.orNull })
  const given = Array.from({ length: 300 }, (_, i) => ({ key: i % 7, x: i % 5 === 0 ? null : `text ${i}` }))
  const table = await run(stream as never, given).collect()
  assert.deepEqual(
    table.batches.flatMap(batch => rowsOf(stream.schema, batch)),
    expected(given),
  )
  assert.equal(String(table.schema.fields[1].type), 'List<Utf8>')
  assert.equal(JSON.stringify(table.get(5)?.toJSON().all), JSON.stringify(expected(given)[5].all))
})

test('the types of lists and those of Arrow are each others', () => {
  for (const type of dataTypes)
    for (const nullable of [false, true]) {
      const list = listOf(type, nullable)
      assert.ok(isList(list) && !isList(type))
      assert.deepEqual(elementOf(list), { type, nullable })
      assert.equal(dataTypeOf(arrowTypeOf(list)), list)
      assert.equal(arrowTypeOf(list), arrowTypeOf(list))
    }
})

/** A column of lists over texts. */
function lists(offsets: readonly number[], texts: readonly string[]): RecordBatch {
  const child = arrange('utf8', texts, plainArrangement)
  const data = makeListColumn(arrowTypeOf('list<utf8>'), offsets.length - 1, {
    offsets: Int32Array.from(offsets),
    child,
    valid: undefined,
  })
  return batchOf({ all: data }, offsets.length - 1)
}

test('lists whose buffers are broken are refused', () => {
  const schema = [{ name: 'all', type: 'list<utf8>' as const, nullable: false }]
  assert.deepEqual(rowsOf(schema, lists([1, 1, 3], ['a', 'b', 'c'])), [{ all: [] }, { all: ['b', 'c'] }])
  const refused = (batch: RecordBatch, code: string): void => {
    assert.throws(
      () => rowsOf(schema, batch),
      (error: unknown) => error instanceof MillraceError && error.code === code,
    )
  }
  refused(lists([0, 2, 1], ['a', 'b']), 'LDB-7004')
  refused(lists([-1, 1], ['a']), 'LDB-7004')
  refused(lists([0, 2], ['a']), 'LDB-7004')
  const damaged = lists([0, 1], ['a'])
  childOf(damaged).children[0].values.fill(0xff)
  refused(damaged, 'LDB-7005')
})

test('no source has a column of lists', () => {
  assert.throws(() => schemaOf(lists([0, 1], ['a']).schema), /LDB-5021/)
})
