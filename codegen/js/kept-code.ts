/**
 * Generated JavaScript in the cache: the text, so that it need not be generated again, and what V8 made of it, so
 * that V8 need not read it again. V8 itself checks only the length of a text before it takes code for it; here
 * text and code lie under one digest, so that neither ever meets another partner.
 */
import { cachedDataVersionTag } from 'node:v8'
import type { Script } from 'node:vm'
import type { Program } from '../backend.ts'
import type { CodeCache } from '../cache/code-cache.ts'
import { type CodeKey, keyOf } from '../cache/entry.ts'
import { digestOfCompilers, identityOf } from '../cache/identity.ts'
import type { View } from './emit.ts'

/** The JavaScript of a program. */
export interface EmittedProgram {
  readonly text: string
  /** The typed arrays that the text names. */
  readonly views: readonly View[]
}

const KIND = 'js'

/** V8's tag covers its version, its flags and the features of the processor that it uses. */
function codeKey(program: Program): CodeKey | undefined {
  const code = digestOfCompilers()
  if (code === undefined) return undefined
  const { version, arch } = process
  return keyOf(KIND, [code, version, arch, cachedDataVersionTag(), program.name, ...identityOf(program)])
}

/** What the cache has of one program, and what it is to get. */
export class KeptCode {
  readonly emitted: EmittedProgram
  readonly #cache: CodeCache
  readonly #key: CodeKey | undefined
  #data: Buffer | undefined
  #isKept: boolean
  #script: Script | undefined

  constructor(program: Program, cache: CodeCache, emit: (program: Program) => EmittedProgram) {
    this.#cache = cache
    this.#key = cache.isOn ? codeKey(program) : undefined
    const kept = this.#key && cache.find(this.#key, entry => entry)
    this.#data = kept?.payload
    this.#isKept = kept !== undefined
    this.emitted = kept ? (kept.facts as unknown as EmittedProgram) : emit(program)
  }

  /** What V8 made of this text, up to its salt: in another process, or here for the instance before. */
  get data(): Buffer | undefined {
    this.#data ??= this.#script?.createCachedData()
    return this.#data
  }

  /** Tells of a script that was made with `data`. The last one is kept. */
  take(script: Script): void {
    this.#script = script
    if (!script.cachedDataRejected) return
    this.#data = undefined
    if (this.#isKept && this.#key) this.#cache.reject(this.#key)
    this.#isKept = false
  }

  /** Keeps the code, once. All of it is there as soon as there is a script: see the parentheses in link.ts. */
  persist(): void {
    if (!this.#key || !this.#script || this.#isKept) return
    const payload = this.data ?? this.#script.createCachedData()
    this.#isKept = true
    this.#cache.put(this.#key, { facts: { ...this.emitted }, payload })
  }
}
