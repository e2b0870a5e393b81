/** A plan that was compiled once for all queries that ask for it: what each stage made, and its code on each tier. */
import type { CodeGeneration } from '../codegen/js/link.ts'
import type { Compilation } from './driver.ts'
import type { Verdict } from './tier-policy.ts'
import { CORE, CompiledTiers } from './tiers.ts'

export class CompiledPlan {
  readonly compilation: Compilation
  /** Which tier was the faster where both were measured. */
  verdict: Verdict | undefined
  readonly #tiers = new Map<CodeGeneration, CompiledTiers>()

  constructor(compilation: Compilation) {
    this.compilation = compilation
  }

  tiers(mode: CodeGeneration): CompiledTiers {
    const known = this.#tiers.get(mode) ?? new CompiledTiers(this.compilation.program, mode)
    this.#tiers.set(mode, known)
    return known
  }

  /** Is native code of its pipelines there, in this process or on disk? */
  hasNative(mode: CodeGeneration): boolean {
    return this.compilation.program.pipelines.every(pipeline => this.tiers(mode).nativeNow(pipeline, CORE))
  }
}
