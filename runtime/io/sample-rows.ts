/**
 * Rows that nobody sent: they make kernels take their branches before the first real row comes. The same for the
 * same question, nothing is left to chance: ordinary values that repeat, values next to those that the plan compares
 * with, and in the second half what is rare.
 */
import type { RecordBatch } from 'apache-arrow'
import type { Value } from '../../ir/expr/expr.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { isTimestamp, ticksPerSecond, unitOf } from '../../ir/types.ts'
import { conversionTo } from './convert.ts'
import { batchFromRows } from './rows.ts'

export interface SampleOptions {
  readonly schema: Schema
  /** The column of event time, if there is one. */
  readonly time: string | undefined
  /** Values that the plan has for its parameters. */
  readonly known: Iterable<Value>
  readonly rows: number
}

/** For each column those that fit it. Without the least i64: V8 would compare i64 slowly for good. */
const ordinary: readonly Value[] = [0, 1, 2, 3, 0n, 1n, 'a', 'b', '12', true, false, Uint8Array.of(1)]
const rare: readonly Value[] = [
  ...[
    -1,
    0.5,
    -2.25,
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    1e300,
    127,
    255,
    2 ** 31 - 1,
    (1n << 63n) - 1n,
  ],
  ...['', 'é', '日本', 'more than one word of memory', new Uint8Array(0), Uint8Array.of(255, 254)],
]

/** A batch without nulls, and one with, where the schema allows any. */
export function sampleBatches(options: SampleOptions): readonly RecordBatch[] {
  const { schema } = options
  const isNullable = schema.some(({ nullable }) => nullable)
  return [false, ...(isNullable ? [true] : [])].map(nulls =>
    batchFromRows(schema, sampleRows(options, nulls)),
  )
}

const NULL_EVERY = 5

function sampleRows({ schema, time, known, rows }: SampleOptions, nulls: boolean): readonly object[] {
  const near = [...known].flatMap(neighbours)
  const fillers = schema.map((column, c) => {
    const fill = column.name === time ? timeAt(column, rows) : valueAt(column, near, rows, c)
    const isNull = (i: number): boolean => nulls && column.nullable && (i + c) % NULL_EVERY === 0
    return (i: number): Value => (isNull(i) ? null : fill(i))
  })
  return Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(schema.map(({ name }, c) => [name, fillers[c](i)])),
  )
}

type Filler = (row: number) => Value

/** A comparison with it comes out each way. */
function neighbours(value: Value): readonly Value[] {
  if (typeof value === 'number') return [value - 1, value, value + 1, Math.floor(value), Math.ceil(value)]
  return typeof value === 'bigint' ? [value - 1n, value, value + 1n] : [value]
}

function valueAt({ type }: Column, near: readonly Value[], rows: number, column: number): Filler {
  const { convert } = conversionTo(type)
  const fitting = (values: readonly Value[]): readonly Value[] =>
    values.filter(value => value !== null && convert(value) !== undefined)
  const often = fitting([...near, ...ordinary])
  const all = [...often, ...fitting(rare)]
  return i => {
    const pool = i < rows / 2 ? often : all
    return pool[(i * (2 * column + 1) + (i >> 3)) % pool.length]
  }
}

/** Every so many rows one comes that is late. */
const LATE_EVERY = 9
/** The last row comes so much later than the first: by 2^42 ticks. */
const STEPS = 42

/** From one tick to the next at first and ever faster: whatever its size, windows fill, and windows close. */
function timeAt({ type }: Column, rows: number): Filler {
  const start = isTimestamp(type) ? 1_700_000_000n * ticksPerSecond[unitOf(type)] : 0n
  return i =>
    i % LATE_EVERY === LATE_EVERY - 1 ? start : start + (1n << BigInt(Math.floor((i * STEPS) / rows)))
}
