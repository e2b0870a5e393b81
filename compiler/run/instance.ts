/** One instance of a compiled query: a runner, its kernels, and the tier they are on. */
import type { CodeGeneration } from '../../codegen/js/link.ts'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import { literal, type Param, type Value } from '../../ir/expr/expr.ts'
import { printExpr } from '../../ir/expr/print.ts'
import { type BatchShape, type PlanProgram, shapeKey } from '../../ir/physical/program.ts'
import { Runner, type RunnerOutlets } from '../../runtime/dag/runner.ts'
import type { ResultMode } from '../../runtime/io/arrow/result.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { literalOf } from '../frontend/builder/expression.ts'
import type { ParamValues } from '../frontend/builder/types.ts'
import { type BaseTier, baseTier, CORE, InstanceKernels } from '../tiers.ts'
import type { Callbacks } from './callbacks.ts'
import type { OpenOptions } from './options.ts'

export interface InstanceOptions {
  readonly plan: CompiledPlan
  /** The parameters that a user can set, and the values of all there are. */
  readonly params: { readonly declared: readonly Param[]; readonly values: ReadonlyMap<string, Value> }
  readonly open: OpenOptions
  readonly callbacks: Callbacks
  readonly mode: ResultMode
}

export class Instance {
  readonly runner: Runner
  readonly #kernels: InstanceKernels
  readonly #options: InstanceOptions
  readonly #base: BaseTier
  /** The shapes that native code was asked for; undefined where there is nothing to wait for any more. */
  readonly #shapes = new Map<string, Promise<void> | undefined>()
  #wanted: Tier
  #tier: Tier
  #hasNativeCore = false
  /** Has something changed that the runner has not taken over yet? */
  #isStale = false

  constructor(options: InstanceOptions) {
    const { plan, params, open, callbacks, mode } = options
    this.#options = options
    this.#wanted = oneOf('tier', tierNames, open.tier ?? 'js')
    const generation = oneOf('codeGeneration', codeGenerations, open.codeGeneration ?? 'function')
    this.#base = baseTier(generation)
    this.#tier = this.#atOnce(this.#wanted)
    this.#kernels = new InstanceKernels(plan.tiers(generation), this.#base, this.#tier)
    const { program, limits } = plan.compilation
    const values = overridden(params, open.params ?? {})
    const kernels = this.#kernels
    const outlets = withOperators(callbacks, liftedFrom(program, params.declared), values)
    this.runner = new Runner({ program, limits, kernels, params: values, outlets, mode })
  }

  /** The tier that the next batch runs on. */
  get tier(): Tier {
    return this.#tier
  }

  /** Asks for a tier. It is there at the next batch, native code as soon as a batch has been prepared for. */
  want(tier: Tier): void {
    this.#wanted = oneOf('tier', tierNames, tier)
    this.#become(tier === 'native' && this.#hasNativeCore ? tier : this.#atOnce(tier))
  }

  /** What stands for a tier that is asked for while there is no native code. */
  #atOnce(wanted: Tier): BaseTier {
    if (wanted === 'interp') return wanted
    if (this.#base === 'interp') this.#report(codeGenerationForbidden(wanted))
    return this.#base
  }

  #become(tier: Tier): void {
    this.#tier = tier
    this.#isStale = true
  }

  /** Makes native code for a shape, once; undefined where there is nothing to wait for. Never rejects. */
  prepare(shape: BatchShape): Promise<void> | undefined {
    const key = shapeKey(shape)
    if (this.#wanted !== 'native' || this.#shapes.has(key)) return this.#shapes.get(key)
    const preparing = this.#makeNative(shape)
      .finally(() => this.#shapes.set(key, undefined))
      .catch(error => this.#fallBack(error))
    this.#shapes.set(key, preparing)
    return preparing
  }

  async #makeNative(shape: BatchShape): Promise<void> {
    const { pipelines } = this.#options.plan.compilation.program
    const { placements } = this.runner
    await this.#kernels.prepare(pipelines, CORE, placements)
    await this.#kernels.prepare(pipelines.slice(0, 1), shape, placements)
    this.#hasNativeCore = true
    if (this.#wanted === 'native') this.#become('native')
  }

  /** The plan goes on without native code until somebody asks for it again. */
  #fallBack(error: unknown): void {
    this.#shapes.clear()
    if (this.#wanted === 'native') {
      this.#wanted = this.#base
      this.#become(this.#base)
    }
    this.#report(error)
  }

  #report(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : 'LDB-8015'
    const message = error instanceof Error ? error.message : String(error)
    this.#options.callbacks.diagnostic({ code, message })
  }

  /** Between two batches: what was decided since takes effect, with state where it is. */
  switchTier(): void {
    if (!this.#isStale) return
    this.#isStale = false
    this.#kernels.use(this.#tier)
    this.runner.install()
  }
}

/** The operators of faults as the query wrote them: with the values of what was a literal in it. */
function withOperators(
  outlets: RunnerOutlets,
  lifted: readonly Param[],
  values: ReadonlyMap<string, Value>,
): RunnerOutlets {
  const written = lifted.map(param => ({
    param: printExpr(param),
    literal: printExpr(literal(values.get(param.name) ?? null, param.type)),
  }))
  const shown = (operator: string): string =>
    written.reduce((text, one) => text.replaceAll(one.param, () => one.literal), operator)
  return {
    result: batch => outlets.result(batch),
    late: batch => outlets.late(batch),
    faulty: ({ rows, faults }) =>
      outlets.faulty({ rows, faults: faults.map(fault => ({ ...fault, operator: shown(fault.operator) })) }),
  }
}

/** The parameters of a plan that nobody declared: they were literals. */
const liftedFrom = ({ params }: PlanProgram, declared: readonly Param[]): readonly Param[] =>
  params.slots
    .filter(({ column }) => !declared.some(({ name }) => name === column.name))
    .map(({ column: { name, type, nullable } }) => ({ kind: 'param', name, type, nullable }))

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
  { declared, values: built }: InstanceOptions['params'],
  given: ParamValues,
): ReadonlyMap<string, Value> {
  const values = new Map(built)
  for (const [name, value] of Object.entries(given)) {
    const param = declared.find(one => one.name === name)
    if (!param) {
      throw new MillraceError('LDB-0001', `the plan has no parameter '${name}'`, {
        fix: `its parameters are ${declared.map(one => one.name).join(', ') || 'none'}`,
      })
    }
    const expr = literalOf(value, param.type)
    if (expr.kind !== 'literal' || (expr.value === null && !param.nullable)) {
      throw new MillraceError('LDB-1201', `${String(value)} is no value of parameter '${name}'`)
    }
    values.set(name, expr.value)
  }
  return values
}
