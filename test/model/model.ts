/**
 * The naive model: what a plan means, on arrays of row objects, in the simplest code that could be right. It shares
 * nothing with the engine but the meaning of functions and aggregates in ir, and nobody optimises it.
 */
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, RowFault, type Value } from '../../ir/expr/expr.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { Source } from '../../ir/logical/source.ts'
import type { Union } from '../../ir/logical/union.ts'
import { WINDOW_END, WINDOW_START } from '../../ir/logical/window.ts'
import { Duplicates } from './deduplicate.ts'
import { Entrance } from './entrance.ts'
import { aggregated } from './groups.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { type Input, unionOf } from './union.ts'
import { MAX_TIME, MIN_TIME, windowsOf } from './windows.ts'

export type { ModelRow } from './operator.ts'

/** Which source the rows of a plan that reads several come from, and when one of them falls silent. */
export interface Comings {
  /** The name of the source of each row. */
  readonly origins?: readonly string[]
  /** Before the row of that number its source, or that of the last row, falls silent. */
  readonly idles?: readonly { readonly row: number; readonly source: string }[]
}

export interface ModelOptions extends Comings {
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
  run.build(plan, end)
  const nullTimes = run.feed(input)
  return { rows, late: run.late, lateUntold: run.lateUntold, errors: run.errors, nullTimes }
}

class Run {
  readonly late: number[] = []
  readonly lateUntold: number[] = []
  readonly errors: ModelError[] = []
  readonly #options: ModelOptions
  readonly #sources: Entrance[] = []

  constructor(options: ModelOptions) {
    this.#options = options
  }

  /** The operators from the sources on, ending in `next`; `inputs` are those of the unions on the way. */
  build(node: LogicalNode, next: Operator, inputs: readonly Input[] = []): void {
    if (node.kind === 'source') this.#sources.push(new Entrance(node, next, inputs))
    else if (node.kind === 'union') {
      const own = unionOf(node.inputs.length, next)
      for (const [i, input] of node.inputs.entries()) this.build(input, own[i], [own[i], ...inputs])
    } else this.build(inputsOf(node)[0], this.#operator(node, next), inputs)
  }

  feed(rows: readonly ModelRow[]): number {
    const { origins, idles = [], splits = [], ends } = this.#options
    const sourceOf = (row: number): string => origins?.[row] ?? this.#sources[0].name
    const lasts = new Set([...splits, rows.length])
    let nullTimes = 0
    for (let i = 0; i <= rows.length; i++) {
      const silent = idles.filter(({ row }) => row === i)
      const before = this.#find(i > 0 ? sourceOf(i - 1) : '')
      if (lasts.has(i) || silent.length > 0 || i === 0 || sourceOf(i) !== sourceOf(i - 1)) before?.endBatch()
      for (const { source } of silent) this.#find(source)?.idle()
      if (i < rows.length && this.#find(sourceOf(i))?.take(rows[i], i) === false) nullTimes++
    }
    if (ends !== false) for (const source of this.#sources) source.end()
    return nullTimes
  }

  #find(source: string): Entrance | undefined {
    return this.#sources.find(({ name }) => name === source)
  }

  #operator(node: Exclude<LogicalNode, Source | Union>, next: Operator): Operator {
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
      case 'deduplicate':
        return new Duplicates(node, next, this.#surroundings)
      case 'aggregate':
        return aggregated(node, next, this.#surroundings)
    }
  }

  get #surroundings(): Surroundings {
    return {
      late: this.late,
      lateUntold: this.lateUntold,
      guard: this.#guard.bind(this),
      value: this.#value.bind(this),
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
