/**
 * The naive model: what a plan means, on arrays of row objects, in the simplest code that could be right. It shares
 * nothing with the engine but the meaning of functions and aggregates in ir, and nobody optimises it.
 */
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, RowFault, type Value } from '../../ir/expr/expr.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { namesOf } from '../../ir/logical/mode.ts'
import type { Source } from '../../ir/logical/source.ts'
import { WINDOW_END, WINDOW_START } from '../../ir/logical/window.ts'
import { aggregated } from './groups.ts'
import type { Item, ModelRow, Operator } from './operator.ts'
import { MAX_TIME, MIN_TIME, windowsOf } from './windows.ts'

export type { ModelRow } from './operator.ts'

export interface ModelOptions {
  readonly params?: ReadonlyMap<string, Value>
  readonly lenient?: boolean
  /** Numbers of the rows that batches begin with, where that makes a difference. */
  readonly splits?: readonly number[]
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
  const nullTimes = run.feed(source, input, head)
  return { rows, late: run.late, lateUntold: run.lateUntold, errors: run.errors, nullTimes }
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

  feed({ watermark }: Source, input: readonly ModelRow[], head: Operator): number {
    const begins = new Set([...(this.#options.splits ?? []), input.length])
    let time = MIN_TIME
    let next = MIN_TIME
    let nullTimes = 0
    const move = (): void => {
      if (next <= time) return
      time = next < MAX_TIME ? next : MAX_TIME - 1n
      head.watermark(time)
    }
    input.forEach((row, origin) => {
      const at = watermark ? row[watermark.column] : MIN_TIME
      if (at === null) nullTimes++
      else {
        head.row({ row, origin })
        const moved = watermark ? (at as bigint) - watermark.delayTicks : MIN_TIME
        const counts = watermark?.marker === undefined || row[watermark.marker] === true
        if (counts && moved > next) next = moved
        if (watermark?.moves !== 'batch') move()
      }
      if (begins.has(origin + 1)) move()
    })
    if (this.#options.ends !== false) head.watermark(MAX_TIME)
    return nullTimes
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
      case 'mode':
        return on(item =>
          this.#guard(item, () => {
            const { from, name } = namesOf(node)
            const code = item.row[from] as number
            if (code < 0 || code > 3) throw new RowFault('LDB-9006')
            const columns = Object.entries(item.row).map(([one, value]) => [one === from ? name : one, value])
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
