/**
 * Runs the pipelines of a plan one bounded step at a time. What is under way is a stack of frames, each a kernel to
 * call until it is done; a status puts another frame on top (grow this state, advance this pipeline, take what the
 * pipeline before wrote) or takes the top one off. It never recurses and allocates nothing.
 */
import { type KernelFunction, Status, Trap } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import { type Growable, MEET } from '../../ir/physical/program.ts'
import { Edges, NONE } from './edges.ts'
import type { Meter } from './meter.ts'
import type { Pipeline } from './pipeline.ts'

/** What the executor hands to whoever owns it. */
export interface Outlets {
  /** Rows wait in the output region of the last pipeline: take them all. */
  results(rows: number): void
  /** Rows wait in the late or error output of a pipeline: take them all. Results of operators name rows of an edge. */
  sides(pipeline: number, late: number, errors: number): void
  /** Texts in state were swept: ids that were cached outside of state are void. */
  textsSwept(pipeline: number): void
}

/**
 * `push` takes rows, `advance` emits what is due, `grow` makes room. `follow` waits until a pipeline has taken all
 * rows that came before a watermark, takes the watermark over and goes on as `advance`; `meet` does so where only the
 * idleness of an input has changed. `release` waits until what rows were handed on to has taken them, and gives
 * their place free.
 */
const Frame = { push: 0, advance: 1, grow: 2, follow: 3, meet: 4, release: 5 } as const
type Frame = (typeof Frame)[keyof typeof Frame]

export class Executor {
  readonly #pipelines: readonly Pipeline[]
  readonly #outlets: Outlets
  /** Kernel of the push frame of each pipeline. */
  readonly #pushes: KernelFunction[]
  readonly #edges: Edges
  /** The state that the grow frame of each pipeline works on. */
  readonly #growing: (Growable | undefined)[]
  readonly #frames: Frame[] = []
  readonly #owners: number[] = []
  #depth = 0
  /** Takes the time of kernels while it is set. */
  meter: Meter | undefined
  #failure: unknown
  /** The error of a batch of a source whose results the next pipeline still takes. */
  #postponed: { readonly error: unknown; readonly source: number } | undefined

  constructor(pipelines: readonly Pipeline[], outlets: Outlets) {
    this.#pipelines = pipelines
    this.#outlets = outlets
    this.#pushes = pipelines.map(() => () => Status.ok)
    this.#growing = pipelines.map(() => undefined)
    this.#edges = new Edges(pipelines)
  }

  /** Is anything under way? */
  get isBusy(): boolean {
    return this.#depth > 0
  }

  /** Begins the work on `rows` rows that lie in the input region of a source. */
  begin(push: KernelFunction, rows: number, source = 0): void {
    this.#checkAlive()
    this.#edges.wake(source)
    this.#feed(source, push, rows)
  }

  /** Begins to emit what the watermark of a source makes due. */
  beginAdvance(source = 0): void {
    this.#checkAlive()
    const { advances, onlySweeps } = this.#pipelines[source].program
    if (advances || onlySweeps) this.#open(source, Frame.advance)
    else this.#passOn(source)
  }

  /** Leaves a source out of the watermark of what it comes together with, until rows come from it. */
  beginIdle(source: number): void {
    this.#checkAlive()
    const reader = this.#edges.sleep(source)
    if (reader !== NONE) this.#open(reader, Frame.meet)
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
    if (frame === Frame.follow || frame === Frame.meet) this.#follow(owner, frame)
    else if (frame === Frame.release) this.#release(owner)
    else this.#run(frame, owner)
    if (this.#depth === 0 && this.#postponed) {
      const { error, source } = this.#postponed
      this.#postponed = undefined
      this.#abandon(error, source)
    }
    return this.#depth > 0
  }

