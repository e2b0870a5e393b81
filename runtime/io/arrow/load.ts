/**
 * Brings checked columns into memory by block copies, as compiler/lower/input says: values, or text offsets, or
 * codes; validity bits with their offset. Rows are looped over only to widen codes whose rows are null.
 */
import type { Data } from 'apache-arrow'
import { MillraceError } from '../../../ir/errors.ts'
import type { BatchLimits, InputColumn } from '../../../ir/physical/program.ts'
import { factsOf } from '../../../ir/types.ts'
import { bitBytes, copyBits } from './bits.ts'
import type { CheckedColumn } from './checked.ts'
import { widenCodes } from './codes.ts'
import { decodeColumn } from './dictionary.ts'
import { DictionaryLoader } from './load-dictionary.ts'
import { type DoorMemory, type TextArea, viewBytes, viewField } from './memory.ts'

/** Loads one column of a source into its slot. */
export abstract class ColumnLoader {
  /** What will enter: the column, decoded where its dictionary cannot enter. */
  prepare(source: CheckedColumn): CheckedColumn {
    return source
  }

  /** How many of `rows` rows from row `from` on there is room for. */
  fits(_source: CheckedColumn, _from: number, rows: number): number {
    return rows
  }

  abstract load(source: CheckedColumn, from: number, rows: number): void

  /** The ids that kernels remembered for values of its dictionary are void. */
  forgetTexts(): void {}
}

/** The validity bits of a slot, and the field of `in_meta` that says at which bit they start. */
class ValidityLoader {
  readonly #bits: Uint8Array
  readonly #start: Int32Array

  constructor(slot: string, memory: DoorMemory, batchRows: number) {
    this.#bits = viewField(memory, 'in', `${slot}_valid`, 'bit', bitBytes(7, batchRows))
    this.#start = viewField(memory, 'in_meta', `${slot}_bit`, 'i32', 1)
  }

  /** A kernel that allows for nulls reads the bits of a batch without nulls, too. */
  load({ data, hasNulls }: CheckedColumn, from: number, rows: number): void {
    if (hasNulls) this.#start[0] = copyBits(this.#bits, data.nullBitmap, data.offset + from, rows)
    else {
      this.#bits.fill(0xff, 0, bitBytes(0, rows))
      this.#start[0] = 0
    }
  }
}

class FixedLoader extends ColumnLoader {
  readonly #values: Uint8Array
  readonly #width: number
  readonly #validity: ValidityLoader

  constructor({ column, slot }: InputColumn, memory: DoorMemory, batchRows: number) {
    super()
    const view = viewField(memory, 'in', slot, factsOf(column.type).field, batchRows)
    this.#values = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    this.#width = view.BYTES_PER_ELEMENT
    this.#validity = new ValidityLoader(slot, memory, batchRows)
  }

  override load(source: CheckedColumn, from: number, rows: number): void {
    const { values } = source.data
    const width = this.#width
    this.#values.set(new Uint8Array(values.buffer, values.byteOffset + from * width, rows * width))
    this.#validity.load(source, from, rows)
  }
}

/** Values that are bits start where the bitmap of the source happens to have them. */
class BoolLoader extends ColumnLoader {
  readonly #bits: Uint8Array
  readonly #base: Int32Array
  readonly #validity: ValidityLoader

  constructor({ slot }: InputColumn, memory: DoorMemory, batchRows: number) {
    super()
    this.#bits = viewField(memory, 'in', slot, 'bit', bitBytes(7, batchRows))
    this.#base = viewField(memory, 'in_meta', `${slot}_base`, 'i32', 1)
    this.#validity = new ValidityLoader(slot, memory, batchRows)
  }

  override load(source: CheckedColumn, from: number, rows: number): void {
    const { values, offset } = source.data
    this.#base[0] = copyBits(this.#bits, values, offset + from, rows)
    this.#validity.load(source, from, rows)
  }
}

