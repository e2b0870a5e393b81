/**
 * The rows of a bench as plain typed arrays, laid out as Arrow has them, so that every subject is fed from the same
 * bytes. Sums are exact on purpose: values are multiples of 1/4, so that no subject may differ by rounding.
 */

/** The types that benches use, by the name that the engine has for them. */
export type BenchType = 'float64' | 'int32' | 'int64' | 'timestamp[ms]' | 'utf8'

export type FixedValues = Float64Array | Int32Array | BigInt64Array

interface Shared {
  readonly name: string
  /** Validity, bit 0 first; absent where the column has no nulls. */
  readonly valid?: Uint8Array
}

export interface FixedColumn extends Shared {
  readonly type: Exclude<BenchType, 'utf8'>
  readonly values: FixedValues
}

export interface TextColumn extends Shared {
  readonly type: 'utf8'
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
}

export type DataColumn = FixedColumn | TextColumn

export interface Data {
  readonly rows: number
  readonly columns: readonly DataColumn[]
}

/** Bytes behind the last text, so that a word may be read past its end. */
const SLACK = 8

export const doubles = (name: string, rows: number, value: (i: number) => number): FixedColumn => ({
  name,
  type: 'float64',
  values: Float64Array.from({ length: rows }, (_, i) => value(i)),
})

export const ints = (name: string, rows: number, value: (i: number) => number): FixedColumn => ({
  name,
  type: 'int32',
  values: Int32Array.from({ length: rows }, (_, i) => value(i)),
})

export const longs = (
  name: string,
  rows: number,
  value: (i: number) => number,
  type: 'int64' | 'timestamp[ms]' = 'int64',
): FixedColumn => ({ name, type, values: BigInt64Array.from({ length: rows }, (_, i) => BigInt(value(i))) })

export function texts(name: string, rows: number, value: (i: number) => string): TextColumn {
  const encoded = Array.from({ length: rows }, (_, i) => Buffer.from(value(i)))
  const offsets = new Int32Array(rows + 1)
  for (const [i, text] of encoded.entries()) offsets[i + 1] = offsets[i] + text.length
  return {
    name,
    type: 'utf8',
    offsets,
    bytes: new Uint8Array(Buffer.concat([...encoded, Buffer.alloc(SLACK)])),
  }
}

/** The same column, null where `isNull` says so. */
export function withNulls(column: FixedColumn, isNull: (i: number) => boolean): FixedColumn {
  const { length } = column.values
  const valid = new Uint8Array(length >> 3)
  for (let i = 0; i < length; i++) if (!isNull(i)) valid[i >> 3] |= 1 << (i & 7)
  return { ...column, valid }
}

/** A copy of the values, for those who change them: time goes on from pass to pass. */
export const copyData = ({ rows, columns }: Data): Data => ({
  rows,
  columns: columns.map(column =>
    column.type === 'utf8' ? column : { ...column, values: column.values.slice() },
  ),
})

type ArrayOf = {
  float64: Float64Array
  int32: Int32Array
  int64: BigInt64Array
  'timestamp[ms]': BigInt64Array
}

/** The values of a column that has that type. */
export function valuesOf<T extends keyof ArrayOf>(data: Data, name: string, type: T): ArrayOf[T] {
  const column = columnOf(data, name)
  if (column.type !== type || !('values' in column)) throw new Error(`column ${name} is ${column.type}`)
  return column.values as ArrayOf[T]
}

export function validityOf(data: Data, name: string): Uint8Array {
  const { valid } = columnOf(data, name)
  if (!valid) throw new Error(`column ${name} has no validity bits`)
  return valid
}

export function textsOf(data: Data, name: string): TextColumn {
  const column = columnOf(data, name)
  if (column.type !== 'utf8') throw new Error(`column ${name} is ${column.type}`)
  return column
}

function columnOf({ columns }: Data, name: string): DataColumn {
  const column = columns.find(one => one.name === name)
  if (!column) throw new Error(`the data has no column ${name}`)
  return column
}

/** The value of a row as JavaScript has it; for those who are fed with rows. */
export function cellOf(column: DataColumn, row: number): number | bigint | string | null {
  if (column.valid && ((column.valid[row >> 3] >> (row & 7)) & 1) === 0) return null
  if (column.type !== 'utf8') return column.values[row]
  const { bytes, offsets } = column
  return Buffer.from(
    bytes.buffer,
    bytes.byteOffset + offsets[row],
    offsets[row + 1] - offsets[row],
  ).toString()
}
