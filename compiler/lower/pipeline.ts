/** A pipeline becomes kernels: init, one push for each shape of batch, advance, and one for each growable state. */
import { controlBlock, Status } from '../../ir/abi.ts'
import { bool, i32, KernelBuilder, le, load } from '../../ir/kernel/build.ts'
import type { Kernel, Mem } from '../../ir/kernel/node.ts'
import type { OpName } from '../../ir/kernel/ops.ts'
import { idleMsOf, type Source } from '../../ir/logical/source.ts'
import {
  type Alignment,
  type BatchShape,
  type ClockMark,
  type FixedRegion,
  MEET,
  type PipelineProgram,
  shapeKey,
  WIDEST,
} from '../../ir/physical/program.ts'
import { findColumn } from '../../ir/schema.ts'
import { isTimestamp, ticksPerSecond, unitOf } from '../../ir/types.ts'
import { handsOn, type PipelineSpec } from '../plan/split-pipelines.ts'
import { driftRegion, initTime, raiseNow, timeRegion } from './event-time.ts'
import { finish, renamed } from './finish.ts'
import { hostOpsOf } from './host-ops.ts'
import type { FrameOptions } from './kernel-frame.ts'
import type { Leave } from './lib/control.ts'
import { Emitter } from './output.ts'
import { type PipelineOptions, PipelineParts, runStages } from './parts.ts'
import { lowerEdgePush, lowerPush, pushName } from './push.ts'
import { type Row, type RowScope, Scratch } from './scope.ts'
import type { EmitEach, StatefulStage } from './stage.ts'
import { faultsOf, withoutFaults } from './value.ts'

/** A row that an operator emits: its columns, which may have faults, and what the operator is called. */
interface Emitted {
  readonly columns: Parameters<EmitEach>[0]
  readonly operator: string
  readonly follows: boolean
}

export function lowerPipeline(spec: PipelineSpec, options: PipelineOptions): PipelineProgram {
  return new PipelineLowering(new PipelineParts(spec, options)).program()
}