/** Texts and bytes, plain or as codes of a dictionary. */
class TextLoader extends ColumnLoader {
  readonly #area: TextArea
  readonly #dictionary: DictionaryLoader
  readonly #at: Int32Array
  readonly #base: Int32Array
  readonly #text: Uint8Array
  readonly #validity: ValidityLoader

  constructor(input: InputColumn, memory: DoorMemory, limits: BatchLimits) {
    super()
    const { slot } = input
    this.#area = memory.columnArea(slot)
    this.#dictionary = new DictionaryLoader(input, memory, limits.dictionaryRows)
    this.#at = viewField(memory, 'in', `${slot}_at`, 'i32', limits.batchRows + 1)
    this.#base = viewField(memory, 'in_meta', `${slot}_base`, 'i32', 1)
    this.#text = viewBytes(memory)
    this.#validity = new ValidityLoader(slot, memory, limits.batchRows)
  }

  override prepare(source: CheckedColumn): CheckedColumn {
    const { dictionary } = source
    if (dictionary && this.#dictionary.fits(dictionary)) return source
    const plain = dictionary ? decodeColumn(source, dictionary) : source
    checkLongest(plain, this.#area.bytes)
    return plain
  }

  override fits({ data, dictionary }: CheckedColumn, from: number, rows: number): number {
    return dictionary ? rows : rowsWithin(data.valueOffsets, from, rows, this.#area.bytes)
  }

  override load(source: CheckedColumn, from: number, rows: number): void {
    const { data, hasNulls, dictionary } = source
    if (dictionary) {
      this.#dictionary.load(dictionary)
      this.#base[0] = this.#dictionary.area.offset
      widenCodes(this.#at, data, from, rows, hasNulls)
    } else this.#loadPlain(data, from, rows)
    this.#validity.load(source, from, rows)
  }

  override forgetTexts(): void {
    this.#dictionary.forgetTexts()
  }

  #loadPlain({ values, valueOffsets }: Data, from: number, rows: number): void {
    const first = valueOffsets[from]
    this.#at.set(valueOffsets.subarray(from, from + rows + 1))
    const at = alike(this.#area.offset, values.byteOffset + first)
    this.#text.set(values.subarray(first, valueOffsets[from + rows]), at)
    this.#base[0] = at - first
  }
}

/** The first place from `at` on that lies in its word as `source` does: V8 copies into shared memory word by word. */
const alike = (at: number, source: number): number => at + ((source - at) & 7)

/** Every single value must fit the room that the texts of its column have. */
function checkLongest({ column, data }: CheckedColumn, bytesMax: number): void {
  const { length, valueOffsets: offsets } = data
  if (length === 0 || offsets[length] - offsets[0] <= bytesMax) return
  for (let i = 0; i < length; i++) {
    const bytes = offsets[i + 1] - offsets[i]
    if (bytes <= bytesMax) continue
    throw new MillraceError('LDB-8014', `column '${column.name}' has a value of ${bytes} bytes in row ${i}`, {
      fix: `raise the limit columnBytes, which is ${bytesMax}`,
    })
  }
}

/** The most rows, of `rows` from row `from` on, whose texts together have at most `bytes` bytes. */
function rowsWithin(offsets: Int32Array, from: number, rows: number, bytes: number): number {
  const end = offsets[from] + bytes
  if (offsets[from + rows] <= end) return rows
  let fits = 0
  let tooMany = rows
  while (fits + 1 < tooMany) {
    const middle = (fits + tooMany) >> 1
    if (offsets[from + middle] <= end) fits = middle
    else tooMany = middle
  }
  return fits
}

export function makeLoader(input: InputColumn, memory: DoorMemory, limits: BatchLimits): ColumnLoader {
  if (input.dictionary) return new TextLoader(input, memory, limits)
  if (input.column.type === 'bool') return new BoolLoader(input, memory, limits.batchRows)
  return new FixedLoader(input, memory, limits.batchRows)
}
