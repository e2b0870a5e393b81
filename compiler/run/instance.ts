/** One instance of a compiled query: a runner, its kernels, and the tier they are on. */
import type { CodeGeneration } from '../../codegen/js/link.ts'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Value } from '../../ir/expr/expr.ts'
import { type BatchShape, shapeKey } from '../../ir/physical/program.ts'
import { Runner } from '../../runtime/dag/runner.ts'
import type { ResultMode } from '../../runtime/io/arrow/result.ts'
import type { Compilation } from '../driver.ts'
import { literalOf } from '../frontend/builder/expression.ts'
import type { ParamValues } from '../frontend/builder/types.ts'
import { baseTier, CORE, type CompiledTiers, InstanceKernels } from '../tiers.ts'
import type { Callbacks } from './callbacks.ts'
import type { OpenOptions } from './options.ts'

export interface InstanceOptions {
  readonly compilation: Compilation
  readonly tiers: CompiledTiers
  readonly params: ReadonlyMap<string, Value>
  readonly open: OpenOptions
  readonly callbacks: Callbacks
  readonly mode: ResultMode
}

export class Instance {
  readonly runner: Runner
  readonly #kernels: InstanceKernels
  readonly #options: InstanceOptions
  /** The shapes that native code was asked for; undefined where there is nothing to wait for any more. */
  readonly #shapes = new Map<string, Promise<void> | undefined>()
  #tier: Tier
  #wantsNative: boolean
  #nativeArrived = false

  constructor(options: InstanceOptions) {
    const { compilation, tiers, params, open, callbacks, mode } = options
    this.#options = options
    const wanted = oneOf('tier', tierNames, open.tier ?? 'js')
    const base = baseTier(wanted, oneOf('codeGeneration', codeGenerations, open.codeGeneration ?? 'function'))
    if (base === 'interp' && wanted !== 'interp') this.#report(codeGenerationForbidden(wanted))
    this.#tier = base
    this.#wantsNative = wanted === 'native'
    this.#kernels = new InstanceKernels(tiers, base)
    const { program, limits } = compilation
    const values = overridden(params, open.params ?? {}, compilation)
    const kernels = this.#kernels
    this.runner = new Runner({ program, limits, kernels, params: values, outlets: callbacks, mode })
  }

  /** The tier that the next batch runs on. */
  get tier(): Tier {
    return this.#tier
  }

  /** Compiles natively what a shape needs, once; undefined where there is nothing to wait for. Never rejects. */
  prepare(shape: BatchShape): Promise<void> | undefined {
    const key = shapeKey(shape)
    if (!this.#wantsNative || this.#shapes.has(key)) return this.#shapes.get(key)
    const preparing = this.#compileNative(shape)
      .catch(error => this.#stayOnBase(error))
      .finally(() => this.#shapes.set(key, undefined))
    this.#shapes.set(key, preparing)
    return preparing
  }

  async #compileNative(shape: BatchShape): Promise<void> {
    const { pipelines } = this.#options.compilation.program
    await this.#kernels.prepare(pipelines, CORE)
    await this.#kernels.prepare(pipelines.slice(0, 1), shape)
    this.#nativeArrived = true
  }

  #stayOnBase(error: unknown): void {
    this.#wantsNative = false
    this.#report(error)
  }

  #report(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : 'LDB-8015'
    const message = error instanceof Error ? error.message : String(error)
    this.#options.callbacks.diagnostic({ code, message })
  }

  /** Between two batches: kernels that have arrived since take over, with state where it is. */
  switchTier(): void {
    if (!this.#nativeArrived) return
    this.#nativeArrived = false
    this.#tier = 'native'
    this.runner.install()
  }
}

const tierNames: readonly Tier[] = ['interp', 'js', 'native']
const codeGenerations: readonly CodeGeneration[] = ['function', 'script']

function oneOf<T extends string>(option: string, values: readonly T[], value: T): T {
  if (values.includes(value)) return value
  throw new MillraceError('LDB-0001', `${option} is '${String(value)}'`, { fix: `use ${values.join(', ')}` })
}

const codeGenerationForbidden = (wanted: Tier): MillraceError =>
  new MillraceError(
    'LDB-0007',
    wanted === 'native'
      ? 'the plan runs on the interpreter until it is compiled natively: this process forbids code generation'
      : 'the plan runs on the interpreter: this process forbids code generation',
  )

/** The values that a plan was built with, some of them replaced by values of the same types. */
function overridden(
  built: ReadonlyMap<string, Value>,
  given: ParamValues,
  { program }: Compilation,
): ReadonlyMap<string, Value> {
  const values = new Map(built)
  for (const [name, value] of Object.entries(given)) {
    const slot = program.params.slots.find(one => one.column.name === name)
    if (!slot) {
      const names = program.params.slots.map(one => one.column.name).join(', ') || 'none'
      throw new MillraceError('LDB-0001', `the plan has no parameter '${name}'`, {
        fix: `its parameters are ${names}`,
      })
    }
    const expr = literalOf(value, slot.column.type)
    if (expr.kind !== 'literal' || (expr.value === null && !slot.column.nullable)) {
      throw new MillraceError('LDB-1201', `${String(value)} is no value of parameter '${name}'`)
    }
    values.set(name, expr.value)
  }
  return values
}
