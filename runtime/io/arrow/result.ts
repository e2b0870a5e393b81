/**
 * Results: the rows of the output region as record batches. Computed columns are read from memory as
 * compiler/lower/output says, columns that pass through are taken from the batch that the rows came from.
 */
import type { Data, RecordBatch } from 'apache-arrow'
import type { OutputColumn } from '../../../ir/physical/program.ts'
import type { Column } from '../../../ir/schema.ts'
import { factsOf, isBytes, isList } from '../../../ir/types.ts'
import { packBits } from './bits.ts'
import { BatchMaker, type ColumnBuffers, makeColumn } from './column-data.ts'
import { toArrow } from './decimals.ts'
import type { AcceptedBatch } from './door.ts'
import { copyTexts } from './gather.ts'
import { listReader } from './lists.ts'
import { type BatchMemory, viewBytes, viewField } from './memory.ts'
import { PassedType, Selection } from './passed.ts'
import { arrowTypeOf } from './types.ts'

/** `copy`: the batch stays as it is. `view`: it may lie in the plan's memory, until the next rows are taken. */
export type ResultMode = 'copy' | 'view'

interface Computed {
  readonly kind: 'computed'
  readonly column: Column
  readonly read: (rows: number, mode: ResultMode) => Data
}

interface Passed {
  readonly kind: 'passed'
  readonly from: string
  readonly type: PassedType
}

export class ResultReader {
  readonly #batches: BatchMaker
  readonly #output: readonly (Computed | Passed)[]
  readonly #rowNumbers: Int32Array
  /** Is any column taken from the batch? */
  readonly #passes: boolean

  /** `rowsMax`: rows that the output region holds. */
  constructor(output: readonly OutputColumn[], memory: BatchMemory, rowsMax: number) {
    this.#batches = new BatchMaker(output.map(({ column }) => column))
    this.#passes = output.some(({ kind }) => kind === 'passed')
    this.#rowNumbers = viewField(memory, 'out', 'row', 'i32', rowsMax)
    this.#output = output.map(one =>
      one.kind === 'passed'
        ? { ...one, type: new PassedType() }
        : { ...one, read: reader(one.column, one.field, memory, rowsMax) },
    )
  }

  /**
   * The first `rows` rows of the output. `source`: the batch they came from, loaded from its row `from` on. Columns
   * that pass through share memory with that batch where their rows lie together in it.
   */
  take(rows: number, source: AcceptedBatch | undefined, from: number, mode: ResultMode): RecordBatch {
    const selection = this.#passes ? new Selection(this.#rowNumbers.subarray(0, rows), from) : undefined
    const children = this.#output.map(one => {
      if (one.kind === 'computed') return toArrow(one.column.type, one.read(rows, mode))
      const column = source?.columns.get(one.from)
      if (!column || !selection) throw new Error(`column ${one.from} has no batch to come from`)
      return toArrow(column.column.type, selection.take(column, one.type.of(column)))
    })
    return this.#batches.make(children, rows)
  }
}

type BufferReader = (rows: number, mode: ResultMode, nulls: Uint8Array | undefined) => ColumnBuffers

function reader(column: Column, field: string, memory: BatchMemory, rowsMax: number): Computed['read'] {
  const nulls = column.nullable ? viewField(memory, 'out', `${field}_null`, 'u8', rowsMax) : undefined
  if (isList(column.type)) return listReader(column.type, field, memory, rowsMax)
  const read = bufferReader(column, field, memory, rowsMax)
  return (rows, mode) => {
    const valid = nulls && packBits(nulls, rows, true)
    return makeColumn(arrowTypeOf(column.type), rows, { ...read(rows, mode, nulls), valid })
  }
}

function bufferReader({ type }: Column, field: string, memory: BatchMemory, rowsMax: number): BufferReader {
  if (isBytes(type)) return textReader(field, memory, rowsMax)
  if (type === 'bool') {
    const flags = viewField(memory, 'out', field, 'u8', rowsMax)
    return rows => ({ values: packBits(flags, rows, false) })
  }
  const { buffer, byteOffset, length } = viewField(memory, 'out', field, factsOf(type).field, rowsMax)
  const values = new (arrowTypeOf(type).ArrayType)(buffer, byteOffset, length)
  return (rows, mode) => ({ values: mode === 'view' ? values.subarray(0, rows) : values.slice(0, rows) })
}

/** Texts lie anywhere in the bytes region: they are brought together in either mode. */
function textReader(field: string, memory: BatchMemory, rowsMax: number): BufferReader {
  const bytes = viewBytes(memory)
  const starts = viewField(memory, 'out', `${field}_at`, 'i32', rowsMax)
  const lengths = viewField(memory, 'out', `${field}_len`, 'i32', rowsMax)
  return (rows, _mode, nulls) => {
    const wanted = lengths.slice(0, rows)
    for (let i = 0; nulls && i < rows; i++) if (nulls[i]) wanted[i] = 0
    return copyTexts(bytes, starts, wanted)
  }
}
