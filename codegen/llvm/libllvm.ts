/**
 * libLLVM through its C API: LLVM text in, machine code out. Only the compile child loads it. A failure that LLVM
 * reports becomes an Error here; one that it does not survive ends the child, which the engine is built for.
 */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { type Ffi, type FfiFunction, type FfiType, loadFfi } from './ffi.ts'
import type { CompileTimings, Product, TargetFacts } from './protocol.ts'
import { TRIPLE } from './seed.ts'

/**
 * Measured on a group-by, a sum, a map and a compaction: O3 and straight-line vectorisation change nothing; without
 * loop unrolling compilation takes half the time, but the compaction a tenth to a third more.
 */
const PASSES = 'default<O2>'

/** Drops what the seed offers and nobody uses; enough for a text that is only to be read. */
const SWEEP = 'globaldce,strip-dead-prototypes'

/** What the compiler may assume of a function that takes one pointer per region. */
export interface BodyFacts {
  readonly symbol: string
  /** For each parameter the bytes that are surely there, 0 where nothing is known. */
  readonly dereferenceable: readonly number[]
}

export interface LlvmJob {
  readonly text: string
  readonly bodies: readonly BodyFacts[]
  readonly product: Product
}

export interface LlvmResult {
  readonly bytes: Uint8Array
  readonly timings: Pick<CompileTimings, 'parseMs' | 'optimiseMs' | 'emitMs'>
}

/** Stands in the object; the file that the seed came from would be another one in each process. */
const SOURCE_NAME = 'millrace'

type Pointer = bigint
const POINTER = 'void *'

const CODEGEN_LEVEL_DEFAULT = 2
const POSITION_INDEPENDENT = 2
const CODE_MODEL_DEFAULT = 0
const ASSEMBLY_FILE = 0
const OBJECT_FILE = 1
const RETURN_STATUS = 2
const FUNCTION_INDEX = 0xffffffff

const signatures = (ffi: Ffi) => {
  const result = ffi.out(ffi.pointer(POINTER))
  return {
    LLVMInitializeX86TargetInfo: ['void', []],
    LLVMInitializeX86Target: ['void', []],
    LLVMInitializeX86TargetMC: ['void', []],
    LLVMInitializeX86AsmPrinter: ['void', []],
    LLVMGetHostCPUName: ['str', []],
    LLVMGetHostCPUFeatures: ['str', []],
    LLVMGetTargetFromTriple: ['int', ['str', result, result]],
    LLVMCreateTargetMachine: [POINTER, [POINTER, 'str', 'str', 'str', 'int', 'int', 'int']],
    LLVMCreateTargetDataLayout: [POINTER, [POINTER]],
    LLVMSetModuleDataLayout: ['void', [POINTER, POINTER]],
    LLVMSetSourceFileName: ['void', [POINTER, 'str', 'size_t']],
    LLVMContextCreate: [POINTER, []],
    LLVMContextDispose: ['void', [POINTER]],
    LLVMCreateMemoryBufferWithMemoryRangeCopy: [POINTER, [POINTER, 'size_t', 'str']],
    LLVMGetBufferStart: [POINTER, [POINTER]],
    LLVMGetBufferSize: ['size_t', [POINTER]],
    LLVMDisposeMemoryBuffer: ['void', [POINTER]],
    LLVMParseIRInContext: ['int', [POINTER, POINTER, result, result]],
    LLVMVerifyModule: ['int', [POINTER, 'int', result]],
    LLVMPrintModuleToString: [POINTER, [POINTER]],
    LLVMDisposeMessage: ['void', [POINTER]],
    LLVMGetNamedFunction: [POINTER, [POINTER, 'str']],
    LLVMGetEnumAttributeKindForName: ['uint', ['str', 'size_t']],
    LLVMCreateEnumAttribute: [POINTER, [POINTER, 'uint', 'uint64']],
    LLVMAddAttributeAtIndex: ['void', [POINTER, 'uint', POINTER]],
    LLVMCreatePassBuilderOptions: [POINTER, []],
    LLVMDisposePassBuilderOptions: ['void', [POINTER]],
    LLVMRunPasses: [POINTER, [POINTER, 'str', POINTER, POINTER]],
    LLVMGetErrorMessage: [POINTER, [POINTER]],
    LLVMDisposeErrorMessage: ['void', [POINTER]],
    LLVMTargetMachineEmitToMemoryBuffer: ['int', [POINTER, POINTER, 'int', result, result]],
  } as const satisfies Record<string, readonly [FfiType, readonly FfiType[]]>
}

type Api = Readonly<Record<keyof ReturnType<typeof signatures>, FfiFunction>>

function bindApi(ffi: Ffi, library: string): Api {
  const lib = ffi.load(library)
  const bound = Object.entries(signatures(ffi)).map(([name, [result, args]]) => [
    name,
    lib.func(name, result, args),
  ])
  return Object.fromEntries(bound) as Api
}

export class LibLlvm {
  readonly facts: TargetFacts
  readonly #ffi: Ffi
  readonly #api: Api
  readonly #machine: Pointer
  readonly #dataLayout: Pointer

  /** `library` is the name of a libLLVM that the system's loader finds. */
  constructor(library: string) {
    const ffi = loadFfi()
    const api = bindApi(ffi, library)
    this.#ffi = ffi
    this.#api = api
    api.LLVMInitializeX86TargetInfo()
    api.LLVMInitializeX86Target()
    api.LLVMInitializeX86TargetMC()
    api.LLVMInitializeX86AsmPrinter()
    const cpu = String(api.LLVMGetHostCPUName())
    const features = String(api.LLVMGetHostCPUFeatures())
    this.facts = { llvm: fileBehind(library), cpu, features, passes: PASSES }
    this.#machine = this.#createMachine(cpu, features)
    this.#dataLayout = api.LLVMCreateTargetDataLayout(this.#machine) as Pointer
  }

