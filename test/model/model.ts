/**
 * The naive model: what a plan means, on arrays of row objects, in the simplest code that could be right. It shares
 * nothing with the engine but the meaning of functions and aggregates in ir, and nobody optimises it.
 */
import { aggregateRow, type Contribution, FLOAT_LANES } from '../../ir/expr/aggregates.ts'
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, RowFault, type Value } from '../../ir/expr/expr.ts'
import { floorDiv } from '../../ir/expr/functions/time.ts'
import { groupKey } from '../../ir/expr/order.ts'
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { Source } from '../../ir/logical/source.ts'
import { WINDOW_END, WINDOW_START } from '../../ir/logical/window.ts'

export type ModelRow = Readonly<Record<string, Value>>

export interface ModelOptions {
  readonly params?: ReadonlyMap<string, Value>
  readonly lenient?: boolean
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
  readonly errors: readonly ModelError[]
  readonly nullTimes: number
}

/** No time yet: times begin one tick later than the integers do. */
const MIN_TIME = 1n - (1n << 63n)
const MAX_TIME = (1n << 63n) - 1n

interface Item {
  readonly row: ModelRow
  /** Number of the source row it comes from, -1 behind an aggregation. */
  readonly origin: number
}

/** An operator of the model: takes rows and watermarks, hands both on. */
interface Operator {
  row(item: Item): void
  watermark(time: bigint): void
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
  return { rows, late: run.late, errors: run.errors, nullTimes }
}

class Run {
  readonly late: number[] = []
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
    let time = MIN_TIME
    let nullTimes = 0
    input.forEach((row, origin) => {
      const at = watermark ? row[watermark.column] : 0n
      if (at === null) {
        nullTimes++
        return
      }
      head.row({ row, origin })
      const moved = watermark ? (at as bigint) - watermark.delayTicks : MIN_TIME
      if (moved > time) {
        time = moved < MAX_TIME ? moved : MAX_TIME - 1n
        head.watermark(time)
      }
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
      case 'window':
        return on(item =>
          this.#guard(item, () => {
            const { column, sizeTicks, offsetTicks } = node.spec
            const start =
              floorDiv((item.row[column] as bigint) - offsetTicks, sizeTicks) * sizeTicks + offsetTicks
            const end = start + sizeTicks
            if (start < MIN_TIME || end > MAX_TIME) throw new RowFault('LDB-2005')
            next.row({ ...item, row: { ...item.row, [WINDOW_START]: start, [WINDOW_END]: end } })
          }),
        )
      case 'aggregate':
        return new Groups(node, next, this, expr => row => this.#value(expr, row))
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

  guard(item: Item, work: () => void): void {
    this.#guard(item, work)
  }

  #value(expr: Expr, row: ModelRow): Value {
    return evaluate(expr, {
      column: name => row[name],
      param: name => this.#options.params?.get(name) ?? null,
      lenient: this.#options.lenient === true,
    })
  }
}

interface Group {
  readonly end: bigint
  readonly keys: ModelRow
  /** Rows of the group as each aggregate sees them, nulls left out. */
  readonly contributions: Contribution[][]
}

class Groups implements Operator {
  readonly #node: Aggregate
  readonly #next: Operator
  readonly #run: Run
  readonly #args: readonly ((row: ModelRow) => Value)[][]
  readonly #groups = new Map<string, Group>()
  #time = MIN_TIME
  /** Rows that came so far. */
  #arrivals = 0n

  constructor(node: Aggregate, next: Operator, run: Run, compile: (expr: Expr) => (row: ModelRow) => Value) {
    this.#node = node
    this.#next = next
    this.#run = run
    this.#args = node.aggregates.map(({ call }) => call.args.map(compile))
  }

  row(item: Item): void {
    const { window, keys, input } = this.#node
    const end = window ? (item.row[window.end] as bigint) : MAX_TIME
    if (window && end <= this.#time) {
      this.#run.late.push(item.origin)
      return
    }
    const number = item.origin < 0 ? this.#arrivals++ : BigInt(item.origin)
    const lane = window || keys.length > 0 ? 0 : Number(number) % FLOAT_LANES
    const names = [...(window ? [window.start, window.end] : []), ...keys]
    this.#run.guard(item, () => {
      const values = this.#args.map(args => args.map(arg => arg(item.row)))
      const key = names.map(name => groupKey(item.row[name])).join('|')
      const columns = Object.fromEntries(names.map(name => [name, normal(item.row[name])]))
      const known = this.#groups.get(key)
      const group = known ?? { end, keys: columns, contributions: values.map(() => []) }
      const timeColumn = input.relation.time?.columns[0]
      const time = timeColumn === undefined ? number : (item.row[timeColumn] as bigint)
      const extended = group.contributions.map((list, i) =>
        values[i].includes(null) ? list : [...list, { values: values[i], time, lane }],
      )
      for (const [i, list] of extended.entries()) this.#result(i, list)
      extended.forEach((list, i) => {
        group.contributions[i] = list
      })
      if (!known) this.#groups.set(key, group)
    })
  }

  watermark(time: bigint): void {
    this.#time = time
    const due = [...this.#groups].filter(([, group]) => group.end <= time)
    const inOrder = due.toSorted(([, a], [, b]) => (a.end < b.end ? -1 : a.end > b.end ? 1 : 0))
    for (const [key, group] of inOrder) {
      this.#groups.delete(key)
      const results = this.#node.aggregates.map(({ name }, i) => [
        name,
        this.#result(i, group.contributions[i]),
      ])
      this.#next.row({ row: { ...group.keys, ...Object.fromEntries(results) }, origin: -1 })
    }
    this.#next.watermark(this.#passed(time))
  }

  #passed(time: bigint): bigint {
    const { window } = this.#node
    if (time === MAX_TIME) return time
    if (!window) return MIN_TIME
    const { sizeTicks, offsetTicks } = window
    const aligned = floorDiv(time - offsetTicks, sizeTicks) * sizeTicks + offsetTicks
    return aligned < MIN_TIME || time - offsetTicks < MIN_TIME || time - offsetTicks > MAX_TIME
      ? MIN_TIME
      : aligned
  }

  #result(i: number, list: readonly Contribution[]): Value {
    const { fn, type, args } = this.#node.aggregates[i].call
    const { rowsMin, evaluate } = aggregateRow(fn)
    return list.length < rowsMin
      ? null
      : evaluate(
          list,
          type,
          args.map(arg => arg.type),
        )
  }
}

/** Group keys come out with one zero and one NaN. */
const normal = (value: Value): Value => (value === 0 ? 0 : value)
