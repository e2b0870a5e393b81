/** Runs a plan on the engine the way a user does, and gives back what came out as text that can be compared. */
import {
  Schema as ArrowSchema,
  DataType,
  Dictionary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Struct,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { compilePlan } from '../../compiler/driver.ts'
import { CompiledQuery } from '../../compiler/query.ts'
import type { Tier } from '../../ir/abi.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Limits } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import type { ModelRow } from '../model/model.ts'

/** Small on purpose: tables grow early, outputs fill up, many instances fit into one process. */
export const smallLimits: Partial<Limits> = {
  memoryBytes: 64 << 20,
  batchRows: 64,
  outputRows: 64,
  dictionaryRows: 64,
  columnBytes: 1 << 16,
  scratchBytes: 1 << 16,
  stateRows: 1 << 12,
  stateBytes: 1 << 16,
}

export interface EngineOptions {
  readonly tier: Tier
  readonly limits?: Partial<Limits>
  readonly splits?: readonly number[]
  readonly params?: ReadonlyMap<string, Value>
  readonly lenient?: boolean
  readonly ends?: boolean
  /** Texts come dictionary-encoded. */
  readonly dictionaries?: boolean
}

export interface EngineResult {
  readonly rows: readonly string[]
  readonly late: readonly string[]
  readonly faulty: readonly string[]
  /** Faults of rows that operators emitted. */
  readonly emittedFaults: number
  readonly nullTimes: number
}

export async function runEngine(
  plan: LogicalNode,
  schema: Schema,
  rows: readonly ModelRow[],
  options: EngineOptions,
): Promise<EngineResult> {
  const limits = { ...smallLimits, ...options.limits }
  const compilation = compilePlan(plan.kind === 'sink' ? plan.input : plan, {
    limits,
    faults: options.lenient ? 'null' : 'reject',
  })
  const query = new CompiledQuery(compilation, options.params ?? new Map())
  const result: { rows: string[]; late: string[]; faulty: string[] } = { rows: [], late: [], faulty: [] }
  let emittedFaults = 0
  const take = (list: string[], of: Schema) => (batch: RecordBatch) => {
    list.push(...rowsOf(of, batch).map(row => textOf(row as ModelRow)))
  }
  const live = query.open(take(result.rows, query.schema), {
    tier: options.tier,
    onLate: batch => isOfSource(batch, schema) && take(result.late, schema)(batch),
    onFaulty: ({ rows: faulty, faults }) => {
      if (faulty && isOfSource(faulty, schema)) take(result.faulty, schema)(faulty)
      emittedFaults += faults.filter(fault => fault.row < 0).length
    },
    onDiagnostic: ({ message }) => {
      throw new Error(message)
    },
  })
  for (const part of split(rows, options.splits ?? [])) {
    const plain = batchFromRows(schema, part)
    const batch = options.dictionaries ? encodeTexts(plain) : plain
    if (options.tier === 'native') await live.warm(batch)
    live.push(batch)
  }
  if (options.ends !== false) live.end()
  return { ...result, emittedFaults, nullTimes: Number(live.counters.nullTime) }
}

/** Late and faulty rows of a later pipeline have its columns, not those of the source. */
const isOfSource = (batch: RecordBatch, schema: Schema): boolean =>
  batch.schema.fields.length === schema.length &&
  batch.schema.fields.every((field, i) => field.name === schema[i].name)

/** The same batch with every text column dictionary-encoded. */
function encodeTexts(batch: RecordBatch): RecordBatch {
  const columns = batch.schema.fields.map(({ name, type }, i): [string, Vector] => {
    const column = new Vector([batch.data.children[i]])
    if (!DataType.isUtf8(type)) return [name, column]
    return [name, vectorFromArray([...column], new Dictionary(new Utf8(), new Int32()))]
  })
  const data = makeData({
    type: new Struct(
      columns.map(([name, { type }], i) => new Field(name, type, batch.schema.fields[i].nullable)),
    ),
    length: batch.numRows,
    nullCount: 0,
    children: columns.map(
      ([
        ,
        {
          data: [first],
        },
      ]) => first,
    ),
  })
  return new RecordBatch(new ArrowSchema(data.type.children), data)
}

function split<T>(rows: readonly T[], at: readonly number[]): readonly (readonly T[])[] {
  const bounds = [0, ...at.toSorted((a, b) => a - b), rows.length]
  return bounds
    .slice(1)
    .map((to, i) => rows.slice(Math.min(bounds[i], rows.length), Math.min(to, rows.length)))
}

/** The same text for the same bits: -0 and NaN are told apart, bigints from numbers too. */
export function textOf(row: ModelRow): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
    if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
    return Object.is(value, -0) ? '-0' : String(value)
  })
}
