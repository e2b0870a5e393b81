/** One running pipeline: its memory, its kernels, and what they say about how far they have come. */
import type { KernelFunction, Kernels } from '../../ir/abi.ts'
import type { Growable, Limits, PipelineProgram } from '../../ir/physical/program.ts'
import type { PipelineMemory, PlanMemory } from '../memory/arena.ts'
import { controlOf, RowView } from '../memory/control.ts'

/** Times that one state may ask to grow for one row: the sweep of texts may take two turns. */
const GROW_ASKS_MAX = 3

export class Pipeline {
  readonly program: PipelineProgram
  readonly memory: PipelineMemory
  readonly control: RowView
  readonly time: RowView
  #kernels: Kernels = new Map()
  /** How often each growable asked for the row at `#askedAt`. */
  readonly #asks: number[]
  /** By id. */
  readonly #growables: readonly Growable[]
  #askedAt = -1

  constructor(program: PipelineProgram, plan: PlanMemory, limits: Limits) {
    this.program = program
    this.memory = plan.pipelines[program.id]
    this.control = controlOf(this.memory.placement)
    this.time = new RowView(this.memory.placement, program.time)
    this.#asks = program.growables.map(() => 0)
    this.#growables = program.growables.toSorted((a, b) => a.id - b.id)
    this.#writeFacts(plan, limits)
  }

  /** Facts of the instance that kernels read from the control block. */
  #writeFacts(plan: PlanMemory, limits: Limits): void {
    const { control, memory } = this
    const sideRows = Math.max(limits.batchRows, limits.outputRows)
    control.set('budget', limits.budgetRows)
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
  install(kernels: Kernels): void {
    this.#kernels = kernels
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
