/**
 * Compiled objects in the cache. The key is made without LLVM, so that a machine that has none finds what another
 * process, another container or an earlier installation compiled on it. What LLVM said of itself and of the
 * processor lies in the entry; where there is an LLVM, it must say the same.
 */
import { isDeepStrictEqual } from 'node:util'
import { ABI_VERSION } from '../../ir/abi.ts'
import type { Program } from '../backend.ts'
import type { CodeCache } from '../cache/code-cache.ts'
import { type CodeKey, type Entry, keyOf } from '../cache/entry.ts'
import { digestOfCompilers, identityOf } from '../cache/identity.ts'
import { machineText } from './machine.ts'
import type { TargetFacts } from './protocol.ts'
import { libraryEdition, nativeTarget } from './target.ts'

/** Who made an object. */
export interface Maker {
  /** As the engine sees the library, without loading it. */
  readonly edition: string
  /** As the compile child sees it. */
  readonly target: TargetFacts
}

const KIND = 'native'

/** Undefined where this machine or this project cannot say what it is: then nothing is kept. */
export function objectKey(program: Program, machine: string | undefined): CodeKey | undefined {
  const code = digestOfCompilers()
  if (code === undefined || machine === undefined) return undefined
  return keyOf(KIND, [ABI_VERSION, code, machine, ...identityOf(program)])
}

/** What compile children of this process said of a library: more than its name and size tell. */
const told = new Map<string, TargetFacts>()

export function keepObject(
  cache: CodeCache,
  program: Program,
  object: Uint8Array,
  library: string,
  target: TargetFacts,
): void {
  told.set(library, target)
  const key = cache.isOn && objectKey(program, machineText())
  const maker: Maker = { edition: libraryEdition(library), target }
  if (key) cache.put(key, { facts: { ...maker }, payload: Buffer.from(object) })
}

/** What `open` makes of the object that was kept for these kernels. */
export function findObject<T>(
  cache: CodeCache,
  program: Program,
  open: (object: Uint8Array) => T,
): T | undefined {
  const key = cache.isOn && objectKey(program, machineText())
  if (!key) return undefined
  return cache.find(key, entry => (isOfThisLlvm(entry) ? open(entry.payload) : undefined))
}

export function dropObject(cache: CodeCache, program: Program): void {
  const key = cache.isOn && objectKey(program, machineText())
  if (key) cache.drop(key)
}

function isOfThisLlvm({ facts }: Entry): boolean {
  const here = nativeTarget()
  if (!here.available) return true
  const target = told.get(here.library) ?? facts.target
  return facts.edition === libraryEdition(here.library) && isDeepStrictEqual(facts.target, target)
}
