/** Whatever Arrow lays out, kernels read the same values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dataTypes } from '../../ir/types.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { type Arrangement, column, plainArrangement, type Value } from './arrow-columns.ts'
import { makeFixture, passThrough } from './fixture.ts'
import { anySample, edgeValues, sampleOf } from './samples.ts'

test('any batch in any layout is read as its values', () => {
  const limits = fc.record({
    batchRows: fc.integer({ min: 1, max: 50 }),
    dictionaryRows: fc.integer({ min: 1, max: 50 }),
    columnBytes: fc.integer({ min: 100, max: 400 }),
  })
  const engine = fc.constantFrom('interp' as const, 'js' as const)
  fc.assert(
    fc.property(anySample, limits, engine, ({ schema, rows, batch }, given, engine) => {
      const fixture = makeFixture(schema, given, undefined, engine)
      const results = passThrough(fixture, batch)
      assert.deepEqual(
        results.flatMap(result => rowsOf(schema, result)),
        rows,
      )
    }),
    { numRuns: 200 },
  )
})

const indexes = ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'] as const
const layouts: readonly (readonly [string, Partial<Arrangement>])[] = [
  ['plain', {}],
  ['sliced', { before: 3, after: 2 }],
  ['sliced off a byte boundary, padded', { before: 13, after: 1, padding: 3 }],
  ['with a bitmap without nulls', { bitmapAnyway: true }],
  ['with a bitmap without nulls, counted and sliced', { bitmapAnyway: true, isCounted: true, before: 9 }],
  ...indexes.map(
    index => [`a dictionary of ${index}`, { encoding: 'dictionary', index, before: 2 }] as const,
  ),
  ['a dictionary in two chunks', { encoding: 'dictionary', chunkedDictionary: true }],
  ['a dictionary with a null', { encoding: 'dictionary', nullInDictionary: true }],
]

for (const type of dataTypes) {
  test(`${type}: no nulls, some, all, no rows, in every layout`, () => {
    const some = edgeValues[type]
    const cases = [some, [null, ...some, null], [null, null, null], []]
    const schema = [column('x', type)]
    for (const [name, how] of layouts) {
      for (const values of cases) {
        const { rows, batch } = sampleOf(schema, [values], [{ ...plainArrangement, ...how }])
        const results = passThrough(makeFixture(schema), batch)
        assert.deepEqual(
          results.flatMap(result => rowsOf(schema, result)),
          rows,
          name,
        )
      }
    }
  })
}

test('a kernel that allows for nulls reads a batch without any', () => {
  const schema = [column('a', 'int32'), column('b', 'utf8')]
  const fixture = makeFixture(schema)
  const pass = (a: readonly Value[], b: readonly Value[]): unknown => {
    const { batch } = sampleOf(schema, [a, b], [plainArrangement, plainArrangement])
    const shape = { dense: false }
    return passThrough(fixture, batch, shape).flatMap(result => rowsOf(schema, result))
  }
  assert.deepEqual(pass([null, 1], [null, 'x']), [
    { a: null, b: null },
    { a: 1, b: 'x' },
  ])
  assert.deepEqual(pass([3, 4], ['y', 'z']), [
    { a: 3, b: 'y' },
    { a: 4, b: 'z' },
  ])
})
