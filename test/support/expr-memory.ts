/** Memory for kernels of expressions: JavaScript values into and out of regions, texts into the bytes region. */

import { BYTES_SLACK, bytesRegion } from '../../compiler/lower/lib/bytes.ts'
import { controlBlock, type Placement } from '../../ir/abi.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { FieldType, Mem } from '../../ir/kernel/node.ts'
import { regionBytes } from '../../ir/layout.ts'
import { type DataType, factsOf, isBytes, isUnsigned64 } from '../../ir/types.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const ALIGN = 64

/** Field names of a text: where it starts and how long it is. */
export type TextSuffixes = readonly [at: string, length: string]
export const columnText: TextSuffixes = ['_at', '_len']
export const paramText: TextSuffixes = ['_offset', '_length']

export interface MemorySizes {
  readonly rows: number
  /** Bytes of all texts that are written. */
  readonly textBytes: number
  readonly scratchBytes: number
}

export class ExprMemory {
  readonly placement: Placement
  readonly #bytes: Uint8Array
  #textEnd: number

  /** The bytes region holds constants, then texts that are written, then scratch. */
  constructor(mems: readonly Mem[], constants: Uint8Array, sizes: MemorySizes) {
    const scratchBase = constants.length + sizes.textBytes + BYTES_SLACK
    const all = [
      ...[controlBlock, ...mems].map(mem => [mem.name, regionBytes(mem, sizes.rows)] as const),
      [bytesRegion.name, scratchBase + sizes.scratchBytes + BYTES_SLACK] as const,
    ]
    this.placement = placed(all)
    this.#bytes = this.#view(bytesRegion.name)
    this.#bytes.set(constants)
    this.#textEnd = constants.length
    this.control('const_base', 0)
    this.control('scratch_base', scratchBase)
    this.control('scratch_room', sizes.scratchBytes)
  }

  control(field: string, value: number): void {
    this.#set(controlBlock, field, 0, value)
  }

  /** Writes a value, or that it is null where the region has a field for that. */
  write(mem: Mem, field: string, row: number, type: DataType, value: Value, [at, length] = columnText): void {
    if (mem.fields[`${field}_null`]) this.#set(mem, `${field}_null`, row, value === null ? 1 : 0)
    if (isBytes(type)) {
      const bytes = value instanceof Uint8Array ? value : encoder.encode(String(value ?? ''))
      this.#set(mem, field + at, row, this.#textEnd)
      this.#set(mem, field + length, row, bytes.length)
      this.#bytes.set(bytes, this.#textEnd)
      this.#textEnd += bytes.length
    } else this.#set(mem, field, row, value ?? 0)
  }

  read(mem: Mem, field: string, row: number, type: DataType): Value {
    if (this.readInt(mem, `${field}_null`, row) !== 0) return null
    if (isBytes(type)) return this.#text(mem, field, row, type)
    const value = this.#get(mem, field, row)
    if (type === 'bool') return value !== 0
    return isUnsigned64(type) ? BigInt.asUintN(64, value as bigint) : value
  }

  readInt(mem: Mem, field: string, row: number): number {
    return Number(this.#get(mem, field, row))
  }

  #text(mem: Mem, field: string, row: number, type: DataType): Value {
    const at = this.readInt(mem, `${field}_at`, row)
    const bytes = this.#bytes.slice(at, at + this.readInt(mem, `${field}_len`, row))
    return type === 'utf8' ? decoder.decode(bytes) : bytes
  }

  #view(name: string): Uint8Array {
    const { offset, bytes } = this.placement.regions.get(name) ?? { offset: 0, bytes: 0 }
    return new Uint8Array(this.placement.buffer, offset, bytes)
  }

  #place(mem: Mem, field: string, row: number): { type: Stored; view: DataView; at: number } {
    const found = mem.fields[field]
    if (!found) throw new Error(`no field ${mem.name}.${field}`)
    const { offset, bytes } = this.placement.regions.get(mem.name) ?? { offset: 0, bytes: 0 }
    const view = new DataView(this.placement.buffer, offset, bytes)
    return { type: found.type as Stored, view, at: found.offset + found.stride * row }
  }

  #set(mem: Mem, field: string, row: number, value: Value): void {
    const { type, view, at } = this.#place(mem, field, row)
    if (type === 'i64') view.setBigInt64(at, BigInt.asIntN(64, BigInt(value as bigint)), true)
    else view[`set${names[type]}`](at, Number(value), true)
  }

  #get(mem: Mem, field: string, row: number): number | bigint {
    const { type, view, at } = this.#place(mem, field, row)
    return type === 'i64' ? view.getBigInt64(at, true) : view[`get${names[type]}`](at, true)
  }
}

type Stored = Exclude<FieldType, 'bit'>
const names = {
  i8: 'Int8',
  u8: 'Uint8',
  i16: 'Int16',
  u16: 'Uint16',
  i32: 'Int32',
  u32: 'Uint32',
  f32: 'Float32',
  f64: 'Float64',
} as const satisfies Record<Exclude<Stored, 'i64'>, string>

function placed(sizes: readonly (readonly [name: string, bytes: number])[]): Placement {
  const regions = new Map<string, { offset: number; bytes: number }>()
  let end = 0
  for (const [name, bytes] of sizes) {
    regions.set(name, { offset: end, bytes })
    end = Math.ceil((end + bytes) / ALIGN) * ALIGN
  }
  return { buffer: new SharedArrayBuffer(end), regions }
}

/** Bytes that values take in the bytes region; what is no text takes none. */
export function textBytesOf(values: readonly Value[]): number {
  const lengths = values.map(value =>
    typeof value === 'string' ? encoder.encode(value).length : value instanceof Uint8Array ? value.length : 0,
  )
  return lengths.reduce((sum, length) => sum + length, 0)
}

/** Fields that a column of a type takes in a region. */
export function fieldsOf(field: string, type: DataType, [at, length] = columnText): [string, FieldType][] {
  if (!isBytes(type)) return [[field, type === 'bool' ? 'u8' : factsOf(type).field]]
  return [
    [field + at, 'i32'],
    [field + length, 'i32'],
  ]
}
