/** A pipeline becomes kernels: init, one push for each shape of batch, advance, and one for each growable state. */
import { controlBlock, Status } from '../../ir/abi.ts'
import {
  add,
  and,
  bool,
  eq,
  ge,
  gt,
  i32,
  KernelBuilder,
  le,
  load,
  lt,
  min32,
  op,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, Kernel, Local, Mem } from '../../ir/kernel/node.ts'
import {
  type BatchLimits,
  type BatchShape,
  type FixedRegion,
  type PipelineProgram,
  shapeKey,
  WIDEST,
} from '../../ir/physical/program.ts'
import { isCheap, outputColumns, readColumns } from '../plan/needed-columns.ts'
import type { PipelineSpec, RowOperator } from '../plan/split-pipelines.ts'
import { AggregateStage } from './aggregate.ts'
import {
  advanceWatermark,
  dropNullTime,
  initTime,
  passWatermark,
  timeRegion,
  watermark,
} from './event-time.ts'
import type { RowColumns } from './expr/index.ts'
import { lowerFilter } from './filter.ts'
import { finish, renamed } from './finish.ts'
import { hostOpsOf } from './host-ops.ts'
import { type InputLayout, layoutInput, readEdge, readInput } from './input.ts'
import { type FrameOptions, OperatorNames, rowScope, type SideOutputs } from './kernel-frame.ts'
import type { Leave } from './lib/control.ts'
import { Emitter, errorRegion, lateRegion, layoutOutput } from './output.ts'
import { lowerProject } from './project.ts'
import { countsRegion, RowCount } from './row-counts.ts'
import type { PlanScope, Row, RowScope } from './scope.ts'
import type { Miss, Stage, StatefulStage } from './stage.ts'
import { lowerWindow } from './window.ts'

export interface PipelineOptions {
  readonly plan: PlanScope
  readonly limits: BatchLimits
  /** Does another pipeline read the output? */
  readonly feedsPipeline: boolean
  /** Do kernels count the rows of each operator? */
  readonly counts: boolean
}

export function lowerPipeline(spec: PipelineSpec, options: PipelineOptions): PipelineProgram {
  return new PipelineLowering(spec, options).program()
}

class PipelineLowering {
  readonly #spec: PipelineSpec
  readonly #options: PipelineOptions
  readonly #output: PipelineProgram['output']
  readonly #input: InputLayout
  readonly #edge: Mem | undefined
  readonly #out: Mem
  readonly #sides: SideOutputs
  readonly #head: readonly Stage[]
  readonly #tail: readonly Stage[]
  readonly #stateful: StatefulStage | undefined
  readonly #operators = new OperatorNames()
  readonly #counts: FixedRegion | undefined
  readonly #masked: boolean
  readonly #pushes = new Map<string, Kernel>()

  constructor(spec: PipelineSpec, options: PipelineOptions) {
    const { limits } = options
    this.#spec = spec
    this.#options = options
    this.#output = outputColumns(spec, options.feedsPipeline)
    this.#input = layoutInput(spec.source ? readColumns(spec, this.#output) : [], limits)
    this.#edge = spec.source ? undefined : edgeInput(spec, limits)
    this.#out = layoutOutput(this.#output, limits.outputRows)
    const sideRows = Math.max(limits.batchRows, limits.outputRows)
    this.#sides = { late: lateRegion(sideRows), errors: errorRegion(sideRows) }
    this.#head = spec.head.map(lowerRowOperator)
    this.#tail = spec.tail.map((node, i) => lowerRowOperator(node, spec.head.length + i))
    this.#stateful = spec.stateful && new AggregateStage(spec.stateful, watermark)
    this.#masked = (this.#stateful?.masked ?? true) && isCheap(spec.head)
    this.#counts = options.counts ? countsRegion(spec) : undefined
  }

