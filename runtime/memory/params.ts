/** Brings the parameters and constants of a plan into the memory of an instance. */
import { MillraceError } from '../../ir/errors.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { ParamSlot, PlanProgram } from '../../ir/physical/program.ts'
import { isBytes } from '../../ir/types.ts'
import type { PlanMemory } from './arena.ts'

export function writeConstants(
  { buffer, bytes, constants }: PlanMemory,
  { constants: content }: PlanProgram,
): void {
  new Uint8Array(buffer as ArrayBuffer, bytes.offset + constants.offset, content.length).set(content)
}

/** Writes every parameter of the plan; one that is missing is LDB-0002. Texts share one area. */
export function writeParams(
  memory: PlanMemory,
  program: PlanProgram,
  values: ReadonlyMap<string, Value>,
): void {
  const region = memory.pipelines[0].placement.regions.get('params')
  if (!region) throw new Error('the plan has no params region')
  const row = new DataView(memory.buffer as ArrayBuffer, region.offset, region.bytes)
  const texts = new ParamTexts(memory)
  for (const slot of program.params.slots) {
    const value = values.get(slot.column.name)
    if (value === undefined)
      throw new MillraceError('LDB-0002', `parameter '${slot.column.name}' has no value`)
    writeParam(row, program, slot, value, texts)
  }
}

class ParamTexts {
  readonly #bytes: Uint8Array
  readonly #offset: number
  #used = 0

  constructor({ buffer, bytes, params }: PlanMemory) {
    this.#bytes = new Uint8Array(buffer as ArrayBuffer, bytes.offset + params.offset, params.bytes)
    this.#offset = params.offset
  }

  /** Offset in the bytes region of a copy of the text. */
  add(name: string, text: Uint8Array): number {
    if (this.#used + text.length > this.#bytes.length) {
      throw new MillraceError(
        'LDB-8014',
        `parameter '${name}' does not fit into ${this.#bytes.length} bytes`,
        {
          fix: 'raise the limit columnBytes',
        },
      )
    }
    this.#bytes.set(text, this.#used)
    this.#used += text.length
    return this.#offset + this.#used - text.length
  }
}

function writeParam(
  row: DataView,
  program: PlanProgram,
  slot: ParamSlot,
  value: Value,
  texts: ParamTexts,
): void {
  const { column, field } = slot
  const at = (name: string): number => program.params.mem.fields[name].offset
  if (column.nullable) row.setUint8(at(`${field}_null`), value === null ? 1 : 0)
  if (value === null) return
  if (isBytes(column.type)) {
    const text = value instanceof Uint8Array ? value : new TextEncoder().encode(value as string)
    row.setInt32(at(`${field}_offset`), texts.add(column.name, text), true)
    row.setInt32(at(`${field}_length`), text.length, true)
  } else writeScalar(row, program.params.mem.fields[field].type, at(field), value)
}

function writeScalar(row: DataView, type: string, at: number, value: Value): void {
  switch (type) {
    case 'i64':
      row.setBigInt64(at, value as bigint, true)
      return
    case 'f64':
      row.setFloat64(at, value as number, true)
      return
    case 'f32':
      row.setFloat32(at, value as number, true)
      return
    case 'i32':
    case 'u32':
      row.setUint32(at, Number(value), true)
      return
    case 'i16':
    case 'u16':
      row.setUint16(at, Number(value), true)
      return
    default:
      row.setUint8(at, Number(value))
  }
}
