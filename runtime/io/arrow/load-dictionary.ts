/** Brings the dictionary of a column into memory, once for all batches in a row that share it. */
import type { InputColumn } from '../../../ir/physical/program.ts'
import type { CheckedDictionary } from './checked.ts'
import { type DoorMemory, type TextArea, viewBytes, viewField } from './memory.ts'

export class DictionaryLoader {
  readonly area: TextArea
  readonly #rowsMax: number
  readonly #offsets: Int32Array
  readonly #remap: Int32Array
  readonly #text: Uint8Array
  #loaded: CheckedDictionary | undefined

  constructor({ slot, dictionary }: InputColumn, memory: DoorMemory, rowsMax: number) {
    if (!dictionary) throw new Error(`slot ${slot} has no dictionary`)
    const mems = new Map([...memory.mems, [dictionary.name, dictionary]])
    this.area = memory.dictionaryArea(slot)
    this.#rowsMax = rowsMax
    this.#offsets = viewField({ ...memory, mems }, dictionary.name, 'offset', 'i32', rowsMax + 1)
    this.#remap = viewField({ ...memory, mems }, dictionary.name, 'remap', 'i32', rowsMax)
    this.#text = viewBytes(memory)
  }

  /** Can kernels read this dictionary as it is? */
  fits({ isEncodable, rows, bytes }: CheckedDictionary): boolean {
    return isEncodable && rows <= this.#rowsMax && bytes <= this.area.bytes
  }

  load(dictionary: CheckedDictionary): void {
    if (dictionary === this.#loaded) return
    const { rows, values } = dictionary
    this.#remap.fill(0, 0, rows)
    if (rows === 0) this.#offsets.fill(0, 0, 2)
    else this.#loadTexts(values.values, values.valueOffsets, rows)
    this.#loaded = dictionary
  }

  #loadTexts(bytes: Uint8Array, offsets: Int32Array, rows: number): void {
    const first = offsets[0]
    this.#text.set(bytes.subarray(first, offsets[rows]), this.area.offset)
    for (let i = 0; i <= rows; i++) this.#offsets[i] = offsets[i] - first
  }

  /** The ids that kernels remembered for its values are void. */
  forgetTexts(): void {
    this.#remap.fill(0, 0, this.#loaded?.rows ?? 0)
  }
}
