/** A task over a fake runner, with a real feed before it and a real output behind it. */
import type { RecordBatch } from 'apache-arrow'
import type { BudgetLimits } from '../../runtime/reactor/budget.ts'
import { QueryTask } from '../../runtime/reactor/query-task.ts'
import { Reactor } from '../../runtime/reactor/reactor.ts'
import { type BatchSource, Feed } from '../../runtime/streaming/feed.ts'
import { Sources } from '../../runtime/streaming/sources.ts'
import { Output } from '../../runtime/subscription/output.ts'
import { asRunner, type FakeBatch, FakeClock, FakeRunner, nameOf } from './kit.ts'

/** A batch that takes one step and has its name as its result. */
export const batch = (name: string, rest: Partial<FakeBatch> = {}): FakeBatch => ({
  name,
  steps: 1,
  results: [name],
  ...rest,
})

export interface TaskSetup {
  readonly source?: BatchSource<FakeBatch>
  /** Steps that the end of the input takes. */
  readonly endSteps?: number
  readonly prepare?: (name: string) => Promise<void> | undefined
  readonly onRefused?: (error: unknown) => void
  readonly takeError?: () => unknown
  readonly onResult?: (result: string) => void
}

export class TaskBench {
  /** All results so far, whether the output still holds them or not. */
  readonly results: string[] = []
  /** What the query ended with, each time that it did. */
  readonly ends: unknown[] = []
  readonly output: Output<string>
  readonly runner: FakeRunner
  readonly task: QueryTask
  released = 0

  constructor({ source = [].values(), endSteps, prepare, onRefused, takeError, onResult }: TaskSetup) {
    this.output = new Output<string>(
      () => this.task.changed.notify(),
      () => this.task.finish(undefined),
    )
    this.runner = new FakeRunner(result => {
      this.results.push(result)
      this.output.add(result)
      onResult?.(result)
    }, endSteps)
    this.task = new QueryTask({
      runner: asRunner(this.runner),
      sources: new Sources([new Feed(this.#watched(source), () => this.task.changed.notify())]),
      taker: this.output,
      prepare: shape => prepare?.(nameOf(shape)),
      onRefused,
      takeError: takeError ?? (() => undefined),
      onEnd: error => {
        this.ends.push(error)
        this.output.close(error)
      },
    })
  }

  /** To the task its batches are opaque: they go from the source to the runner, and both are ours. */
  #watched(source: BatchSource<FakeBatch>): BatchSource<RecordBatch> {
    const watched = {
      next: () => source.next(),
      return: () => {
        this.released++
        return source.return?.()
      },
    }
    return watched as unknown as BatchSource<RecordBatch>
  }
}

/** A reactor whose clock stands still. */
export function reactorOf(stepsMax: number, ...benches: readonly TaskBench[]): Reactor {
  const budget: BudgetLimits = { stepsMax, turnMs: 1 }
  const reactor = new Reactor({ clock: new FakeClock(), budget })
  for (const { task } of benches) reactor.add(task)
  return reactor
}

export function takeTurns(reactor: Reactor, count: number): void {
  for (let i = 0; i < count; i++) reactor.turn()
}
