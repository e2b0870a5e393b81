/**
 * A case of the kernel benches: a question as a plan, as SQL, and as code that a good engineer would write for it by
 * hand, in JavaScript and in C, with the same meaning and the same algorithm. Other benches do without SQL.
 */
import type { Columns, Stream } from '../../compiler/index.ts'
import type { Answer } from './answer.ts'
import type { Data } from './data.ts'
import { fresh } from './fresh.ts'
import type { Random } from './random.ts'
import type { TimeShift } from './time-shift.ts'

export interface CodedCase {
  readonly name: string
  /** What the rows are like, for people. */
  readonly about: string
  /** Rows that a pass takes; enough that no branch predictor learns them by heart. */
  readonly rows: number
  readonly data: (rows: number, random: Random) => Data
  readonly stream: Stream<Columns>
  readonly rival: Rival
  readonly time?: TimeShift
}

export interface KernelCase extends CodedCase {
  /** The same question over a table named `data`. */
  readonly sql: string
}

export type Buffer = Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint32Array
export type Buffers = Readonly<Record<string, Buffer>>

/** A loop that somebody wrote. Results go to the buffers; `out[0]` says how many there are since the call began. */
export interface HandKernel {
  run(from: number, to: number): void
  /** Everything that waits comes out. The state is empty afterwards. */
  end(): void
}

/** What is written by hand, over buffers of any names. */
export interface Rival {
  /** Columns, state and room for results; C gets their addresses in this order. */
  readonly buffers: (data: Data) => Buffers
  /** Makes a loop of its own over the buffers. */
  readonly hand: (buffers: Buffers) => HandKernel
  /** File with the same in C: a path in bench. */
  readonly cFile: string
  /** The results that lie in the buffers. */
  readonly results: (buffers: Buffers) => Answer
}

/** What every rival has among its buffers. */
interface WithOut {
  readonly out: Int32Array
}

export interface RivalSpec<B extends Readonly<Record<keyof B, Buffer>> & WithOut> {
  readonly buffers: (data: Data) => B
  /** Uses nothing from outside its own text: it is made anew for every subject. */
  readonly hand: (buffers: B) => HandKernel
  readonly cFile: string
  readonly results: (buffers: B) => Answer
}

/** Forgets the names of the buffers, which only the rival itself needs to know. */
export const rival = <B extends Readonly<Record<keyof B, Buffer>> & WithOut>(spec: RivalSpec<B>): Rival => ({
  ...spec,
  hand: buffers => fresh(spec.hand)(buffers as unknown as B),
  results: buffers => spec.results(buffers as unknown as B),
})

/** A stream with its columns forgotten, as the lists of cases have it. */
export const erase = <S extends Columns>(stream: Stream<S>): Stream<Columns> =>
  stream as unknown as Stream<Columns>
