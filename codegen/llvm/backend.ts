/**
 * The native back end: programs become machine code in a child process, or come from the cache, and are called in
 * this one. Where it cannot, it says so before any work is done, and the caller keeps its JavaScript.
 */
import { ABI_VERSION, type Placement } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import { visit } from '../../ir/kernel/build.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import type { OpName } from '../../ir/kernel/ops.ts'
import { opRow } from '../../ir/kernel/ops.ts'
import { sizeOf } from '../../ir/kernel/size.ts'
import type { CompiledProgram, Program } from '../backend.ts'
import type { CodeCache } from '../cache/code-cache.ts'
import { kernelTexts } from '../cache/identity.ts'
import { sharedCache } from '../cache/open.ts'
import { bindImage, type Life } from './bind.ts'
import { CompileClient, type Compiled } from './compile-client.ts'
import { dropObject, findObject, keepObject } from './kept-objects.ts'
import { type Image, linkObject } from './link.ts'
import type { CodeMemory } from './machine-memory.ts'
import type { CompileTimings, NativeText, Product, TargetFacts } from './protocol.ts'
import { entrySymbol } from './table.ts'
import { nativeRuntime, nativeTarget } from './target.ts'

export interface NativeProgram extends CompiledProgram {
  /** The relocatable object that the code was linked from; `openNative` takes it back. */
  readonly object: Uint8Array
  /** Frees the code. Kernels of the program throw from then on. */
  release(): void
}

export interface CompiledNative extends NativeProgram {
  readonly timings: CompileTimings
  readonly key: NativeKey
}

/** Size of the largest kernel that is compiled: LLVM takes some seconds for it. */
export const NATIVE_SIZE_MAX = 12_000

/** All that decides which object a program is compiled to. */
export interface NativeKey {
  readonly abi: number
  readonly kernels: readonly string[]
  readonly target: TargetFacts
}

let shared: CompileClient | undefined

/**
 * The program as it was compiled for this machine before, by whatever process: at once, and also where there is no
 * LLVM. Undefined where the cache has no good object of it. Never throws.
 */
export function findNative(program: Program, cache: CodeCache = sharedCache()): NativeProgram | undefined {
  if (!cache.isOn || !nativeRuntime().available) return undefined
  return findObject(cache, program, object => openNative(program, object))
}

/** Forgets the kept object of a program. */
export function dropNative(program: Program, cache: CodeCache = sharedCache()): void {
  dropObject(cache, program)
}

/**
 * Compiles a program for this machine, and keeps the object for processes to come. It does not look for one: that
 * is what `findNative` is for.
 * @throws MillraceError LDB-8016 where this machine or this program cannot be native, LDB-8015 where compiling failed
 */
export async function compileNative(
  program: Program,
  client?: CompileClient,
  cache: CodeCache = sharedCache(),
): Promise<CompiledNative> {
  const texts = kernelTexts(program.kernels)
  const { bytes, timings, facts, library } = await request(program, texts, 'object', client)
  const native = openNative(program, bytes)
  keepObject(cache, program, bytes, library, facts)
  return { ...native, timings, key: { abi: ABI_VERSION, kernels: texts, target: facts } }
}

/** The text of a program at one stage of native compilation, for people. Throws as `compileNative` does. */
export async function nativeText(
  program: Program,
  which: NativeText,
  client?: CompileClient,
): Promise<string> {
  const { bytes } = await request(program, kernelTexts(program.kernels), which, client)
  return Buffer.from(bytes).toString('utf8')
}

/**
 * Links an object that `compileNative` made of the same program on a machine of the same key.
 * @throws MillraceError LDB-8015 where the object is not usable
 */
export function openNative(program: Program, object: Uint8Array): NativeProgram {
  const image = link(program, object)
  const life: Life = { released: false }
  const pages = new Set<CodeMemory>()
  return {
    object,
    link(memory: Placement) {
      if (life.released) throw new Error(`native program ${program.name} is linked after it was released`)
      return bindImage(image, program.kernels, memory, life, pages)
    },
    release() {
      life.released = true
      for (const page of pages) page.release()
      pages.clear()
      image.release()
    },
  }
}

/** Ends the shared compile process. Later compilations start a new one. */
export async function closeNativeCompiler(): Promise<void> {
  const client = shared
  shared = undefined
  await client?.close()
}

function link(program: Program, object: Uint8Array): Image {
  try {
    const image = linkObject(object)
    checkEntries(program, image)
    return image
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MillraceError('LDB-8015', `the object cannot be linked: ${reason}`, { cause })
  }
}

/** An object without one of the kernels is told here, not when an instance is bound. */
function checkEntries({ kernels }: Program, image: Image): void {
  try {
    for (const { name } of kernels) image.entry(entrySymbol(name))
  } catch (error) {
    image.release()
    throw error
  }
}

function request(
  program: Program,
  texts: readonly string[],
  product: Product,
  client: CompileClient | undefined,
): Promise<Compiled> {
  const target = nativeTarget()
  if (!target.available) throw new MillraceError('LDB-8016', target.reason)
  const hostOp = findHostOp(program)
  if (hostOp) throw hostOnly(hostOp)
  for (const kernel of program.kernels) checkSize(kernel)
  return (client ?? sharedClient(target.library)).compile(texts, product)
}

/** Why what has such an op is not made native. */
export const hostOnly = (op: string): MillraceError =>
  new MillraceError('LDB-8016', `${op} is computed by JavaScript's own library`, {
    fix: 'nothing to do: the plan goes on in JavaScript, where the bits of this function are defined',
  })

function checkSize(kernel: Kernel): void {
  const size = sizeOf(kernel)
  if (size <= NATIVE_SIZE_MAX) return
  throw new MillraceError(
    'LDB-8016',
    `kernel ${kernel.name} has ${size} nodes, ${NATIVE_SIZE_MAX} is the most`,
    {
      fix: 'compute less in one query: part of it before, or in a query of its own',
    },
  )
}

function sharedClient(library: string): CompileClient {
  shared ??= new CompileClient(library)
  return shared
}

/** An op that has no native form, because its bits would differ. */
function findHostOp(program: Program): OpName | undefined {
  const found: OpName[] = []
  for (const kernel of program.kernels) {
    visit(
      kernel.body,
      () => {},
      expr => {
        if (expr.kind === 'op' && opRow(expr.op).host) found.push(expr.op)
      },
    )
  }
  return found[0]
}
