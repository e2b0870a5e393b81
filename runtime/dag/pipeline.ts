/** One running pipeline: its memory, its kernels, and what they say about how far they have come. */
import type { KernelFunction } from '../../ir/abi.ts'
import type { Growable, Limits, PipelineProgram } from '../../ir/physical/program.ts'
import type { PipelineMemory, PlanMemory } from '../memory/arena.ts'
import { controlOf, RowView } from '../memory/control.ts'
import type { NamedKernels } from './kernel-source.ts'

/** Times that one state may ask to grow for one row: the sweep of texts may take two turns. */
const GROW_ASKS_MAX = 3

/**
 * A kernel that V8 has just met is called for a few rows at a time. In a long call V8 would replace its code in the
 * middle of the loop, by code that does not know the arrays, and go on to use that at every call: half as fast.
 */
const YOUNG_BUDGET_ROWS = 64
/** Calls until all code that is worth it has been compiled, and after early surprises once more. */
const YOUNG_CALLS = 1024

export class Pipeline {
  readonly program: PipelineProgram
  readonly memory: PipelineMemory
  readonly control: RowView
  readonly time: RowView
  /** How far its rows may go, where it drops others. */
  readonly drift: RowView | undefined
  /** What it asks a table, where it does. */
  readonly lookup: RowView | undefined
  readonly #budgetRows: number
  readonly #youngCallsMax: number
  #kernels: NamedKernels = new Map()
  /** Calls until kernels get their full budget. */
  #youngCalls = 0
  /** The kernel that takes rows, and those calls for kernels that did so before. */
  #push: KernelFunction | undefined
  readonly #youngCallsOf = new WeakMap<KernelFunction, number>()
  /** How often each growable asked for the row at `#askedAt`. */
  readonly #asks: number[]
  /** By id. */
  readonly #growables: readonly Growable[]
  #askedAt = -1

  constructor(program: PipelineProgram, plan: PlanMemory, limits: Limits, youngCalls = YOUNG_CALLS) {
    this.program = program
    this.memory = plan.pipelines[program.id]
    this.control = controlOf(this.memory.placement)
    this.time = new RowView(this.memory.placement, program.time)
    this.drift = program.drift && new RowView(this.memory.placement, program.drift)
    this.lookup = program.lookup && new RowView(this.memory.placement, program.lookup.head)
    this.#asks = program.growables.map(() => 0)
    this.#growables = program.growables.toSorted((a, b) => a.id - b.id)
    this.#budgetRows = limits.budgetRows
    this.#youngCallsMax = youngCalls
    this.#writeFacts(plan, limits)
    this.rejuvenate()
  }

  /** Facts of the instance that kernels read from the control block. */
  #writeFacts(plan: PlanMemory, limits: Limits): void {
    const { control, memory } = this
    const sideRows = Math.max(limits.batchRows, limits.outputRows)
    control.set('out_room', limits.outputRows)
    control.set('late_room', sideRows)
    control.set('error_room', sideRows)
    control.set('scratch_base', memory.areas.scratch.offset)
    control.set('scratch_room', memory.areas.scratch.bytes)
    control.set('const_base', plan.constants.offset)
    control.set('heap_base', memory.areas.heap.offset)
    control.set('heap_limit', memory.areas.heap.bytes)
    control.set('limit', plan.stateRows)
  }

  /** Sets the kernels that do not depend on the shape of a batch; may be called between any two steps. */
  install(kernels: NamedKernels): void {
    this.#kernels = kernels
    this.rejuvenate()
  }

  /** Kernels come that have not run before. */
  rejuvenate(): void {
    this.#beYoungFor(this.#youngCallsMax)
  }

  /** Another kernel takes rows from now on. Batches of two shapes may come in turn: each kernel is young once. */
  takeRowsBy(push: KernelFunction): void {
    if (this.#push) this.#youngCallsOf.set(this.#push, this.#youngCalls)
    this.#push = push
    this.#beYoungFor(this.#youngCallsOf.get(push) ?? this.#youngCallsMax)
  }

  #beYoungFor(calls: number): void {
    this.#youngCalls = calls
    const most = calls === 0 ? this.#budgetRows : YOUNG_BUDGET_ROWS
    this.control.set('budget', Math.min(most, this.#budgetRows))
  }

  /** One of its kernels was called. */
  called(): void {
    if (this.#youngCalls === 0) return
    this.#youngCalls--
    if (this.#youngCalls === 0) this.control.set('budget', this.#budgetRows)
  }

  kernel(name: string): KernelFunction {
    const kernel = this.#kernels.get(name)
    if (!kernel) throw new Error(`pipeline ${this.program.id} has no kernel ${name}`)
    return kernel
  }

  /** The state that asked for room; counts the asks, so that one that cannot be helped is found out. */
  askedToGrow(): Growable {
    const id = this.control.get('need_region')
    const growable = this.#growables[id]
    if (!growable) throw new Error(`no growable state ${id}`)
    if (this.control.get('cursor') !== this.#askedAt) this.gotOn()
    this.#askedAt = this.control.get('cursor')
    this.#asks[id]++
    return growable
  }

  /** Has that state been grown for this row as often as can help? */
  isAtLimit(growable: Growable): boolean {
    return this.#asks[growable.id] >= GROW_ASKS_MAX
  }

  /** A kernel got on: what it asked for before helped. */
  gotOn(): void {
    this.#asks.fill(0)
    this.#askedAt = -1
  }
}
