/**
 * The part of koffi that is used here, as types, and the one place that loads it. koffi is optional and loaded on
 * first use: in the engine process to map and call native code, in the compile child to drive libLLVM.
 */
import { createRequire } from 'node:module'

/** A type of koffi; opaque. */
export type FfiType = string | { readonly primitive: string } | { readonly __brand: string }
export type FfiFunction = (...args: readonly unknown[]) => unknown

export interface FfiLibrary {
  func(name: string, result: FfiType, args: readonly FfiType[]): FfiFunction
}

export interface Ffi {
  load(library: string): FfiLibrary
  /** A function type without a name: koffi keeps names for ever. */
  proto(result: FfiType, args: readonly FfiType[]): FfiType
  pointer(type: FfiType): FfiType
  out(type: FfiType): FfiType
  /** The address of the first element; a typed array's memory never moves. */
  address(view: ArrayBufferView): bigint
  /** Makes a JavaScript function of the code at an address. */
  decode: {
    (address: bigint, type: FfiType): unknown
    string(address: unknown): string
  }
  /** The bytes at an address, not copied. */
  view(address: unknown, bytes: number): ArrayBuffer
}

let loaded: Ffi | undefined

export function loadFfi(): Ffi {
  loaded ??= createRequire(import.meta.url)('koffi') as Ffi
  return loaded
}
