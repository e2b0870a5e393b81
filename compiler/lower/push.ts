/** The push kernel of a pipeline: takes the rows of a batch of some shape, or those that the pipeline before wrote. */
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
  or,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, Kernel, Local, Mem } from '../../ir/kernel/node.ts'
import { sizeOf } from '../../ir/kernel/size.ts'
import { sourceRule } from '../../ir/logical/source.ts'
import { type BatchShape, edgePush, WIDEST } from '../../ir/physical/program.ts'
import {
  advanceWatermark,
  dropByTime,
  hasMorePassed,
  type RowPartition,
  type RowTime,
  rowTime,
  timeRegion,
  watermark,
} from './event-time.ts'
import type { RowColumns } from './expr/index.ts'
import { type PlaceInBlock, readEdge, readInput, readValid } from './input.ts'
import type { Leave } from './lib/control.ts'
import { Emitter, ROW_WATERMARK } from './output.ts'
import { type PipelineParts, runStages } from './parts.ts'
import {
  BLOCK_ROW_SIZE_MAX,
  BLOCK_ROWS,
  type BlockCode,
  eachRow,
  eachRowInBlocks,
  eachRowMade,
  noMiss,
} from './row-loops.ts'
import type { Row, RowScope, Scratch } from './scope.ts'
import type { EagerOutput, Miss, StatefulStage } from './stage.ts'

export const lowerPush = (parts: PipelineParts, shape: BatchShape): Kernel =>
  new PushLowering(parts, pushName(shape), { shape }).kernel()

/** The kernel for the rows that come from one of the pipelines before. */
export const lowerEdgePush = (parts: PipelineParts, input: number): Kernel =>
  new PushLowering(parts, edgePush(input), { input }).kernel()

/** An identifier that tells the shapes apart. */
export const pushName = ({ dense, dictionaries }: BatchShape): string =>
  ['push', dense ? 'dense' : 'nulls', ...dictionaries].join('_')

/** Rows of a batch of some shape, or those of the input with that number. */
type Origin = { readonly shape: BatchShape } | { readonly input: number }

class PushLowering {
  readonly #parts: PipelineParts
  readonly #name: string
  readonly #shape: BatchShape
  readonly #input: number
  /** The output of the pipeline that the rows come from, if it is one. */
  readonly #edge: Mem | undefined

  constructor(parts: PipelineParts, name: string, origin: Origin) {
    this.#parts = parts
    this.#name = name
    this.#shape = 'shape' in origin ? origin.shape : WIDEST
    this.#input = 'input' in origin ? origin.input : 0
    this.#edge = 'input' in origin ? parts.edges[origin.input] : undefined
  }

