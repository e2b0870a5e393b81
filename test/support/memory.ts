/** Memory for kernels that a test builds by hand: every region gets a place in one small buffer. */
import type { Placement } from '../../ir/abi.ts'
import type { Field, Kernel, Mem } from '../../ir/kernel/node.ts'
import { fieldWidth } from '../../ir/kernel/node.ts'
import type { Scalar } from '../../ir/kernel/ops.ts'
import { regionBytes } from '../../ir/layout.ts'

export function placeMems(mems: readonly Mem[], rows: number): Placement {
  const regions = new Map<string, { offset: number; bytes: number }>()
  let end = 0
  for (const mem of mems) {
    const bytes = regionBytes(mem, rows)
    regions.set(mem.name, { offset: end, bytes })
    end += bytes
  }
  return { buffer: new SharedArrayBuffer(Math.max(64, end)), regions }
}

export const memsOfKernels = (kernels: readonly Kernel[]): readonly Mem[] => [
  ...new Map(kernels.flatMap(kernel => kernel.mems).map(mem => [mem.name, mem])).values(),
]

/** The bytes of all regions, for comparing what two back ends left behind. */
export const bytesOf = (memory: Placement): Uint8Array => new Uint8Array(memory.buffer).slice()

const fieldAt = (memory: Placement, mem: Mem, name: string, row: number): [DataView, number, Field] => {
  const region = memory.regions.get(mem.name)
  const field = mem.fields[name]
  if (!region || !field) throw new Error(`no field ${mem.name}.${name}`)
  return [new DataView(memory.buffer, region.offset, region.bytes), field.offset + field.stride * row, field]
}

/** Writes one value of a field as the kernels see it. */
export function poke(memory: Placement, mem: Mem, name: string, row: number, value: Scalar): void {
  const [view, at, field] = fieldAt(memory, mem, name, row)
  if (field.type === 'i64') view.setBigInt64(at, value as bigint, true)
  else if (field.type === 'f64') view.setFloat64(at, value as number, true)
  else if (field.type === 'i32') view.setInt32(at, value as number, true)
  else if (fieldWidth[field.type] === 1) view.setUint8(at, Number(value))
  else throw new Error(`poke of ${field.type}`)
}

export function peek(memory: Placement, mem: Mem, name: string, row: number): Scalar {
  const [view, at, field] = fieldAt(memory, mem, name, row)
  if (field.type === 'i64') return view.getBigInt64(at, true)
  if (field.type === 'f64') return view.getFloat64(at, true)
  if (field.type === 'i32') return view.getInt32(at, true)
  if (fieldWidth[field.type] === 1) return view.getUint8(at)
  throw new Error(`peek of ${field.type}`)
}
