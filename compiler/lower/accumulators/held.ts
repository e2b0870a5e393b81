/** Values that accumulators hold on to: a scalar as it is, a text by the id of its interned copy. */
import { bool, i32, type KernelBuilder } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isBytes } from '../../../ir/types.ts'
import type { Wanted } from '../lib/interner.ts'
import { keptField, readKept, stored } from '../lib/kept.ts'
import type { RowWork } from '../scope.ts'
import { bytesOf, scalarOf, type Value } from '../value.ts'
import { argumentOf, contributes, type GroupStore } from './accumulator.ts'

/** How a value of a type is kept in an entry. */
export const heldField = keptField

/** The value kept in a field; texts are ranges of the heap. */
export const readHeld = (store: GroupStore, field: string, type: DataType, entry: Expr): Value =>
  readKept(store.entries, field, entry, type, store.texts)

/** Looks up the text of a value that is about to be kept under a condition. */
export function wantText(cx: RowWork, store: GroupStore, value: Value, needed: Expr): readonly Wanted[] {
  if (value.kind !== 'bytes' || !store.texts) return []
  return [store.texts.find(cx.k, bytesOf(value), needed, value.dictionary)]
}

/** The text that a new group keeps of its first row. */
export const wantFirst = (cx: RowWork, store: GroupStore, args: readonly Value[]): readonly Wanted[] =>
  wantText(cx, store, argumentOf(args), contributes({ args, mask: bool(true) }))

/** Keeps a value; a text must have been interned. */
export function writeHeld(
  cx: RowWork,
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
