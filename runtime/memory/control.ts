/** The control block and the watermarks of one pipeline, read and written without making a single object. */
import { controlBlock, type Placement } from '../../ir/abi.ts'
import type { Mem } from '../../ir/kernel/node.ts'

type Field = keyof typeof controlBlock.fields & string

const regionOf = (placement: Placement, name: string): { offset: number; bytes: number } => {
  const region = placement.regions.get(name)
  if (!region) throw new Error(`region ${name} has no place`)
  return region
}

/** Words and longs of a region of one row; fields by name. */
export class RowView {
  readonly #words: Int32Array
  readonly #longs: BigInt64Array
  readonly #mem: Mem

  constructor(placement: Placement, mem: Mem) {
    const { offset, bytes } = regionOf(placement, mem.name)
    const buffer = placement.buffer as ArrayBuffer
    this.#words = new Int32Array(buffer, offset, bytes / 4)
    this.#longs = new BigInt64Array(buffer, offset, bytes / 8)
    this.#mem = mem
  }

  get(field: Field): number {
    return this.#words[this.#mem.fields[field].offset >> 2]
  }

  set(field: Field, value: number): void {
    this.#words[this.#mem.fields[field].offset >> 2] = value
  }

  getLong(field: Field): bigint {
    return this.#longs[this.#mem.fields[field].offset >> 3]
  }

  setLong(field: Field, value: bigint): void {
    this.#longs[this.#mem.fields[field].offset >> 3] = value
  }

  /** Sets a long to a whole number of 53 bits by its words. */
  setNumber(field: Field, value: number): void {
    const at = this.#mem.fields[field].offset >> 2
    this.#words[at] = value >>> 0
    this.#words[at + 1] = Math.floor(value / 2 ** 32)
  }

  /** Adds to a long by its words: a bigint would be garbage. */
  addToLong(field: Field, by: number): void {
    const at = this.#mem.fields[field].offset >> 2
    const low = (this.#words[at] >>> 0) + by
    this.#words[at] = low
    if (low >= 2 ** 32) this.#words[at + 1] += 1
  }

  /** Copies a long from another row by its words. */
  copyLong(field: Field, from: RowView, fromField: Field): void {
    const to = this.#mem.fields[field].offset >> 2
    const at = from.#mem.fields[fromField].offset >> 2
    this.#words[to] = from.#words[at]
    this.#words[to + 1] = from.#words[at + 1]
  }
}

export const controlOf = (placement: Placement): RowView => new RowView(placement, controlBlock)
