/**
 * Runs the pipelines of a plan one bounded step at a time. What is under way is a stack of frames, each a kernel to
 * call until it is done; a status puts another frame on top (grow this state, advance this pipeline, take what the
 * pipeline before wrote) or takes the top one off. It never recurses and allocates nothing.
 */
import { type KernelFunction, Status, Trap } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Growable } from '../../ir/physical/program.ts'
import type { Meter } from './meter.ts'
import type { Pipeline } from './pipeline.ts'

/** What the executor hands to whoever owns it. */
export interface Outlets {
  /** Rows wait in the output region of the last pipeline: take them all. */
  results(rows: number): void
  /** Rows wait in the late or error output of a pipeline: take them all. */
  sides(pipeline: number, late: number, errors: number): void
  /** Texts in state were swept: ids that were cached outside of state are void. */
  textsSwept(pipeline: number): void
}

/**
 * `push` takes rows, `advance` emits what is due, `grow` makes room. `follow` waits until a pipeline has taken all
 * rows that came before a watermark, takes the watermark over and goes on as `advance`.
 */
const Frame = { push: 0, advance: 1, grow: 2, follow: 3 } as const
type Frame = (typeof Frame)[keyof typeof Frame]

export class Executor {
  readonly #pipelines: readonly Pipeline[]
  readonly #outlets: Outlets
  /** Kernel of the push frame of each pipeline. */
  readonly #pushes: KernelFunction[]
  /** The state that the grow frame of each pipeline works on. */
  readonly #growing: (Growable | undefined)[]
  readonly #frames: Frame[] = []
  readonly #owners: number[] = []
  #depth = 0
  /** Takes the time of kernels while it is set. */
  meter: Meter | undefined
  #failure: unknown
  /** The error of a batch whose results the next pipeline still takes. */
  #postponed: { readonly error: unknown } | undefined

  constructor(pipelines: readonly Pipeline[], outlets: Outlets) {
    this.#pipelines = pipelines
    this.#outlets = outlets
    this.#pushes = pipelines.map(() => () => Status.ok)
    this.#growing = pipelines.map(() => undefined)
  }

  /** Is anything under way? */
  get isBusy(): boolean {
    return this.#depth > 0
  }

  /** Begins the work on `rows` rows that lie in the input region of the first pipeline. */
  begin(push: KernelFunction, rows: number): void {
    this.#checkAlive()
    this.#feed(0, push, rows)
  }

  /** Begins to emit what the watermark of the first pipeline makes due. */
  beginAdvance(): void {
    this.#checkAlive()
    if (this.#pipelines[0].program.advances) this.#open(0, Frame.advance)
  }

  #checkAlive(): void {
    if (this.#failure !== undefined) {
      throw new MillraceError('LDB-0004', 'the query failed before and takes no more rows', {
        cause: this.#failure,
      })
    }
  }

  /** Calls one kernel once. Returns whether more is to be done; throws where the plan reached a limit. */
  step(): boolean {
    if (this.#depth === 0) return false
    const owner = this.#owners[this.#depth - 1]
    const frame = this.#frames[this.#depth - 1]
    if (frame === Frame.follow) this.#follow(owner)
    else this.#run(frame, owner)
    if (this.#depth === 0 && this.#postponed) {
      const { error } = this.#postponed
      this.#postponed = undefined
      this.#abandon(error, true)
    }
    return this.#depth > 0
  }

  #run(frame: Frame, owner: number): void {
    if (frame === Frame.grow) this.#releaseTexts(owner)
    const kernel = this.#kernelOf(frame, owner)
    const status = this.meter ? this.meter.call(kernel, owner, this.#nameOf(frame, owner)) : kernel()
    this.#pipelines[owner].called()
    try {
      this.#settle(status, frame, owner)
    } catch (error) {
      this.#failed(error)
    }
  }

  /**
   * A batch that met a limit is abandoned: what was taken stays, the rest was never seen, the next batch is welcome.
   * Where results were under way they would be lost: the query ends with its error instead. Either way what was
   * finished before is handed out, while the rows that it refers to are still there.
   */
  #failed(error: unknown): void {
    const isInBatch = this.#depth > 0 && this.#owners[0] === 0 && this.#frames[0] === Frame.push
    if (isInBatch && this.#depth === 1 && this.#holdsResults()) {
      this.#postponed = { error }
      this.#depth = 0
      this.#drain(0)
      return
    }
    this.#abandon(error, isInBatch)
  }

