/** Schemas with rows of them, and Arrow batches of these rows in any layout. */
import type { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import type { Schema } from '../../ir/schema.ts'
import { dataTypes, type ElementType } from '../../ir/types.ts'
import {
  type Arrangement,
  anyArrangement,
  arrange,
  batchOf,
  column,
  type Value,
  valuesOfType,
} from './arrow-columns.ts'

export type Row = Readonly<Record<string, Value>>

export interface Sample {
  readonly schema: Schema
  readonly rows: readonly Row[]
  readonly batch: RecordBatch
}

/** A batch of whole columns, each laid out in its own way. */
export function sampleOf(
  schema: Schema,
  columns: readonly (readonly Value[])[],
  how: readonly Arrangement[],
): Sample {
  const rowOf = (row: number): Row => Object.fromEntries(schema.map(({ name }, i) => [name, columns[i][row]]))
  const rows = columns[0].map((_, row) => rowOf(row))
  const data = schema.map(({ name, type }, i) => [name, arrange(type, columns[i], how[i])] as const)
  return { schema, rows, batch: batchOf(Object.fromEntries(data), rows.length) }
}

const COLUMNS_MAX = 4
const ROWS_MAX = 40

export const anySample: fc.Arbitrary<Sample> = fc
  .record({
    types: fc.array(fc.constantFrom(...dataTypes), { minLength: 1, maxLength: COLUMNS_MAX }),
    rows: fc.nat(ROWS_MAX),
    nullable: fc.array(fc.boolean(), { minLength: COLUMNS_MAX, maxLength: COLUMNS_MAX }),
    how: fc.array(anyArrangement, { minLength: COLUMNS_MAX, maxLength: COLUMNS_MAX }),
  })
  .chain(({ types, rows, nullable, how }) => {
    const columns = types.map((type, i) => {
      const value: fc.Arbitrary<Value> = valuesOfType(type)
      const maybe = nullable[i] ? fc.option(value, { nil: null, freq: 4 }) : value
      return fc.array(maybe, { minLength: rows, maxLength: rows })
    })
    const schema = types.map((type, i) => column(`x${i}`, type, nullable[i]))
    return fc.tuple(...columns).map(values => sampleOf(schema, values, how))
  })

/** A few values of each type at its edges. */
export const edgeValues: Readonly<Record<ElementType, readonly Value[]>> = {
  bool: [true, false, true],
  int8: [-128, 127, 0],
  int16: [-32768, 32767, 1],
  int32: [-(2 ** 31), 2 ** 31 - 1, 5],
  int64: [-(2n ** 63n), 2n ** 63n - 1n, 5n],
  uint8: [0, 255, 1],
  uint16: [0, 65535, 1],
  uint32: [0, 2 ** 32 - 1, 1],
  uint64: [0n, 2n ** 64n - 1n, 1n],
  float32: [1.5, Number.NaN, -0],
  float64: [0.1, Number.NaN, -0],
  utf8: ['', 'größer', '\ufeff😀'],
  binary: [Uint8Array.of(), Uint8Array.of(0xff, 0), Uint8Array.of(7)],
  'timestamp[s]': [0n, -1n, 2n ** 62n],
  'timestamp[ms]': [0n, -1n, 1_700_000_000_123n],
  'timestamp[us]': [0n, -1n, 1_700_000_000_123_456n],
  'timestamp[ns]': [0n, -1n, 1_700_000_000_123_456_789n],
  date: [0, -719_162, 20_000],
  'decimal(18,3)': [0n, 10n ** 18n - 1n, 1n - 10n ** 18n],
  'decimal(6,2)': [0n, 999_999n, -1n],
}
