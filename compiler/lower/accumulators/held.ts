/** Values that accumulators hold on to: a scalar as it is, a text by the id of its interned copy. */
import { bool, i32, type KernelBuilder, load, op, toInt } from '../../../ir/kernel/build.ts'
import type { Expr, FieldType } from '../../../ir/kernel/node.ts'
import type { FieldSpec } from '../../../ir/layout.ts'
import { type DataType, factsOf, isBytes } from '../../../ir/types.ts'
import type { Wanted } from '../lib/interner.ts'
import type { RowScope } from '../scope.ts'
import { bytesOf, FALSE, scalarOf, type Value } from '../value.ts'
import { argumentOf, contributes, type GroupStore } from './accumulator.ts'

/** How a value of a type is kept in an entry. */
export function heldField(type: DataType): FieldType | FieldSpec {
  if (isBytes(type)) return { type: 'i32', interned: true }
  return type === 'bool' ? 'u8' : factsOf(type).field
}

/** The value kept in a field; texts are ranges of the heap. */
export function readHeld(store: GroupStore, field: string, type: DataType, entry: Expr): Value {
  if (isBytes(type)) {
    if (!store.texts) throw new Error('a text is kept without an interner')
    const { offset, length } = store.texts.range(store.load(field, entry))
    return { kind: 'bytes', type, offset, length, isNull: FALSE, faults: [] }
  }
  const raw = load(store.entries, field, entry)
  return {
    kind: 'scalar',
    type,
    value: type === 'bool' ? op('ne.i32', raw, i32(0)) : raw,
    isNull: FALSE,
    faults: [],
  }
}

/** Looks up the text of a value that is about to be kept under a condition. */
export function wantText(cx: RowScope, store: GroupStore, value: Value, needed: Expr): readonly Wanted[] {
  if (value.kind !== 'bytes' || !store.texts) return []
  return [store.texts.find(cx.k, bytesOf(value), needed, value.dictionary)]
}

/** The text that a new group keeps of its first row. */
export const wantFirst = (cx: RowScope, store: GroupStore, args: readonly Value[]): readonly Wanted[] =>
  wantText(cx, store, argumentOf(args), contributes({ args, mask: bool(true) }))

/** Keeps a value; a text must have been interned. */
export function writeHeld(
  cx: RowScope,
  store: GroupStore,
  field: string,
  entry: Expr,
  value: Value,
  texts: readonly Wanted[],
): void {
  const { k } = cx
  const held = value.kind === 'bytes' ? texts[0].id : stored(scalarOf(value).value)
  k.store(store.entries, field, entry, held)
}

/** A scalar as its field takes it. */
export const stored = (x: Expr): Expr => (x.type === 'bool' ? toInt(x) : x)

/** Keeps for one entry what another keeps; a text is named by the same id. */
export const copyHeld = (k: KernelBuilder, store: GroupStore, field: string, into: Expr, from: Expr): void =>
  k.store(store.entries, field, into, store.load(field, from))

/** What an entry holds before its first value. */
export function initHeld(
  k: KernelBuilder,
  store: GroupStore,
  field: string,
  type: DataType,
  entry: Expr,
): void {
  if (isBytes(type)) k.store(store.entries, field, entry, i32(-1))
}
