/** Columns that are filled row by row, without an object for each value. */
import type { FixedColumn, TextColumn } from '../lib/data.ts'
import type { Chance } from './chance.ts'

/** Whole numbers below 2^53. */
export class LongColumn {
  readonly #name: string
  readonly #type: 'int64' | 'timestamp[ms]'
  readonly #values: BigInt64Array
  readonly #words: Int32Array
  #rows = 0

  constructor(name: string, rows: number, type: 'int64' | 'timestamp[ms]' = 'int64') {
    this.#name = name
    this.#type = type
    this.#values = new BigInt64Array(rows)
    this.#words = new Int32Array(this.#values.buffer)
  }

  push(value: number): void {
    const at = 2 * this.#rows++
    this.#words[at] = value
    this.#words[at + 1] = Math.floor(value / 2 ** 32)
  }

  done(): FixedColumn {
    return { name: this.#name, type: this.#type, values: this.#values }
  }
}

/** Bytes behind the last text, so that a word may be read past its end. */
const SLACK = 8
const A = 97
const LETTERS = 26
/** One letter of so many is a special one. */
const SPECIALS = 13
const SPACE = 32

/** Texts, piece by piece. */
export class TextWriter {
  readonly #name: string
  readonly #offsets: Int32Array
  #bytes: Uint8Array
  #used = 0
  #rows = 0

  constructor(name: string, rows: number, bytesPerRow: number) {
    this.#name = name
    this.#offsets = new Int32Array(rows + 1)
    this.#bytes = new Uint8Array(rows * bytesPerRow + SLACK)
  }

  /** Bytes of the text that is being written. */
  get length(): number {
    return this.#used - this.#offsets[this.#rows]
  }

  /** The text is complete. Returns its bytes. */
  end(): number {
    const { length } = this
    this.#offsets[++this.#rows] = this.#used
    return length
  }

  put(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#used)
    this.#used += bytes.length
  }

  /** 3 letters or more, of which some are special ones; special ones at the ends are left out where they are spaces. */
  words(chance: Chance, lettersMax: number, special = SPACE): void {
    const letters = 3 + chance.below(lettersMax - 3)
    this.#reserve(letters)
    const start = this.#used
    for (let i = 0; i < letters; i++) {
      const letter = chance.below(SPECIALS) === 0 ? special : A + chance.below(LETTERS)
      const leads = letter === SPACE && this.#used === start
      if (!leads) this.#bytes[this.#used++] = letter
    }
    while (this.#used > start && this.#bytes[this.#used - 1] === SPACE) this.#used--
  }

  /** As many letters as make a row of `size` bytes so long that rows have `average` bytes, give or take a fifth. */
  fill(chance: Chance, size: number, average: number): void {
    const missing = average - size
    if (missing <= 0) return
    const spread = Math.round(missing * 0.2)
    const letters = missing - spread + (spread === 0 ? 0 : chance.below(2 * spread))
    this.#reserve(letters)
    for (let i = 0; i < letters; i++) this.#bytes[this.#used++] = A + chance.below(LETTERS)
  }

  done(): TextColumn {
    this.#reserve(SLACK)
    return { name: this.#name, type: 'utf8', offsets: this.#offsets, bytes: this.#bytes }
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes + SLACK <= this.#bytes.length) return
    const grown = new Uint8Array(2 * this.#bytes.length + bytes + SLACK)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