  program(): PipelineProgram {
    const { source, id, inputSchema } = this.#spec
    const grow = this.#stateful?.growables ?? []
    const core = [this.#init(), ...this.#advance(), ...grow.map(one => this.#grow(one))]
    const widest = this.#push(WIDEST)
    const kernels = core.map(finish)
    const push = (shape: BatchShape): Kernel => this.#pushFor(shape, widest)
    return {
      id,
      input: source
        ? { kind: 'source', name: source.name, schema: inputSchema, time: source.watermark?.column }
        : { kind: 'edge', pipeline: id - 1, schema: inputSchema },
      columns: this.#input.columns,
      kernels,
      push,
      hostOps: hostOpsOf([...core, widest]).length > 0 ? hostOpsOf([...kernels, push(WIDEST)]) : [],
      regions: this.#regions(),
      growables: grow.map(one => one.growable),
      output: this.#output,
      time: timeRegion,
      advances: this.#stateful !== undefined,
      operators: this.#operators.list(),
      counts: this.#counts?.mem,
    }
  }

  #regions(): readonly FixedRegion[] {
    const { batchRows, outputRows, dictionaryRows } = this.#options.limits
    const sideRows = Math.max(batchRows, outputRows)
    const stages = [...this.#head, ...this.#tail].flatMap(stage => stage.mems ?? [])
    const single = [controlBlock, timeRegion, ...stages].map(mem => ({ mem, rows: 1 }))
    const dictionaries = this.#input.columns.flatMap(({ dictionary }) =>
      dictionary ? [{ mem: dictionary, rows: dictionaryRows + 1 }] : [],
    )
    const input = this.#edge
      ? { mem: this.#edge, rows: outputRows + 1 }
      : { mem: this.#input.data, rows: batchRows + 1 }
    return [
      ...single,
      ...(this.#stateful?.regions ?? []),
      { mem: this.#input.meta, rows: 1 },
      input,
      ...dictionaries,
      { mem: this.#out, rows: outputRows + 1 },
      { mem: this.#sides.late, rows: sideRows },
      { mem: this.#sides.errors, rows: sideRows },
      ...(this.#counts ? [this.#counts] : []),
    ]
  }

  #init(): Kernel {
    const k = new KernelBuilder('init')
    initTime(k)
    this.#stateful?.init(k)
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
  #pushFor(shape: BatchShape, widest: Kernel): Kernel {
    const key = shapeKey(shape)
    const kernel = this.#pushes.get(key) ?? finish(this.#isWidest(shape) ? widest : this.#push(shape))
    this.#pushes.set(key, kernel)
    return renamed(kernel, pushName(shape))
  }

  /** Is a batch of that shape read as one of the widest is? Without columns for nulls all are dense. */
  #isWidest({ dictionaries, dense }: BatchShape): boolean {
    const nullable = this.#input.columns.some(({ column }) => column.nullable)
    return dictionaries.length === 0 && !(dense && nullable)
  }

  #push(shape: BatchShape): Kernel {
    const k = new KernelBuilder(pushName(shape))
    const stateful = this.#stateful
    const i = k.let('i', load(controlBlock, 'cursor'))
    const rows = k.let('rows', load(controlBlock, 'rows'))
    const stop = k.let('stop', min32(rows, add(i, load(controlBlock, 'budget'))))
    if (stateful) k.if(isDue(stateful), () => k.return(i32(Status.due)))
    const emitter = stateful ? undefined : new Emitter(k, this.#out, this.#output, this.#masked)
    stateful?.open(k, reason => k.return(i32(reason)))
    k.markHead()
    const status = k.let('status', i32(Status.ok))
    k.block('rows_of_call', end => {
      const leave: Leave = reason => {
        k.set(status, i32(reason))
        k.break(end)
      }
      const row = (miss: Miss): void =>
        this.#row(k, shape, { i, rows, emitter, leave, miss, onMove: () => this.#stopIfDue(k, stop) })
      if (stateful?.misses) eachRowMade(k, i, stop, row)
      else eachRow(k, i, emitter ? k.let('last', min32(stop, add(i, emitter.room))) : stop, row)
    })
    k.put(controlBlock, 'cursor', i)
    emitter?.save()
    stateful?.close(k)
    k.if(eq(status, i32(Status.ok)), () => {
      if (stateful) k.if(isDue(stateful), () => k.return(i32(Status.due)))
      if (emitter) k.if(and(lt(i, rows), le(emitter.room, i32(0))), () => k.return(i32(Status.full)))
      k.if(lt(i, rows), () => k.return(i32(Status.yield)))
    })
    k.return(status)
    return k.finish()
  }

  /** The work on one row of a batch, and the watermark that it moves. */
  #row(k: KernelBuilder, shape: BatchShape, frame: RowFrame): void {
    const { i, rows, emitter, leave, miss, onMove } = frame
    const watermarkSpec = this.#spec.source?.watermark
    const columns = this.#edge
      ? readEdge(this.#edge, this.#spec.inputSchema, i)
      : readInput(this.#input, shape, i)
    k.phase('reserve')
    const count = this.#count(k, 0)
    k.block('row', rowLabel => {
      if (watermarkSpec) dropNullTime(k, watermarkSpec, columns, rowLabel)
      count?.pass(bool(true))
      const arrival = add(load(controlBlock, 'first_row'), op('extend.i32', i))
      const ahead = (n: number): RowColumns =>
        readInput(this.#input, shape, min32(add(i, i32(n)), sub(rows, i32(1))))
      const cx = this.#scope({
        k,
        leave,
        rowNumber: i,
        arrival,
        ahead: this.#edge ? undefined : ahead,
        rowLabel,
        masked: this.#masked,
        count,
      })
      const end = (row: Row): void => {
        if (emitter) emitter.emit(row, i, cx.scratch)
        else this.#stateful?.push(cx, row, miss)
      }
      runStages(this.#head, cx, { columns, mask: bool(true) }, end, count)
    })
    k.phase('apply')
    count?.settle()
    if (watermarkSpec) advanceWatermark(k, watermarkSpec, columns, onMove)
  }

  /** What a row makes due fires before the next one: that row is the last of this call. */
  #stopIfDue(k: KernelBuilder, stop: Local): void {
    if (this.#stateful) k.if(isDue(this.#stateful), () => k.set(stop, i32(0)))
  }

  #scope(frame: Omit<FrameOptions, 'plan' | 'sides' | 'operators'>): RowScope {
    return rowScope({
      ...frame,
      plan: this.#options.plan,
      sides: this.#sides,
      operators: this.#operators,
    })
  }

  #advance(): readonly Kernel[] {
    const stateful = this.#stateful
    if (!stateful) return []
    const k = new KernelBuilder('advance')
    const emitter = new Emitter(k, this.#out, this.#output, false)
    k.markHead()
    const leave: Leave = status => {
      emitter.save()
      k.return(i32(status))
    }
    stateful.advance(k, leave, columns => this.#emitted(k, columns, emitter, leave))
    passWatermark(k, this.#spec.stateful?.window)
    emitter.save()
    k.return(i32(Status.ok))
    return [k.finish()]
  }

  /** A row that the stateful operator emits, on its way through the operators after it. */
  #emitted(k: KernelBuilder, columns: RowColumns, emitter: Emitter, leave: Leave): void {
    k.if(le(emitter.room, i32(0)), () => leave(Status.full))
    const count = this.#count(k, this.#spec.head.length + 2)
    k.block('row', rowLabel => {
      const cx = this.#scope({
        k,
        leave,
        rowNumber: i32(-1),
        arrival: load(controlBlock, 'first_row'),
        ahead: undefined,
        rowLabel,
        masked: false,
        count,
      })
      const end = (row: Row): void => emitter.emit(row, i32(-1), cx.scratch)
      runStages(this.#tail, cx, { columns, mask: bool(true) }, end, count)
    })
    count?.settle()
  }

  #count(k: KernelBuilder, passed: number): RowCount | undefined {
    return this.#counts && new RowCount(k, this.#counts.mem, passed)
  }
}

function runStages(
  stages: readonly Stage[],
  cx: RowScope,
  row: Row,
  end: (row: Row) => void,
  count: RowCount | undefined,
): void {
  const [first, ...rest] = stages
  if (!first) {
    end(row)
    return
  }
  first.push(cx, row, changed => {
    count?.pass(changed.mask)
    runStages(rest, cx, changed, end, count)
  })
}

function lowerRowOperator(node: RowOperator, number: number): Stage {
  switch (node.kind) {
    case 'filter':
      return lowerFilter(node)
    case 'project':
      return lowerProject(node)
    case 'window':
      return lowerWindow(node, number)
  }
}

/** The output region of the pipeline before, read as an input. */
function edgeInput(spec: PipelineSpec, limits: BatchLimits): Mem {
  const output = spec.inputSchema.map((column, i) => ({ kind: 'computed' as const, column, field: `o${i}` }))
  return { ...layoutOutput(output, limits.outputRows), name: 'in', role: 'input' }
}

const isDue = ({ deadline, waiting }: StatefulStage): Expr =>
  and(ge(load(timeRegion, watermark.field), load(deadline.mem, deadline.field)), gt(waiting, i32(0)))

/** What the code of a row is told of the loop around it. */
interface RowFrame {
  readonly i: Local
  /** Rows of the batch. */
  readonly rows: Local
  readonly emitter: Emitter | undefined
  readonly leave: Leave
  readonly miss: Miss
  /** Code for when the watermark has moved. */
  readonly onMove: () => void
}

/** `stop` is read at every turn: a row may bring it forward. Yields what is to be made for a row that left the loop. */
function eachRow(k: KernelBuilder, i: Local, stop: Expr, row: (miss: Miss) => void): readonly (() => void)[] {
  const missing: (() => void)[] = []
  k.loop('each_row', label => {
    k.breakIf(ge(i, stop), label)
    row(make => {
      missing.push(make)
      k.break(label)
    })
    k.set(i, add(i, i32(1)))
  })
  return missing
}

/** A row that misses something ends a run of rows; it is made, and the row is the first of the next run. */
function eachRowMade(k: KernelBuilder, i: Local, stop: Local, row: (miss: Miss) => void): void {
  k.loop('each_run', label => {
    const missing = eachRow(k, i, stop, row)
    k.breakIf(ge(i, stop), label)
    k.phase('apply')
    for (const make of missing) make()
  })
}

/** An identifier that tells the shapes apart. */
export const pushName = ({ dense, dictionaries }: BatchShape): string =>
  ['push', dense ? 'dense' : 'nulls', ...dictionaries].join('_')
