/** Stand-ins that the tests of the reactor share: a clock, tasks, sources and a runner that do as they are told. */
import type { BatchShape } from '../../ir/physical/program.ts'
import type { Runner } from '../../runtime/dag/runner.ts'
import type { Budget } from '../../runtime/reactor/budget.ts'
import { type Phase, phases, type Task } from '../../runtime/reactor/reactor.ts'
import { Signal } from '../../runtime/streaming/signal.ts'
import type { Clock } from '../../runtime/time/clock.ts'

/** A clock whose hands the test turns. */
export class FakeClock implements Clock {
  #ms = 0

  now(): number {
    return this.#ms
  }

  pass(ms: number): void {
    this.#ms += ms
  }
}

/** A task with so many steps of work, which writes down what it is called for. */
export class FakeTask implements Task {
  readonly changed = new Signal()
  readonly log: Phase[] = []
  /** Steps done in each of its turns. */
  readonly steps: number[] = []
  waits = 0
  isDone = false
  work: number
  readonly #onCall: (phase: Phase) => void

  constructor(work: number, onCall: (phase: Phase) => void = () => {}) {
    this.work = work
    this.#onCall = onCall
  }

  get isReady(): boolean {
    return this.work > 0
  }

  get done(): number {
    return this.steps.reduce((sum, steps) => sum + steps, 0)
  }

  wait(): Promise<void> {
    this.waits++
    return this.changed.wait()
  }

  poll(): void {
    this.#called('poll')
  }

  push(budget: Budget): void {
    this.#called('push')
    let steps = 0
    for (; this.work > 0 && budget.spend(); steps++) this.work--
    this.steps.push(steps)
  }

  advance(): void {
    this.#called('advance')
  }

  fire(): void {
    this.#called('fire')
  }

  emit(): void {
    this.#called('emit')
  }

  #called(phase: Phase): void {
    this.log.push(phase)
    this.#onCall(phase)
  }

  finish(): void {
    this.isDone = true
    this.changed.notify()
  }

  /** How many whole turns it has had. */
  get turns(): number {
    return this.log.length / phases.length
  }
}

/** A promise that the test settles. */
export class Deferred<T> {
  readonly promise: Promise<T>
  resolve: (value: T) => void = () => {}
  reject: (error: unknown) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

/** A source that answers when the test says so. */
export class AskedSource<T> implements AsyncIterator<T> {
  readonly #asks: Deferred<IteratorResult<T>>[] = []
  asked = 0
  released = 0

  next(): Promise<IteratorResult<T>> {
    this.asked++
    const ask = new Deferred<IteratorResult<T>>()
    this.#asks.push(ask)
    return ask.promise
  }

  async return(): Promise<IteratorResult<T>> {
    this.released++
    return { done: true, value: undefined }
  }

  /** How many answers are owed. */
  get owed(): number {
    return this.#asks.length
  }

  async give(value: T): Promise<void> {
    this.#asks.shift()?.resolve({ done: false, value })
    await turn()
  }

  async end(): Promise<void> {
    this.#asks.shift()?.resolve({ done: true, value: undefined })
    await turn()
  }

  async fail(error: unknown): Promise<void> {
    this.#asks.shift()?.reject(error)
    await turn()
  }
}

/** One turn of the event loop: all that is settled by now has been heard of. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A batch as the fake runner takes it: what comes out, after so many steps. */
export interface FakeBatch {
  readonly name: string
  readonly steps: number
  readonly results: readonly string[]
  /** Refused at the door; fails in its last step. */
  readonly refuses?: Error
  readonly fails?: Error
}

/** Runs fake batches, and writes down what it was asked to do. */
export class FakeRunner {
  readonly log: string[] = []
  /** The sources whose rows waited, each time that it was told. */
  readonly awake: number[] = []
  steps = 0
  readonly #onResult: (result: string) => void
  readonly #endSteps: number
  #batch: FakeBatch | undefined
  #left = 0
  #waiting: string[] = []
  #hasEnded = false

  /** The end of its input takes so many steps. */
  constructor(onResult: (result: string) => void, endSteps = 0) {
    this.#onResult = onResult
    this.#endSteps = endSteps
  }

  /** Nobody waits for a table. */
  readonly lookups = { isWaiting: false }

  get isBusy(): boolean {
    return this.#left > 0
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  hasEndedAt(): boolean {
    return this.#hasEnded
  }

  watermarkOf(): bigint {
    return 0n
  }

  stayAwake(source: number): void {
    this.awake.push(source)
  }

  accept(batch: FakeBatch): FakeBatch & { shape: BatchShape } {
    this.log.push(`accept ${batch.name}`)
    if (batch.refuses) throw batch.refuses
    return { ...batch, shape: { dictionaries: [batch.name], dense: true } }
  }

  begin(batch: FakeBatch): void {
    if (this.isBusy) throw new Error('begun while busy')
    this.log.push(`begin ${batch.name}`)
    this.#begin(batch)
  }

  #begin(batch: FakeBatch): void {
    this.#batch = batch
    this.#left = batch.steps
    if (this.#left === 0) this.#finishBatch()
  }

  /** Results of a batch wait to be flushed. */
  step(): boolean {
    if (!this.isBusy) throw new Error('stepped while idle')
    this.steps++
    this.#left--
    if (this.#left === 0) this.#finishBatch()
    return this.isBusy
  }

  #finishBatch(): void {
    const batch = this.#batch
    this.#batch = undefined
    if (batch?.fails) throw batch.fails
    this.#waiting.push(...(batch?.results ?? []))
  }

  tick(): void {
    this.log.push('tick')
  }

  end(): void {
    this.log.push('end')
    this.#hasEnded = true
    this.#begin({ name: 'end', steps: this.#endSteps, results: [] })
  }

  flush(): void {
    const results = this.#waiting
    this.#waiting = []
    if (results.length > 0) this.log.push(`flush ${results.join(' ')}`)
    for (const result of results) this.#onResult(result)
  }
}

/** The fake has all that a task calls; the runner itself has private parts besides, which no other object can have. */
export const asRunner = (fake: FakeRunner): Runner => fake as unknown as Runner

/** What a task hands to `prepare`, for the fake batch of that name. */
export const nameOf = ({ dictionaries: [name] }: BatchShape): string => name