  compile(job: LlvmJob): LlvmResult {
    const api = this.#api
    const context = api.LLVMContextCreate() as Pointer
    try {
      return this.#compileIn(context, job)
    } finally {
      // Takes the module with it.
      api.LLVMContextDispose(context)
    }
  }

  #compileIn(context: Pointer, { text, bodies, product }: LlvmJob): LlvmResult {
    const start = performance.now()
    const module = this.#parse(context, text)
    for (const body of bodies) this.#decorate(context, module, body)
    this.#verify(module)
    const parsed = performance.now()
    this.#run(module, product === 'llvm' ? SWEEP : PASSES)
    const optimised = performance.now()
    const bytes = this.#produce(module, product)
    return {
      bytes,
      timings: {
        parseMs: parsed - start,
        optimiseMs: optimised - parsed,
        emitMs: performance.now() - optimised,
      },
    }
  }

  #createMachine(cpu: string, features: string): Pointer {
    const target = out()
    const message = out()
    if (this.#api.LLVMGetTargetFromTriple(TRIPLE, target, message)) throw new Error(this.#take(message[0]))
    return this.#api.LLVMCreateTargetMachine(
      target[0],
      TRIPLE,
      cpu,
      features,
      CODEGEN_LEVEL_DEFAULT,
      POSITION_INDEPENDENT,
      CODE_MODEL_DEFAULT,
    ) as Pointer
  }

  #parse(context: Pointer, text: string): Pointer {
    const bytes = Buffer.from(text)
    const buffer = this.#api.LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes, bytes.length, 'kernels')
    const module = out()
    const message = out()
    if (this.#api.LLVMParseIRInContext(context, buffer, module, message)) {
      throw new Error(`LLVM cannot read its text: ${this.#take(message[0])}`)
    }
    this.#api.LLVMSetModuleDataLayout(module[0], this.#dataLayout)
    this.#api.LLVMSetSourceFileName(module[0], SOURCE_NAME, SOURCE_NAME.length)
    return module[0]
  }

  /** Regions never overlap: without that no load could leave a loop that stores. */
  #decorate(context: Pointer, module: Pointer, { symbol, dereferenceable }: BodyFacts): void {
    const fn = this.#api.LLVMGetNamedFunction(module, symbol)
    if (!fn) throw new Error(`LLVM text has no function ${symbol}`)
    const add = (index: number, name: string, value = 0): void => {
      const kind = this.#api.LLVMGetEnumAttributeKindForName(name, name.length)
      this.#api.LLVMAddAttributeAtIndex(fn, index, this.#api.LLVMCreateEnumAttribute(context, kind, value))
    }
    // Inlined into its entry the body would keep these facts only as scopes, which later passes read less well.
    add(FUNCTION_INDEX, 'noinline')
    dereferenceable.forEach((bytes, i) => {
      add(i + 1, 'noalias')
      if (bytes > 0) add(i + 1, 'dereferenceable', bytes)
    })
  }

  #verify(module: Pointer): void {
    const message = out()
    const broken = this.#api.LLVMVerifyModule(module, RETURN_STATUS, message)
    const reason = this.#take(message[0])
    if (broken) throw new Error(`LLVM refuses the module: ${reason}`)
  }

  #run(module: Pointer, passes: string): void {
    const api = this.#api
    const options = api.LLVMCreatePassBuilderOptions()
    const error = api.LLVMRunPasses(module, passes, this.#machine, options) as Pointer | null
    api.LLVMDisposePassBuilderOptions(options)
    if (!error) return
    const message = api.LLVMGetErrorMessage(error)
    const reason = this.#ffi.decode.string(message)
    api.LLVMDisposeErrorMessage(message)
    throw new Error(`LLVM cannot optimise: ${reason}`)
  }

  #produce(module: Pointer, product: Product): Uint8Array {
    switch (product) {
      case 'llvm':
      case 'llvm-optimised':
        return Buffer.from(this.#take(this.#api.LLVMPrintModuleToString(module) as Pointer))
      case 'assembly':
        return this.#emit(module, ASSEMBLY_FILE)
      case 'object':
        return this.#emit(module, OBJECT_FILE)
    }
  }

  #emit(module: Pointer, kind: number): Uint8Array {
    const api = this.#api
    const buffer = out()
    const message = out()
    if (api.LLVMTargetMachineEmitToMemoryBuffer(this.#machine, module, kind, message, buffer)) {
      throw new Error(`LLVM cannot emit: ${this.#take(message[0])}`)
    }
    const size = Number(api.LLVMGetBufferSize(buffer[0]))
    const bytes = new Uint8Array(this.#ffi.view(api.LLVMGetBufferStart(buffer[0]), size)).slice()
    api.LLVMDisposeMemoryBuffer(buffer[0])
    return bytes
  }

  /** Copies a string of LLVM's and frees it. */
  #take(message: Pointer): string {
    const text = this.#ffi.decode.string(message)
    this.#api.LLVMDisposeMessage(message)
    return text
  }
}

/** A place for a pointer that LLVM gives back. */
const out = (): [Pointer] => [0n]

/** Name and size of the file behind a library's name, which alone tells only the major version. */
function fileBehind(library: string): string {
  const maps = readFileSync('/proc/self/maps', 'utf8')
  const path = maps.match(/\/\S*libLLVM[^/\s]*$/m)?.[0]
  return path ? `${basename(path)} ${statSync(path).size}` : library
}