class PipelineLowering {
  readonly #parts: PipelineParts
  readonly #pushes = new Map<string, Kernel>()

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  program(): PipelineProgram {
    const { source, from, id, inputSchema } = this.#parts.spec
    const grow = this.#parts.growables
    const core = [...this.#edges(), this.#init(), ...this.#advance(), ...grow.map(one => this.#grow(one))]
    const widest = source ? [lowerPush(this.#parts, WIDEST)] : []
    const kernels = core.map(finish)
    const push = (shape: BatchShape): Kernel => this.#pushFor(shape, widest)
    return {
      id,
      input: source
        ? {
            kind: 'source',
            name: source.name,
            schema: inputSchema,
            time: source.watermark?.column,
            follows: clockOf(source),
            idleMs: idleOf(source),
            alignment: alignmentOf(source),
          }
        : { kind: 'edge', from: from.map(one => one.id), schema: inputSchema },
      columns: this.#parts.input.columns,
      kernels,
      push,
      hostOps: this.#hostOps([...core, ...widest], () => [...kernels, ...(source ? [push(WIDEST)] : [])]),
      regions: this.#regions(),
      growables: grow.map(one => one.growable),
      output: this.#parts.output,
      time: timeRegion,
      deadline: this.#parts.stateful?.deadline,
      inputTimes: this.#parts.inputTimes?.mem,
      advances: this.#parts.stateful !== undefined,
      onlySweeps: this.#parts.onlySweeps,
      partitions: this.#parts.partitions?.places,
      drift: this.#drift,
      handsOn: handsOn(this.#parts.spec),
      operators: this.#parts.operators.list(),
      counts: this.#parts.counts?.mem,
    }
  }

  /** Passes may find that an op is not needed: they run where there is one. */
  #hostOps(raw: readonly Kernel[], finished: () => readonly Kernel[]): readonly OpName[] {
    return hostOpsOf(raw).length > 0 ? hostOpsOf(finished()) : []
  }

  /** Takes the rows of each pipeline that it reads; where there are several, their watermarks meet. */
  #edges(): readonly Kernel[] {
    const { edges, inputTimes } = this.#parts
    const pushes = edges.map((_, n) => lowerEdgePush(this.#parts, n))
    if (!inputTimes) return pushes
    const k = new KernelBuilder(MEET)
    inputTimes.meet(k, () => {})
    k.return(i32(Status.ok))
    return [...pushes, k.finish()]
  }

  get #drift(): Mem | undefined {
    return this.#parts.spec.source?.watermark?.alignment?.policy === 'drop' ? driftRegion : undefined
  }

  #regions(): readonly FixedRegion[] {
    const { batchRows, outputRows, dictionaryRows } = this.#parts.options.limits
    const { sideRows } = this.#parts
    const stages = [...this.#parts.head, ...this.#parts.tail].flatMap(stage => stage.mems ?? [])
    const times = [timeRegion, this.#drift, this.#parts.inputTimes?.mem].filter(mem => mem !== undefined)
    const single = [controlBlock, ...times, ...stages].map(mem => ({ mem, rows: 1 }))
    const dictionaries = this.#parts.input.columns.flatMap(({ dictionary }) =>
      dictionary ? [{ mem: dictionary, rows: dictionaryRows + 1 }] : [],
    )
    const { edges } = this.#parts
    const input =
      edges.length > 0
        ? edges.map(mem => ({ mem, rows: outputRows + 1 }))
        : [{ mem: this.#parts.input.data, rows: batchRows + 1 }]
    return [
      ...single,
      ...this.#parts.sourceMems.map(mem => ({ mem, rows: 1 })),
      ...(this.#parts.stateful?.regions ?? []),
      { mem: this.#parts.input.meta, rows: 1 },
      ...input,
      ...dictionaries,
      { mem: this.#parts.out, rows: outputRows + 1 },
      { mem: this.#parts.sides.late, rows: sideRows },
      { mem: this.#parts.sides.errors, rows: sideRows },
      ...(this.#parts.counts ? [this.#parts.counts] : []),
    ]
  }

  #init(): Kernel {
    const k = new KernelBuilder('init')
    initTime(k)
    this.#parts.partitions?.init(k)
    this.#parts.inputTimes?.init(k)
    this.#parts.stateful?.init(k)
    k.return(i32(Status.ok))
    return k.finish()
  }

  #grow({ growable, grow }: StatefulStage['growables'][number]): Kernel {
    const k = new KernelBuilder(growable.kernel)
    k.note(`make room in ${growable.name}`)
    grow(k)
    k.return(i32(Status.ok))
    return k.finish()
  }

  /** Made once for each shape. The widest was lowered already, to learn whether the plan can be. */
  #pushFor(shape: BatchShape, [widest]: readonly Kernel[]): Kernel {
    const key = shapeKey(shape)
    const kernel =
      this.#pushes.get(key) ?? finish(this.#isWidest(shape) ? widest : lowerPush(this.#parts, shape))
    this.#pushes.set(key, kernel)
    return renamed(kernel, pushName(shape))
  }

  /** Is a batch of that shape read as one of the widest is? Without columns for nulls all are dense. */
  #isWidest({ dictionaries, dense }: BatchShape): boolean {
    const nullable = this.#parts.input.columns.some(({ column }) => column.nullable)
    return dictionaries.length === 0 && !(dense && nullable)
  }

  #advance(): readonly Kernel[] {
    const { stateful, partitions, onlySweeps } = this.#parts
    if (!stateful && !onlySweeps) return []
    const k = new KernelBuilder('advance')
    partitions?.sweep(k, to => raiseNow(k, to))
    if (stateful) this.#emitDue(k, stateful)
    k.return(i32(Status.ok))
    return [k.finish()]
  }

  #emitDue(k: KernelBuilder, stateful: StatefulStage): void {
    const emitter = new Emitter(k, this.#parts.out, this.#parts.output, {
      masked: false,
      mark: 'out_wm',
    })
    k.markHead()
    const leave: Leave = status => {
      emitter.save()
      k.return(i32(status))
    }
    stateful.advance(k, leave, (columns, operator, follows = false) =>
      this.#emitted(k, { columns, operator, follows }, emitter, leave),
    )
    stateful.passWatermark(k)
    emitter.save()
  }

  /** A row that the stateful operator emits, on its way through the operators after it. */
  #emitted(
    k: KernelBuilder,
    { columns: read, operator, follows }: Emitted,
    emitter: Emitter,
    leave: Leave,
  ): void {
    if (!follows) k.if(le(emitter.room, i32(0)), () => leave(Status.full))
    const { head } = this.#parts.spec
    k.block('result', resultLabel => {
      const scratch = new Scratch(k, leave)
      const columns = read({ plan: this.#parts.options.plan, scratch })
      const faults = faultsOf([...columns.values()])
      const refusal = faults.length > 0 ? this.#parts.count(k, head.length + 1) : undefined
      this.#scope({ k, leave, scratch, rowLabel: resultLabel, count: refusal }).reject(
        faults,
        bool(true),
        operator,
      )
      const count = this.#parts.count(k, head.length + 2)
      k.block('row', rowLabel => {
        const cx = this.#scope({ k, leave, scratch, rowLabel, count })
        const end = (row: Row): void => emitter.emit(row, i32(-1), cx.scratch)
        runStages(this.#parts.tail, cx, { columns: withoutFaults(columns), mask: bool(true) }, end, count)
      })
      count?.settle()
    })
  }

  #scope(frame: Pick<FrameOptions, 'k' | 'leave' | 'scratch' | 'rowLabel' | 'count'>): RowScope {
    return this.#parts.scope({
      ...frame,
      rowNumber: i32(-1),
      input: 0,
      arrival: load(controlBlock, 'first_row'),
      ahead: undefined,
      masked: false,
      lane: undefined,
      stopIfDue: () => {},
      leaveIfDue: () => {},
      endCall: () => {},
      spend: () => {},
      hasPassedOwn: undefined,
    })
  }
}

/** How the watermark of a source follows the clock, where it does. */
function clockOf({ watermark, relation }: Source): ClockMark | undefined {
  const type = watermark && findColumn(relation.schema, watermark.column)?.type
  if (watermark?.follows !== 'clock' || !type || !isTimestamp(type)) return undefined
  return { ticksPerSecond: ticksPerSecond[unitOf(type)], delayTicks: watermark.delayTicks }
}

const alignmentOf = ({ watermark }: Source): Alignment | undefined =>
  watermark?.alignment && { ...watermark.alignment, delayTicks: watermark.delayTicks }

function idleOf({ watermark }: Source): number | undefined {
  const idleMs = watermark && idleMsOf(watermark)
  return idleMs === undefined ? undefined : Number(idleMs)
}