  /** Has the first pipeline written results that the next one must take, whatever became of the batch? */
  #holdsResults(): boolean {
    return this.#pipelines.length > 1 && this.#pipelines[0].control.get('out_rows') > 0
  }

  #abandon(error: unknown, isInBatch: boolean): never {
    if (!isInBatch || this.#depth > 1) this.#failure = error
    this.#depth = 0
    const [{ control }] = this.#pipelines
    if (isInBatch) control.addToLong('first_row', control.get('cursor'))
    for (let i = 0; i < this.#pipelines.length; i++) this.#drainSides(i)
    this.#drain(this.#pipelines.length - 1)
    for (let i = 0; i < this.#pipelines.length; i++) this.#clearOutput(i)
    for (const pipeline of this.#pipelines) pipeline.gotOn()
    throw error
  }

  /** Hands out what refers to the rows in the input region of the first pipeline, before others are loaded there. */
  flushChunk(resultsToo: boolean): void {
    this.#drainSides(0)
    if (resultsToo) this.#drain(0)
  }

  /** Hands out what waits in all outputs; while work is under way only the results: no kernel reads those. */
  flush(): void {
    const last = this.#pipelines.length - 1
    for (let i = this.isBusy ? last : 0; i <= last; i++) this.#drain(i)
  }

  #kernelOf(frame: Frame, owner: number): KernelFunction {
    return frame === Frame.push
      ? this.#pushes[owner]
      : this.#pipelines[owner].kernel(this.#nameOf(frame, owner))
  }

  /** A push kernel has the same name for every shape of batch here. */
  #nameOf(frame: Frame, owner: number): string {
    if (frame === Frame.grow) return this.#growing[owner]?.kernel ?? ''
    return frame === Frame.push ? 'push' : 'advance'
  }

  #settle(status: Status, frame: Frame, owner: number): void {
    const pipeline = this.#pipelines[owner]
    if (status !== Status.grow && frame !== Frame.grow) pipeline.gotOn()
    switch (status) {
      case Status.ok:
        this.#depth--
        this.#finished(frame, owner)
        return
      case Status.due:
        this.#open(owner, Frame.advance)
        return
      case Status.full:
        this.#drain(owner)
        return
      case Status.grow:
        this.#grow(owner)
        return
      case Status.yield:
        return
      case Status.trap:
        throw trapped(pipeline)
    }
  }

  #open(owner: number, frame: Frame): void {
    this.#frames[this.#depth] = frame
    this.#owners[this.#depth] = owner
    this.#depth++
  }

  #feed(owner: number, push: KernelFunction, rows: number): void {
    const { control } = this.#pipelines[owner]
    control.set('rows', rows)
    control.set('cursor', 0)
    if (push !== this.#pushes[owner]) this.#pipelines[owner].takeRowsBy(push)
    this.#pushes[owner] = push
    this.#open(owner, Frame.push)
  }

  #finished(frame: Frame, owner: number): void {
    const { control } = this.#pipelines[owner]
    if (frame === Frame.push) {
      control.addToLong('first_row', control.get('rows'))
      if (owner > 0) this.#releaseEdge(owner)
      if (owner + 1 < this.#pipelines.length) this.#drain(owner)
    } else if (frame === Frame.grow) {
      if (this.#growing[owner]?.holdsOutput) this.#outlets.textsSwept(owner)
    } else if (owner + 1 < this.#pipelines.length) this.#passOn(owner)
  }

  /**
   * Rows that did not go on are named by their place in the edge, and results of a pipeline without state may point into what
   * was written with its rows: they leave before it is used again.
   */
  #releaseEdge(owner: number): void {
    const { program } = this.#pipelines[owner]
    if (!program.advances && this.#pipelines[owner - 1].control.get('scratch_used') > 0) this.#drain(owner)
    this.#drainSides(owner)
    this.#clearOutput(owner - 1)
  }

  /** A pipeline has emitted all that is due: the next one takes it, and then the watermark that follows it. */
  #passOn(owner: number): void {
    this.#open(owner + 1, Frame.follow)
    this.#drain(owner)
  }

  #follow(owner: number): void {
    this.#pipelines[owner].time.copyLong('wm', this.#pipelines[owner - 1].time, 'out_wm')
    if (this.#pipelines[owner].program.advances) this.#frames[this.#depth - 1] = Frame.advance
    else this.#depth--
  }

  #grow(owner: number): void {
    const pipeline = this.#pipelines[owner]
    const growable = pipeline.askedToGrow()
    if (pipeline.isAtLimit(growable)) throw atLimit(pipeline, growable)
    this.#growing[owner] = growable
    this.#open(owner, Frame.grow)
    if (growable.holdsOutput) this.#drain(owner)
  }

  /** Results of the last pipeline may point into the texts of one before it: they leave before those are moved. */
  #releaseTexts(owner: number): void {
    const last = this.#pipelines.length - 1
    if (owner < last && this.#growing[owner]?.holdsOutput) this.#drain(last)
  }

  /** Empties the outputs of a pipeline into the next one, or hands them out. */
  #drain(owner: number): void {
    const { control } = this.#pipelines[owner]
    this.#drainSides(owner)
    const rows = control.get('out_rows')
    if (rows === 0) return
    if (owner + 1 < this.#pipelines.length) {
      this.#feed(owner + 1, this.#pipelines[owner + 1].kernel('push'), rows)
      return
    }
    this.#outlets.results(rows)
    this.#clearOutput(owner)
  }

  #drainSides(owner: number): void {
    const { control } = this.#pipelines[owner]
    const [late, errors] = [control.get('late_rows'), control.get('error_rows')]
    if (late === 0 && errors === 0) return
    this.#outlets.sides(owner, late, errors)
    control.set('late_rows', 0)
    control.set('error_rows', 0)
  }

  #clearOutput(owner: number): void {
    const { control } = this.#pipelines[owner]
    control.set('out_rows', 0)
    control.set('scratch_used', 0)
  }
}

function atLimit({ control }: Pipeline, { name, holdsOutput }: Growable): MillraceError {
  const entries = `state '${name}' needs ${control.get('need')} entries, ${control.get('limit')} is its limit`
  const bytes = `${control.get('need_bytes')} more bytes, ${control.get('heap_limit')} is its limit`
  const what = holdsOutput ? 'limits stateRows or stateBytes' : 'limit stateRows'
  return new MillraceError('LDB-8013', holdsOutput ? `${entries}, and ${bytes}` : entries, {
    fix: `raise the ${what} (and memoryBytes), shorten windows, or filter earlier`,
  })
}

function trapped({ control, program }: Pipeline): MillraceError {
  const reason = control.get('trap')
  if (reason !== Trap.valueTooLarge) throw new Error(`pipeline ${program.id} trapped: ${reason}`)
  return new MillraceError('LDB-8014', 'a computed text is larger than the limit scratchBytes', {
    fix: 'raise the limit scratchBytes, or shorten the text',
  })
}
