/**
 * Text to callable: the only place in the project that makes code from text. Each plan instance gets ONE closure
 * of a text of its own (a salt of constant length), because V8 embeds captured views as constants only for a
 * function with a single closure: 3x faster than views as parameters. The constant length also lets all instances
 * start from the code that V8 kept of one of them.
 */
import { Script } from 'node:vm'
import { generate } from 'astring'
import type { KernelFunction, Kernels, Placement } from '../../ir/abi.ts'
import { fieldArrays } from '../../ir/layout.ts'
import { type CompiledProgram, type Program, regionOf } from '../backend.ts'
import type { CodeCache } from '../cache/code-cache.ts'
import { sharedCache } from '../cache/open.ts'
import { capturedName, emitKernel, helperNames, type View } from './emit.ts'
import { hostFunctions } from './host.ts'
import { type EmittedProgram, KeptCode } from './kept-code.ts'

/**
 * `function`: only where `new Function` is allowed, the default. `script`: also where a process forbids code generation
 * from strings; whoever chooses it goes round that rule knowingly. Code is a `vm.Script` either way, for V8's sake.
 */
export type CodeGeneration = 'function' | 'script'

export interface JsProgram extends CompiledProgram {
  /** The generated JavaScript, without its salt. */
  readonly text: string
  /**
   * Keeps the code for processes to come. Costs about a millisecond; a good moment is when some batches have been
   * taken. Does nothing where there is no cache, or where it has the code. Never throws.
   */
  persist(): void
}

export function compileJs(
  program: Program,
  mode: CodeGeneration = 'function',
  cache: CodeCache = sharedCache(),
): JsProgram {
  const kept = new KeptCode(program, cache, emitProgram)
  const { text, views } = kept.emitted
  const params = [...helperNames, ...views.map(view => view.name)].map(capturedName)
  return {
    text,
    wasKept: kept.data !== undefined,
    link(memory) {
      const factory = factoryOf({ name: program.name, params, text }, mode, kept)
      const kernels = factory(...helpers(), ...views.map(view => viewOf(view, memory)))
      return new Map(Object.entries(kernels)) satisfies Kernels
    },
    persist: () => kept.persist(),
  }
}

/** V8 takes a function in parentheses for one that is called at once: it reads it once, not twice. */
function emitProgram(program: Program): EmittedProgram {
  const emitted = program.kernels.map(emitKernel)
  const views = [...new Map(emitted.flatMap(one => one.views).map(view => [view.name, view])).values()]
  const functions = emitted.map(one => generate(one.tree, { comments: true }))
  const names = program.kernels.map(kernel => kernel.name)
  const kernels = functions.map((text, i) => `const ${names[i]} = (${text});`)
  return { text: [...kernels, `return { ${names.join(', ')} };`, ''].join('\n'), views }
}

type Factory = (
  ...captured: readonly (ArrayBufferView | typeof hostFunctions)[]
) => Record<string, KernelFunction>

interface Source {
  readonly name: string
  readonly params: readonly string[]
  readonly text: string
}

let salt = 0
/** Where generated code finds NaN (see spell.ts). */
const NAN_WORD = 7

/** V8 keeps its code for a script, not for a function; where strings may become code anyway, it goes round no rule. */
function factoryOf(source: Source, mode: CodeGeneration, kept?: KeptCode): Factory {
  const { name, params, text } = source
  salt = (salt + 1) % 1e8
  const body = `'use strict';/*#${String(salt).padStart(8, '0')}*/\n${text}//# sourceURL=millrace:${name}.js`
  if (mode === 'script' || (kept && canGenerateCode(mode))) {
    const script = new Script(`(function(${params.join(',')}){${body}\n})`, { cachedData: kept?.data })
    kept?.take(script)
    return script.runInThisContext() as Factory
  }
  // The one place where code is made from text: the text is what astring printed from our own tree.
  return new Function(...params, body) as Factory
}

/** Can this process make code from strings? Asked once. */
export function canGenerateCode(mode: CodeGeneration = 'function'): boolean {
  probed[mode] ??= probe(mode)
  return probed[mode]
}

const probed: { [mode in CodeGeneration]?: boolean } = {}

function probe(mode: CodeGeneration): boolean {
  try {
    factoryOf({ name: 'probe', params: [], text: 'return {};' }, mode)
    return true
  } catch {
    return false
  }
}

/**
 * Three views of the words through which an i64 becomes words or a double, and the host. One word is always NaN: only
 * what comes from an array is a double to V8 in all of its code, any other constant it may box. Another is always 0.
 */
function helpers(): readonly (ArrayBufferView | typeof hostFunctions)[] {
  const buffer = new ArrayBuffer(128)
  const doubles = new Float64Array(buffer)
  doubles[NAN_WORD] = Number.NaN
  return [new BigInt64Array(buffer), new Int32Array(buffer), doubles, hostFunctions]
}

/** A view of fixed length from its first byte to the end of its region. */
function viewOf(view: View, memory: Placement): ArrayBufferView {
  const { offset, bytes } = regionOf(memory, view.mem)
  const buffer = memory.buffer as ArrayBuffer
  if (view.type === 'view') return new DataView(buffer, offset, bytes)
  const View = fieldArrays[view.type]
  return new View(buffer, offset + view.offset, Math.floor((bytes - view.offset) / View.BYTES_PER_ELEMENT))
}
