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
import { digestOfCompilers, kernelTexts } from '../cache/identity.ts'
import type { View } from './emit.ts'

/** The JavaScript of a program. */
export interface EmittedProgram {
  readonly text: string
  /** The typed arrays that the text names. */
  readonly views: readonly View[]
}

const KIND = 'js'

/** Code is written anew where it has grown by this factor: functions that V8 had not compiled before have run. */
const WORTH_KEEPING = 9 / 8

/** V8's tag covers its version, its flags and the features of the processor that it uses. */
function codeKey({ name, kernels }: Program): CodeKey | undefined {
  const code = digestOfCompilers()
  if (code === undefined) return undefined
  return keyOf(KIND, [
    code,
    process.version,
    process.arch,
    cachedDataVersionTag(),
    name,
    ...kernelTexts(kernels),
  ])
}

/** What the cache has of one program, and what it is to get. */
export class KeptCode {
  readonly emitted: EmittedProgram
  readonly #cache: CodeCache
  readonly #key: CodeKey | undefined
  #data: Buffer | undefined
  #script: Script | undefined

  constructor(program: Program, cache: CodeCache, emit: (program: Program) => EmittedProgram) {
    this.#cache = cache
    this.#key = cache.isOn ? codeKey(program) : undefined
    const kept = this.#key && cache.find(this.#key, entry => entry)
    this.#data = kept?.payload
    this.emitted = kept ? (kept.facts as unknown as EmittedProgram) : emit(program)
  }

  /** False where no script is wanted, because none will be kept. */
  get isOn(): boolean {
    return this.#key !== undefined
  }

  /** What V8 made of this text, up to its salt, in another process. */
  get data(): Buffer | undefined {
    return this.#data
  }

  /** Tells of a script that was made with `data`. The last one is kept. */
  take(script: Script): void {
    this.#script = script
    if (!this.#key || !script.cachedDataRejected) return
    this.#data = undefined
    this.#cache.reject(this.#key)
  }

  /** Keeps the code of the functions that have run. */
  persist(): void {
    if (!this.#key || !this.#script) return
    const payload = this.#script.createCachedData()
    if (payload.length < (this.#data?.length ?? 0) * WORTH_KEEPING) return
    this.#data = payload
    this.#cache.put(this.#key, { facts: { ...this.emitted }, payload })
  }
}
