/**
 * The bare kernel and nothing but a memcpy of the columns that it reads, batch by batch: what an engine costs at the
 * least when its batches come from outside.
 */
import type { Columns, Stream } from '../../compiler/index.ts'
import { bitBytes } from '../../runtime/io/arrow/bits.ts'
import { viewBytes, viewField } from '../../runtime/io/arrow/memory.ts'
import { batchesOf } from './arrow-batches.ts'
import { copyData, type Data, type FixedColumn, type TextColumn } from './data.ts'
import { ARENA_BYTES, KernelInstance } from './kernel-instance.ts'
import type { Subject } from './subject.ts'
import { shiftData, type TimeShift } from './time-shift.ts'

export interface CopiedOptions {
  readonly stream: Stream<Columns>
  readonly tier: 'js' | 'native'
  readonly data: Data
  readonly batchRows: number
  readonly time: TimeShift | undefined
}

/** Copies one column of batch number `n`. */
type Copy = (n: number) => void

export async function copiedKernel({ stream, tier, data, batchRows, time }: CopiedOptions): Promise<Subject> {
  const own = time ? copyData(data) : data
  const [batch] = batchesOf(own, batchRows)
  const limits = { batchRows, outputRows: batchRows, memoryBytes: ARENA_BYTES }
  const kernel = await KernelInstance.open({ stream, tier, limits, batch })
  const copies = copiesOf(kernel, own, batchRows)
  const batches = own.rows / batchRows
  const pass = (): void => {
    kernel.rowsOut = 0
    for (let n = 0; n < batches; n++) {
      for (const copy of copies) copy(n)
      kernel.run(0, batchRows)
    }
  }
  return {
    name: 'kernel+memcpy',
    tier,
    rows: own.rows,
    pass,
    answer: async () => kernel.answer(pass),
    rewind: () => shiftData(own, time),
    get emitted() {
      return kernel.rowsOut
    },
  }
}

function copiesOf(kernel: KernelInstance, { columns }: Data, batchRows: number): readonly Copy[] {
  return kernel.input.flatMap(({ column: { name }, slot }) => {
    const source = columns.find(one => one.name === name)
    if (!source) throw new Error(`the data has no column ${name}`)
    const bits = source.valid ? [copyOfBits(kernel, slot, source.valid, batchRows)] : []
    return [
      ...bits,
      source.type === 'utf8'
        ? copyOfTexts(kernel, slot, source, batchRows)
        : copyOfValues(kernel, slot, source, batchRows),
    ]
  })
}

const fieldOf = { float64: 'f64', int32: 'i32', int64: 'i64', 'timestamp[ms]': 'i64' } as const

/** The parts of an array, one for each batch. */
const split = (array: Uint8Array, size: number): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(array.length / size) }, (_, n) => array.subarray(n * size, (n + 1) * size))

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

function copyOfValues(
  { memory }: KernelInstance,
  slot: string,
  { type, values }: FixedColumn,
  rows: number,
): Copy {
  const target = bytesOf(viewField(memory, 'in', slot, fieldOf[type], rows))
  const parts = split(bytesOf(values), rows * values.BYTES_PER_ELEMENT)
  return n => target.set(parts[n])
}

function copyOfBits({ memory }: KernelInstance, slot: string, valid: Uint8Array, rows: number): Copy {
  const target = viewField(memory, 'in', `${slot}_valid`, 'bit', bitBytes(0, rows))
  const parts = split(valid, rows >> 3)
  return n => target.set(parts[n])
}

/** V8 copies into shared memory byte by byte where source and target lie differently in their words. */
const WORD = 8

function copyOfTexts({ memory }: KernelInstance, slot: string, column: TextColumn, rows: number): Copy {
  const { bytes, offsets } = column
  const at = viewField(memory, 'in', `${slot}_at`, 'i32', rows + 1)
  const base = viewField(memory, 'in_meta', `${slot}_base`, 'i32', 1)
  const { offset: area } = memory.columnArea(slot)
  const target = viewBytes(memory)
  const starts = Array.from({ length: (offsets.length - 1) / rows }, (_, n) =>
    offsets.subarray(n * rows, (n + 1) * rows + 1),
  )
  const parts = starts.map(part => bytes.subarray(part[0], part[rows]))
  return n => {
    const place = area + (parts[n].byteOffset & (WORD - 1))
    at.set(starts[n])
    target.set(parts[n], place)
    base[0] = place - starts[n][0]
  }
}
