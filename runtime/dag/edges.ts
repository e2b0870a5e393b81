/** Who reads whose rows in a plan, and whose watermark follows whose. It allocates nothing once it is made. */
import { edgePush, inputIdle, inputWatermark } from '../../ir/physical/program.ts'
import { MAX_TIME } from '../../ir/times.ts'
import { RowView } from '../memory/control.ts'
import type { Pipeline } from './pipeline.ts'

/** No pipeline: the results are handed out, or the rows come from outside. */
export const NONE = -1

export class Edges {
  readonly #pipelines: readonly Pipeline[]
  /** Of each pipeline: which one reads it, as which of its inputs, with which kernel. */
  readonly #readers: readonly number[]
  readonly #numbers: readonly number[]
  readonly #pushes: readonly string[]
  /** Of each pipeline where watermarks of inputs meet: what they are. */
  readonly #times: readonly (RowView | undefined)[]
  /** Of each pipeline: the one whose rows it took last, and the one whose watermark it is to follow. */
  readonly #read: number[]
  readonly #followed: number[]

  constructor(pipelines: readonly Pipeline[]) {
    this.#pipelines = pipelines
    const froms = pipelines.map(({ program: { input } }) => (input.kind === 'edge' ? input.from : []))
    this.#readers = pipelines.map((_, id) => froms.findIndex(from => from.includes(id)))
    this.#numbers = this.#readers.map((reader, id) => (reader === NONE ? 0 : froms[reader].indexOf(id)))
    this.#pushes = this.#numbers.map(edgePush)
    this.#times = pipelines.map(
      ({ memory, program: { inputTimes } }) => inputTimes && new RowView(memory.placement, inputTimes),
    )
    this.#read = froms.map(([first = NONE]) => first)
    this.#followed = froms.map(([first = NONE]) => first)
  }

  /** Does a pipeline read the output of others? */
  isEdge(id: number): boolean {
    return this.#read[id] !== NONE
  }

  /** The pipeline that reads what one writes. */
  readerOf(id: number): number {
    return this.#readers[id]
  }

  /** The kernel of the reader that takes what a pipeline writes. */
  pushOf(id: number): string {
    return this.#pushes[id]
  }

  /** Do watermarks meet there, which come with the rows? */
  meets(id: number): boolean {
    return this.#times[id] !== undefined
  }

  /** A reader takes rows of a pipeline now. */
  read(reader: number, from: number): void {
    this.#read[reader] = from
  }

  readBy(reader: number): number {
    return this.#read[reader]
  }

  /** The reader of a pipeline is to take over its watermark. */
  follow(id: number): void {
    this.#followed[this.#readers[id]] = id
  }

  /** Takes over the watermark that was to be followed. */
  takeOver(reader: number): void {
    const from = this.#followed[reader]
    const { time, program } = this.#pipelines[from]
    const field = program.advances ? 'out_wm' : 'wm'
    const times = this.#times[reader]
    if (times) times.copyLong(inputWatermark(this.#numbers[from]), time, field)
    else this.#pipelines[reader].time.copyLong('wm', time, field)
  }

  /** Rows come from a source: it counts again. */
  wake(source: number): void {
    if (this.#isAnswers(source)) return
    for (
      let id = source, reader = this.#readers[id];
      reader !== NONE;
      id = reader, reader = this.#readers[id]
    )
      this.#times[reader]?.set(inputIdle(this.#numbers[id]), 0)
  }

  /** Nothing comes from a source. Returns the first pipeline whose watermark it may have held back, if there is one. */
  sleep(source: number): number {
    let first = NONE
    for (
      let id = source, reader = this.#readers[id];
      reader !== NONE;
      id = reader, reader = this.#readers[id]
    ) {
      const times = this.#times[reader]
      if (!times) continue
      times.set(inputIdle(this.#numbers[id]), 1)
      if (first === NONE) first = reader
      if (!this.#areAllIdle(reader, times)) break
    }
    return first
  }

  /** What tables answer is no input that time depends on. */
  #isAnswers(id: number): boolean {
    return this.#pipelines[id].program.input.kind === 'answers'
  }

  /** Those that have ended hold nothing back, either. */
  #areAllIdle(reader: number, times: RowView): boolean {
    return this.#readers.every((one, id) => {
      const number = this.#numbers[id]
      return (
        one !== reader ||
        this.#isAnswers(id) ||
        times.get(inputIdle(number)) === 1 ||
        times.getLong(inputWatermark(number)) === MAX_TIME
      )
    })
  }
}