  kernel(): Kernel {
    const k = new KernelBuilder(this.#name)
    const stateful = this.#parts.stateful
    const inBlocks = stateful?.blocks !== undefined && this.#isStraight()
    const i = k.let('i', load(controlBlock, 'cursor'))
    const rows = k.let('rows', load(controlBlock, 'rows'))
    const stop = k.let('stop', min32(rows, add(i, load(controlBlock, 'budget'))))
    this.#meet(k, min32(i, sub(rows, i32(1))), () => {})
    if (stateful) k.if(this.#isDue(stateful), () => k.return(i32(Status.due)))
    const emitter =
      stateful && !stateful.isEager
        ? undefined
        : new Emitter(k, this.#parts.out, this.#parts.output, {
            masked: this.#parts.masked && !stateful,
            mark: stateful?.marks ?? 'wm',
          })
    stateful?.open(k, reason => k.return(i32(reason)))
    k.markHead()
    const status = k.let('status', i32(Status.ok))
    k.block('rows_of_call', end => {
      const leave: Leave = reason => {
        k.set(status, i32(reason))
        k.break(end)
      }
      const spend: RowScope['spend'] = count =>
        k.set(stop, sub(stop, typeof count === 'number' ? i32(count) : count))
      const endCall = (): void => k.set(stop, i32(0))
      const onMove = (): void => this.#stopIfDue(k, endCall)
      const frame = { i, rows, emitter, leave, onMove, endCall, spend, place: undefined }
      const row = (miss: Miss): void => this.#row(k, { ...frame, miss })
      const misses = stateful?.misses || this.#parts.partitions !== undefined
      const until = (): Local =>
        emitter && !stateful ? k.let('last', min32(stop, add(i, emitter.room))) : stop
      if (misses) eachRowMade(k, i, until(), row)
      else if (inBlocks)
        eachRowInBlocks(k, i, stop, { row: () => row(noMiss), block: () => this.#block(k, frame) })
      else eachRow(k, i, until(), row)
    })
    k.put(controlBlock, 'cursor', i)
    emitter?.save()
    stateful?.close(k)
    k.if(eq(status, i32(Status.ok)), () => {
      if (stateful) k.if(this.#isDue(stateful), () => k.return(i32(Status.due)))
      if (emitter) k.if(and(lt(i, rows), le(emitter.room, i32(0))), () => k.return(i32(Status.full)))
      k.if(lt(i, rows), () => k.return(i32(Status.yield)))
    })
    k.return(status)
    return k.finish()
  }

  /** Eight rows in a row, whose sums are kept in locals from block to block. */
  #block(k: KernelBuilder, frame: Omit<RowFrame, 'miss'>): BlockCode {
    const blocks = this.#parts.stateful?.blocks
    return {
      open: () => blocks?.open(k),
      rows: () => {
        const valid = readValid(k, this.#parts.input, this.#shape, frame.i)
        for (let n = 0; n < BLOCK_ROWS; n++) {
          const i = k.let('row', add(frame.i, i32(n)))
          this.#row(k, { ...frame, i, miss: noMiss, place: { n, valid } })
        }
      },
      close: () => blocks?.close(k),
    }
  }

  /** Does the code of a row never leave, and is it so little that eight of it are not much? */
  #isStraight(): boolean {
    if (this.#edge || this.#parts.spec.source?.watermark || this.#parts.counts) return false
    const k = new KernelBuilder('trial')
    const rows = k.let('rows', i32(BLOCK_ROWS))
    let leaves = false
    const leave: Leave = reason => {
      leaves = true
      k.return(i32(reason))
    }
    const frame = {
      i: k.let('i', i32(0)),
      rows,
      emitter: undefined,
      leave,
      onMove: () => {},
      endCall: () => {},
      spend: () => {},
      place: undefined,
    }
    this.#parts.stateful?.open(new KernelBuilder('open'), () => {})
    this.#row(k, { ...frame, miss: noMiss })
    return !leaves && sizeOf(k.finish()) <= BLOCK_ROW_SIZE_MAX
  }

  /** The work on one row of a batch, and the watermark that it moves. */
  #row(k: KernelBuilder, frame: RowFrame): void {
    const { i, rows, emitter, leave, miss, onMove, endCall, spend, place } = frame
    const watermarkSpec = this.#parts.spec.source?.watermark
    const columns = this.#edge
      ? readEdge(this.#edge, this.#parts.spec.from[this.#input].outputSchema, i)
      : readInput(this.#parts.input, this.#shape, i, place)
    if (!place) k.phase('reserve')
    const count = this.#takesAnswers ? undefined : this.#parts.count(k, 0)
    const time = watermarkSpec && rowTime(k, watermarkSpec, columns)
    const partition = time && this.#partition(k, frame, columns, time)
    k.block('row', rowLabel => {
      if (time) dropByTime(k, time, rowLabel)
      const arrival = add(load(controlBlock, 'first_row'), op('extend.i32', i))
      const ahead = (n: number): RowColumns =>
        readInput(this.#parts.input, this.#shape, min32(add(i, i32(n)), sub(rows, i32(1))))
      const cx = this.#parts.scope({
        k,
        leave,
        rowNumber: i,
        input: this.#input,
        arrival,
        ahead: this.#edge ? undefined : ahead,
        rowLabel,
        masked: this.#parts.masked,
        lane: place?.n,
        stopIfDue: onMove,
        leaveIfDue: () => this.#leaveIfDue(k, leave),
        endCall,
        spend: rows => spend(rows),
        hasPassedOwn: partition?.hasPassed,
        count,
      })
      const end = (row: Row): void => {
        const { stateful } = this.#parts
        if (stateful) stateful.push(cx, row, miss, emitter && this.#eagerOutput(k, emitter, cx))
        else emitter?.emit(row, i, cx.scratch)
      }
      if (time) this.#refuseAhead(cx, time)
      count?.pass(bool(true))
      runStages(this.#parts.head, cx, { columns, mask: bool(true) }, end, count)
    })
    if (!place) k.phase('apply')
    count?.settle()
    if (time) advanceWatermark(k, watermarkSpec, { time, columns, partition: partition?.take, onMove })
    this.#meet(k, min32(add(i, i32(1)), sub(rows, i32(1))), onMove)
  }

  /** Are its rows what a table answers? Those are no rows of the plan. */
  get #takesAnswers(): boolean {
    return this.#parts.spec.from.at(this.#input)?.answers !== undefined
  }

  /** Where rows of several inputs say what the watermark was before them: takes over that of the row to come. */
  #meet(k: KernelBuilder, row: Expr, onMove: () => void): void {
    const { inputTimes } = this.#parts
    if (!this.#edge || !inputTimes || !(ROW_WATERMARK in this.#edge.fields)) return
    inputTimes.raise(k, this.#input, load(this.#edge, ROW_WATERMARK, row), onMove)
  }

  /** A row that is too far ahead of the clock is faulty, where its source says so. */
  #refuseAhead(cx: RowScope, { isAhead }: RowTime): void {
    const { source } = this.#parts.spec
    if (source?.watermark?.ahead?.policy !== 'refuse') return
    cx.reject([{ code: 'LDB-2007', when: isAhead }], bool(true), sourceRule.print(source))
  }

  /** The partition of a row, where those have watermarks of their own. */
  #partition(
    k: KernelBuilder,
    { leave, miss }: RowFrame,
    columns: RowColumns,
    { isOut }: RowTime,
  ): FoundPartition | undefined {
    const { partitions, spec } = this.#parts
    if (!partitions) return undefined
    const entry = partitions.find(k, { columns, isOut, leave, miss })
    const isLateByIt = spec.source?.watermark?.partition?.lateBy === 'partition'
    return {
      take: (ts, counts, raise) => partitions.take(k, entry, { ts, counts }, raise),
      hasPassed: isLateByIt ? time => partitions.hasPassed(entry, time) : undefined,
    }
  }

  #eagerOutput(k: KernelBuilder, emitter: Emitter, { scratch }: RowScope): EagerOutput {
    const emit = (columns: RowColumns, of: Pick<Scratch, 'commit'>): void => {
      emitter.emit({ columns, mask: bool(true) }, i32(-1), of)
      this.#parts.count(k, this.#parts.spec.head.length + 2)?.settle()
    }
    return {
      room: emitter.room,
      emit: columns => emit(columns, scratch),
      emitBehind: columns => emit(columns, { commit() {} }),
    }
  }

  /** What a row makes due fires before the next one: that row is the last of this call. */
  #stopIfDue(k: KernelBuilder, endCall: () => void): void {
    const { stateful, options } = this.#parts
    if (stateful && (options.feedsPipeline || !stateful.canWait)) k.if(this.#isDue(stateful), endCall)
  }

  #leaveIfDue(k: KernelBuilder, leave: Leave): void {
    if (this.#parts.stateful) k.if(this.#isDue(this.#parts.stateful), () => leave(Status.due))
  }

  /** Also where nothing is, but the watermark is to be handed on. */
  #isDue(stage: StatefulStage): Expr {
    const { deadline, waiting } = stage
    const isPast = ge(load(timeRegion, watermark.field), load(deadline.mem, deadline.field))
    const isDue = stage.isDue ?? and(isPast, gt(waiting, i32(0)))
    return this.#parts.options.passesPromptly ? or(isDue, hasMorePassed()) : isDue
  }
}

/** What is done with the partition of a row. */
interface FoundPartition {
  readonly take: RowPartition
  readonly hasPassed: ((time: Expr) => Expr) | undefined
}

/** What the code of a row is told of the loop around it. */
interface RowFrame {
  /** Number of the row in its batch. */
  readonly i: Local
  /** Rows of the batch. */
  readonly rows: Local
  readonly emitter: Emitter | undefined
  readonly leave: Leave
  readonly miss: Miss
  /** Code for when the watermark has moved. */
  readonly onMove: () => void
  readonly endCall: RowScope['endCall']
  /** Code that takes rows off the budget of the call. */
  readonly spend: RowScope['spend']
  /** Set for a row of a block. */
  readonly place: PlaceInBlock | undefined
}
