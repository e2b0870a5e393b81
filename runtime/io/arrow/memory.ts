/** The parts of a plan's memory that batches enter and leave by. */
import type { Placement } from '../../../ir/abi.ts'
import type { FieldType, Mem } from '../../../ir/kernel/node.ts'
import { fieldArrays } from '../../../ir/layout.ts'

/** A range of the bytes region; readers may look a few bytes past its end. */
export interface TextArea {
  readonly offset: number
  readonly bytes: number
}

export interface BatchMemory {
  readonly placement: Placement
  /** The layouts of the pipeline's regions by name. */
  readonly mems: ReadonlyMap<string, Mem>
}

/** Where the columns of a source enter. Nobody else writes there, except kernels to the remaps of dictionaries. */
export interface DoorMemory extends BatchMemory {
  /** Where the texts of a column lie, and those of its dictionary. */
  readonly columnArea: (slot: string) => TextArea
  readonly dictionaryArea: (slot: string) => TextArea
}

type ArrayOf<T extends FieldType> = InstanceType<(typeof fieldArrays)[T]>

/** The first `count` elements of a field that lies in a column (bytes of a bit field), or the one of a row. */
export function viewField<T extends FieldType>(
  { placement, mems }: BatchMemory,
  region: string,
  name: string,
  type: T,
  count: number,
): ArrayOf<T> {
  const place = placement.regions.get(region)
  const field = mems.get(region)?.fields[name]
  if (!place || field?.type !== type) throw new Error(`region ${region} has no ${type} field ${name}`)
  const view = new fieldArrays[type](placement.buffer as ArrayBuffer, place.offset + field.offset, count)
  if (field.offset + view.byteLength > place.bytes)
    throw new Error(`${region}.${name} holds no ${count} rows`)
  return view as ArrayOf<T>
}

/** The region that all texts lie in. */
export function viewBytes({ placement }: BatchMemory): Uint8Array {
  const place = placement.regions.get('bytes')
  if (!place) throw new Error('the plan has no bytes region')
  return new Uint8Array(placement.buffer as ArrayBuffer, place.offset, place.bytes)
}
