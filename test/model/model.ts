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
import { WINDOW_END, WINDOW_START, type WindowSpec } from '../../ir/logical/window.ts'

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

/** A window that a row belongs to. */
interface Span {
  readonly start: bigint
  readonly end: bigint
}

interface Item {
  readonly row: ModelRow
  /** In order of time; there is one, which never closes, where rows belong to none. */
  readonly windows?: readonly Span[]
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
            const windows = windowsOf(node.spec, item.row[node.spec.column] as bigint)
            if (windows.some(({ start, end }) => start < MIN_TIME || end > MAX_TIME))
              throw new RowFault('LDB-2005')
            const [{ start, end }] = windows
            const bounds = node.spec.kind === 'tumble' ? { [WINDOW_START]: start, [WINDOW_END]: end } : {}
            next.row({ ...item, windows, row: { ...item.row, ...bounds } })
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

/** The windows of a time in order of time. */
function windowsOf(spec: WindowSpec, time: bigint): readonly Span[] {
  const { sizeTicks: size, offsetTicks: offset } = spec
  const align = (at: bigint, step: bigint): bigint => floorDiv(at - offset, step) * step + offset
  const spans: Span[] = []
  if (spec.kind === 'cumulate') {
    const start = align(time, size)
    for (let end = start + spec.stepTicks; end <= start + size; end += spec.stepTicks)
      if (end > time) spans.push({ start, end })
    return spans
  }
  const slide = spec.kind === 'hop' ? spec.slideTicks : size
  for (let start = align(time, slide); start + size > time; start -= slide)
    spans.unshift({ start, end: start + size })
  return spans
}

/** Rows of one key that belong to the same windows. */
interface Group {
  readonly windows: readonly Span[]
  readonly key: string
  readonly keys: ModelRow
  /** Rows of the group as each aggregate sees them, nulls left out. */
  readonly contributions: Contribution[][]
}

class Groups implements Operator {
  readonly #node: Aggregate
  readonly #next: Operator
  readonly #run: Run
  readonly #args: readonly (((row: ModelRow) => Value) | undefined)[]
  readonly #groups = new Map<string, Group>()
  #time = MIN_TIME
  /** Rows that came so far. */
  #arrivals = 0n

  constructor(node: Aggregate, next: Operator, run: Run, compile: (expr: Expr) => (row: ModelRow) => Value) {
    this.#node = node
    this.#next = next
    this.#run = run
    this.#args = node.aggregates.map(({ call }) => call.arg && compile(call.arg))
  }

  row(item: Item): void {
    const { keys, input, window } = this.#node
    const { windows = ALWAYS } = item
    if (windows.every(({ end }) => end <= this.#time)) {
      this.#run.late.push(item.origin)
      return
    }
    const number = item.origin < 0 ? this.#arrivals++ : BigInt(item.origin)
    const lane = window || keys.length > 0 ? 0 : Number(number) % FLOAT_LANES
    this.#run.guard(item, () => {
      const values = this.#args.map(arg => (arg ? arg(item.row) : true))
      const key = keys.map(name => groupKey(item.row[name])).join('|')
      const pane = windows.map(({ end }) => end).join(' ')
      const known = this.#groups.get(`${pane}|${key}`)
      const group = known ?? {
        windows,
        key,
        keys: this.#keysOf(item.row),
        contributions: values.map(() => []),
      }
      const timeColumn = input.relation.time?.columns[0]
      const time = timeColumn === undefined ? number : (item.row[timeColumn] as bigint)
      const extended = group.contributions.map((list, i) =>
        values[i] === null ? list : [...list, { value: values[i], time, lane, pane }],
      )
      for (const [i, list] of extended.entries()) this.#result(i, list)
      extended.forEach((list, i) => {
        group.contributions[i] = list
      })
      if (!known) this.#groups.set(`${pane}|${key}`, group)
    })
  }

  #keysOf(row: ModelRow): ModelRow {
    return Object.fromEntries(this.#node.keys.map(name => [name, normal(row[name])]))
  }

  watermark(time: bigint): void {
    const isDue = ({ end }: Span): boolean => end <= time && end > this.#time
    const all = [...this.#groups.values()].flatMap(({ windows }) => windows.filter(isDue))
    const due = [...new Map(all.map(window => [window.end, window])).values()]
    for (const window of due.toSorted((a, b) => order(a.end, b.end))) this.#close(window)
    for (const [name, { windows }] of this.#groups)
      if (windows.every(({ end }) => end <= time)) this.#groups.delete(name)
    this.#time = time
    this.#next.watermark(this.#passed(time))
  }

  /** What the rows of a window come to: pane by pane in order of time, in each in order of arrival. */
  #close(window: Span): void {
    const inWindow = [...this.#groups.values()].filter(({ windows }) =>
      windows.some(({ end }) => end === window.end),
    )
    const inOrder = inWindow.toSorted(
      (a, b) => order(a.windows[0].end, b.windows[0].end) || order(lastEnd(a), lastEnd(b)),
    )
    for (const name of new Set(inOrder.map(({ key }) => key))) {
      const parts = inOrder.filter(({ key }) => key === name)
      const { window: assigned, aggregates } = this.#node
      const bounds = assigned ? { [assigned.start]: window.start, [assigned.end]: window.end } : {}
      this.#run.guard({ row: {}, origin: -1 }, () => {
        const results = aggregates.map(({ name }, i) => [
          name,
          this.#result(
            i,
            parts.flatMap(({ contributions }) => contributions[i]),
          ),
        ])
        this.#next.row({ row: { ...bounds, ...parts[0].keys, ...Object.fromEntries(results) }, origin: -1 })
      })
    }
  }

  #passed(time: bigint): bigint {
    const { window } = this.#node
    if (time === MAX_TIME) return time
    if (!window) return MIN_TIME
    const { sizeTicks, offsetTicks } = window.spec
    const step = window.spec.kind === 'hop' ? window.spec.slideTicks : sizeTicks
    const open = time - (sizeTicks - step)
    const aligned = floorDiv(open - offsetTicks, step) * step + offsetTicks
    return [open, open - offsetTicks, aligned].some(at => at < MIN_TIME || at > MAX_TIME) ? MIN_TIME : aligned
  }

  #result(i: number, list: readonly Contribution[]): Value {
    const { fn, type, arg } = this.#node.aggregates[i].call
    if (list.length === 0) return fn === 'count' ? 0n : null
    return aggregateRow(fn).evaluate(list, type, arg?.type ?? 'bool')
  }
}

const ALWAYS: readonly Span[] = [{ start: 0n, end: MAX_TIME }]
const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const lastEnd = ({ windows }: Group): bigint => windows[windows.length - 1].end

/** Group keys come out with one zero and one NaN. */
const normal = (value: Value): Value => (value === 0 ? 0 : value)
