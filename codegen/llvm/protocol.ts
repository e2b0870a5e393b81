/** What the engine and its compile child say to each other. All of it survives a structured clone. */

/** What a compilation can end in: code, or a text that explain shows. */
export type NativeText = 'llvm' | 'llvm-optimised' | 'assembly'
export type Product = 'object' | NativeText

export interface CompileRequest {
  readonly id: number
  /** Printed kernels (ir/kernel/print.ts): the child parses and verifies them again. */
  readonly kernels: readonly string[]
  readonly product: Product
  /** Processor time that the child may spend on this request before it ends itself. */
  readonly cpuLimitMs: number
}

/** Where the time of one compilation went, in the child. */
export interface CompileTimings {
  /** Kernel text to kernels, verified. */
  readonly readMs: number
  /** Kernels to LLVM text, through llvm-bindings. */
  readonly buildMs: number
  /** LLVM text to a verified module in libLLVM. */
  readonly parseMs: number
  readonly optimiseMs: number
  readonly emitMs: number
}

export type CompileReply =
  | {
      readonly kind: 'done'
      readonly id: number
      /** The object file, or UTF-8 text. */
      readonly bytes: Uint8Array
      readonly timings: CompileTimings
    }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }

/** What decides, beside kernel text and ABI version, which machine code comes out: parts of a cache key. */
export interface TargetFacts {
  /** File name and size of the libLLVM that was loaded. */
  readonly llvm: string
  readonly cpu: string
  readonly features: string
  /** The pass pipeline. */
  readonly passes: string
}

/** The first message of the child. */
export type Hello =
  | { readonly kind: 'ready'; readonly facts: TargetFacts }
  | { readonly kind: 'unavailable'; readonly reason: string }
