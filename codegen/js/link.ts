/**
 * Text to callable: the only place in the project that makes code from text. Each plan instance gets ONE closure
 * of a text of its own (a salt of constant length), because V8 embeds captured views as constants only for a
 * function with a single closure: 3x faster than views as parameters.
 */
import { Script } from 'node:vm'
import { generate } from 'astring'
import type { KernelFunction, Kernels, Placement } from '../../ir/abi.ts'
import { type CompiledProgram, type Program, regionOf } from '../backend.ts'
import { emitKernel, type View } from './emit.ts'
import { hostFunctions } from './host.ts'

/**
 * `function`: `new Function`, the default. `script`: `vm.Script`, which also works where a process forbids code
 * generation from strings; whoever chooses it goes round that rule knowingly.
 */
export type CodeGeneration = 'function' | 'script'

export interface JsProgram extends CompiledProgram {
  /** The generated JavaScript, without its salt. */
  readonly text: string
}

export function compileJs(program: Program, mode: CodeGeneration = 'function'): JsProgram {
  const emitted = program.kernels.map(emitKernel)
  const views = [...new Map(emitted.flatMap(one => one.views).map(view => [view.name, view])).values()]
  const names = program.kernels.map(kernel => kernel.name).join(', ')
  const bodies = emitted.map(one => generate(one.tree, { comments: true }))
  const text = [...bodies, `return { ${names} };`, ''].join('\n')
  return {
    text,
    link(memory) {
      const params = [...scratchNames, 'host', ...views.map(view => view.name)]
      const factory = factoryOf(program.name, params, text, mode)
      const kernels = factory(...scratchViews(), hostFunctions, ...views.map(view => viewOf(view, memory)))
      return new Map(Object.entries(kernels)) satisfies Kernels
    },
  }
}

type Factory = (
  ...captured: readonly (ArrayBufferView | typeof hostFunctions)[]
) => Record<string, KernelFunction>

let salt = 0

function factoryOf(name: string, params: readonly string[], text: string, mode: CodeGeneration): Factory {
  salt = (salt + 1) % 1e8
  const body = `'use strict';/*#${String(salt).padStart(8, '0')}*/\n${text}//# sourceURL=millrace:${name}.js`
  if (mode === 'script') {
    return new Script(`(function(${params.join(',')}){${body}\n})`).runInThisContext() as Factory
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
    factoryOf('probe', [], 'return {};', mode)
    return true
  } catch {
    return false
  }
}

const scratchNames = ['s64', 's32', 'sf'] as const

/** Three views of the words through which an i64 becomes words or a double. */
function scratchViews(): readonly ArrayBufferView[] {
  const buffer = new ArrayBuffer(64)
  return [new BigInt64Array(buffer), new Int32Array(buffer), new Float64Array(buffer)]
}

const constructors = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

/** A view of fixed length from its first byte to the end of its region. */
function viewOf(view: View, memory: Placement): ArrayBufferView {
  const { offset, bytes } = regionOf(memory, view.mem)
  const buffer = memory.buffer as ArrayBuffer
  if (view.type === 'view') return new DataView(buffer, offset, bytes)
  const View = constructors[view.type]
  return new View(buffer, offset + view.offset, Math.floor((bytes - view.offset) / View.BYTES_PER_ELEMENT))
}