  #run(frame: Frame, owner: number): void {
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
    const source = this.#depth > 0 && this.#frames[0] === Frame.push ? this.#owners[0] : NONE
    if (source !== NONE && this.#depth === 1 && this.#holdsResults(source)) {
      this.#postponed = { error, source }
      this.#depth = 0
      this.#drain(source)
      return
    }
    this.#abandon(error, source)
  }

  /** Has a pipeline written results that the next one must take, whatever became of the batch? */
  #holdsResults(source: number): boolean {
    return this.#edges.readerOf(source) !== NONE && this.#pipelines[source].control.get('out_rows') > 0
  }

  /** `source`: whose batch was under way. */
  #abandon(error: unknown, source: number): never {
    if (source === NONE || this.#depth > 1) this.#failure = error
    this.#depth = 0
    if (source !== NONE) {
      const { control } = this.#pipelines[source]
      control.addToLong('first_row', control.get('cursor'))
    }
    for (let i = 0; i < this.#pipelines.length; i++) this.#drainSides(i)
    this.#drain(this.#pipelines.length - 1)
    for (let i = 0; i < this.#pipelines.length; i++) this.#clearOutput(i)
    for (const pipeline of this.#pipelines) pipeline.gotOn()
    throw error
  }

  /** Hands out what refers to the rows in the input region of a source, before others are loaded there. */
  flushChunk(source: number, resultsToo: boolean): void {
    this.#drainSides(source)
    if (resultsToo) this.#drain(source)
  }

  /** Hands out what waits in all outputs; while work is under way only the results: no kernel reads those. */
  flush(): void {
    const last = this.#pipelines.length - 1
    for (let i = this.isBusy ? last : 0; i <= last; i++) this.#drain(i)
  }

  /** The pipeline whose rows another one took last: its side outputs name them. */
  readBy(owner: number): number {
    return this.#edges.readBy(owner)
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
      if (this.#edges.isEdge(owner)) this.#tookEdge(owner)
      else this.#tookChunk(owner)
    } else if (frame === Frame.grow) {
      if (this.#growing[owner]?.holdsOutput) this.#outlets.textsSwept(owner)
    } else this.#passOn(owner)
  }

  /** Rows that go on as they are refer to the texts of those that came: they leave before the edge is used again. */
  #tookEdge(owner: number): void {
    const { handsOn } = this.#pipelines[owner].program
    if (handsOn) this.#open(owner, Frame.release)
    else this.#releaseEdge(owner)
    if (handsOn || this.#edges.readerOf(owner) !== NONE) this.#drain(owner)
  }

  /** What comes together with other rows says how far its time has come, also where nothing is due. */
  #tookChunk(owner: number): void {
    const reader = this.#edges.readerOf(owner)
    if (reader === NONE) return
    if (!this.#pipelines[owner].program.advances) this.#passOn(owner)
    else {
      if (this.#edges.meets(reader)) this.#open(owner, Frame.advance)
      this.#drain(owner)
    }
  }

  #release(owner: number): void {
    this.#depth--
    this.#releaseEdge(owner)
  }

  /** Rows that did not go on are named by their place in the edge: they leave before it is used again. */
  #releaseEdge(owner: number): void {
    this.#drainSides(owner)
    this.#clearOutput(this.#edges.readBy(owner))
  }

  /** A pipeline has emitted all that is due: the next one takes it, and then the watermark that follows it. */
  #passOn(owner: number): void {
    const reader = this.#edges.readerOf(owner)
    if (reader === NONE) return
    this.#edges.follow(owner)
    this.#open(reader, Frame.follow)
    this.#drain(owner)
  }

  /** Watermarks of inputs meet in a kernel. */
  #follow(owner: number, frame: Frame): void {
    const pipeline = this.#pipelines[owner]
    if (frame === Frame.follow) this.#edges.takeOver(owner)
    if (this.#edges.meets(owner)) pipeline.kernel(MEET)()
    if (pipeline.program.advances) this.#frames[this.#depth - 1] = Frame.advance
    else {
      this.#depth--
      this.#passOn(owner)
    }
  }

  #grow(owner: number): void {
    const pipeline = this.#pipelines[owner]
    const growable = pipeline.askedToGrow()
    if (pipeline.isAtLimit(growable)) throw atLimit(pipeline, growable)
    this.#growing[owner] = growable
    this.#open(owner, Frame.grow)
    if (growable.holdsOutput) this.#drain(owner)
  }

  /** Empties the outputs of a pipeline into the next one, or hands them out. */
  #drain(owner: number): void {
    const { control } = this.#pipelines[owner]
    this.#drainSides(owner)
    const rows = control.get('out_rows')
    if (rows === 0) return
    const reader = this.#edges.readerOf(owner)
    if (reader !== NONE) {
      this.#feed(reader, this.#pipelines[reader].kernel(this.#edges.pushOf(owner)), rows)
      this.#edges.read(reader, owner)
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
  switch (reason) {
    case Trap.valueTooLarge:
      return new MillraceError('LDB-8014', 'a computed text is larger than the limit scratchBytes', {
        fix: 'raise the limit scratchBytes, or shorten the text',
      })
    case Trap.tooManyPartitions:
      return new MillraceError('LDB-2006', 'a row of one more partition than the source may have')
    case Trap.tooManyRows:
      return new MillraceError('LDB-3005', 'a row of one more than a join may keep of a side')
    default:
      throw new Error(`pipeline ${program.id} trapped: ${reason}`)
  }
}
