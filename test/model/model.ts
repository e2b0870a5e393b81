/**
 * The naive model: what a plan means, on arrays of row objects, in the simplest code that could be right. It shares
 * nothing with the engine but the meaning of functions and aggregates in ir, and nobody optimises it.
 */
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, RowFault, type Value } from '../../ir/expr/expr.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { Source } from '../../ir/logical/source.ts'
import { WINDOW_END, WINDOW_START } from '../../ir/logical/window.ts'
import { aggregated } from './groups.ts'
import type { Item, ModelRow, Operator } from './operator.ts'
import { type ModelClock, SourceWatermark, STOPPED, TooManyPartitions, timeOfBatch } from './watermark.ts'
import { MAX_TIME, MIN_TIME, windowsOf } from './windows.ts'

export type { ModelRow } from './operator.ts'

export interface ModelOptions {
  readonly params?: ReadonlyMap<string, Value>
  readonly lenient?: boolean
  /** Numbers of the rows that batches begin with, where that makes a difference. */
  readonly splits?: readonly number[]
  /** What the clock shows. */
  readonly clock?: ModelClock | undefined
  /** Does the input end, so that everything fires? */
  readonly ends?: boolean
}

export interface ModelError {
  /** Number of the input row, or -1 for a row that an operator emitted. */
  readonly row: number
  readonly code: string
}

export interface ModelResult {
  readonly rows: readonly ModelRow[]
  readonly late: readonly number[]
  readonly lateUntold: readonly number[]
  readonly errors: readonly ModelError[]
  readonly nullTimes: number
  /** Rows that were taken, and batches of which the rest was not because a limit was met. */
  readonly taken: number
  readonly abandoned: number
  /** Partitions that were forgotten. */
  readonly forgotten: number
}

interface Fed extends Pick<ModelResult, 'nullTimes' | 'abandoned' | 'forgotten'> {
  /** Numbers of the rows that were taken. */
  readonly taken: readonly number[]
}

export function runModel(
  plan: LogicalNode,
  input: readonly ModelRow[],
  options: ModelOptions = {},
): ModelResult {
  const run = new Run(options)
  const rows: ModelRow[] = []
  const end: Operator = { row: item => rows.push(item.row), watermark: () => {} }
  const [source, head] = run.build(plan, end)
  const { taken, ...fed } = run.feed(source, input, head)
  const numberOf = (origin: number): number => (origin < 0 ? origin : taken[origin])
  return {
    rows,
    late: run.late.map(numberOf),
    lateUntold: run.lateUntold.map(numberOf),
    errors: run.errors.map(({ row, code }) => ({ row: numberOf(row), code })),
    taken: taken.length,
    ...fed,
  }
}

class Run {
  readonly late: number[] = []
  readonly lateUntold: number[] = []
  readonly errors: ModelError[] = []
  readonly #options: ModelOptions

  constructor(options: ModelOptions) {
    this.#options = options
  }

  /** The chain of operators from the source on, ending in `next`. */
  build(node: LogicalNode, next: Operator): [Source, Operator] {
    if (node.kind === 'source') return [node, next]
    return this.build(inputsOf(node)[0], this.#operator(node, next))
  }

  feed({ watermark }: Source, input: readonly ModelRow[], head: Operator): Fed {
    const mark = watermark && new SourceWatermark(watermark, time => head.watermark(time))
    const fed = { taken: [] as number[], nullTimes: 0, abandoned: 0 }
    let number = 0
    this.#batchesOf(input).forEach((batch, n) => {
      const end = number + batch.length
      mark?.beginBatch(timeOfBatch(this.#options.clock ?? STOPPED, n))
      try {
        for (const row of batch) {
          if (watermark && row[watermark.column] === null) fed.nullTimes++
          else {
            head.row({ row, origin: fed.taken.length, mark: mark?.enter(row) ?? MIN_TIME })
            mark?.leave(row)
          }
          fed.taken.push(number++)
        }
        mark?.endBatch()
      } catch (error) {
        if (!(error instanceof TooManyPartitions)) throw error
        fed.abandoned++
      }
      number = end
    })
    if (this.#options.ends !== false) head.watermark(MAX_TIME)
    return { ...fed, forgotten: mark?.forgotten ?? 0 }
  }

  /** One batch at least: without any rows nothing depends on it. */
  #batchesOf(input: readonly ModelRow[]): readonly (readonly ModelRow[])[] {
    const splits = this.#options.splits ?? []
    const bounds = [0, ...splits.toSorted((a, b) => a - b), input.length]
    return bounds.slice(1).map((to, i) => input.slice(bounds[i], Math.max(bounds[i], to)))
  }

  #operator(node: Exclude<LogicalNode, Source>, next: Operator): Operator {
    const on = (row: Operator['row']): Operator => ({ row, watermark: time => next.watermark(time) })
    switch (node.kind) {
      case 'sink':
        return next
      case 'filter':
        return on(item =>
          this.#guard(item, () => this.#value(node.predicate, item.row) === true && next.row(item)),
        )
      case 'project':
        return on(item =>
          this.#guard(item, () => {
            const columns = node.columns.map(({ name, expr }) => [name, this.#value(expr, item.row)])
            next.row({ ...item, row: Object.fromEntries(columns) })
          }),
        )
      case 'window':
        return on(item =>
          this.#guard(item, () => {
            const windows = windowsOf(node.spec, item.row[node.spec.column] as bigint)
            if (windows.some(({ start, end }) => start < MIN_TIME || end > MAX_TIME))
              throw new RowFault('LDB-2005')
            const [{ start, end }] = windows
            const bounds = node.spec.kind === 'tumble' ? { [WINDOW_START]: start, [WINDOW_END]: end } : {}
            next.row({ ...item, windows, row: { ...item.row, ...bounds } })
          }),
        )
      case 'aggregate':
        return aggregated(node, next, {
          late: this.late,
          lateUntold: this.lateUntold,
          guard: this.#guard.bind(this),
          value: this.#value.bind(this),
        })
    }
  }

  /** Runs the work on a row; a fault sends the row to the errors. */
  #guard(item: Item, work: () => void): void {
    try {
      work()
    } catch (fault) {
      if (!(fault instanceof RowFault)) throw fault
      this.errors.push({ row: item.origin, code: fault.code })
    }
  }

  #value(expr: Expr, row: ModelRow): Value {
    return evaluate(expr, {
      column: name => row[name],
      param: name => this.#options.params?.get(name) ?? null,
      lenient: this.#options.lenient === true,
    })
  }
}
