/**
 * The naive model: what a plan means, on arrays of row objects, in the simplest code that could be right. It shares
 * nothing with the engine but the meaning of functions and aggregates in ir, and nobody optimises it.
 */
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, RowFault, type Value } from '../../ir/expr/expr.ts'
import type { AsofJoin } from '../../ir/logical/asof-join.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { IntervalJoin } from '../../ir/logical/interval-join.ts'
import { namesOf } from '../../ir/logical/mode.ts'
import type { Source } from '../../ir/logical/source.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { Union } from '../../ir/logical/union.ts'
import { WINDOW_END, WINDOW_START } from '../../ir/logical/window.ts'
import { driftMax, Warnings } from './alignment.ts'
import { asofJoinOf } from './asof-join.ts'
import { Consolidated } from './consolidate.ts'
import { Duplicates } from './deduplicate.ts'
import { Entrance } from './entrance.ts'
import { aggregated } from './groups.ts'
import { Historied } from './history.ts'
import { intervalJoinOf } from './interval-join.ts'
import { lookedUpFor } from './lookup.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { Ranking } from './rank.ts'
import { Sorted } from './sort.ts'
import { type Input, unionOf } from './union.ts'
import { TooManyPartitions } from './watermark.ts'
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
  /** Milliseconds that a clock goes on before each batch. */
  readonly stepMs?: number
  /** Set where the clock strikes between batches: at the multiples of so many milliseconds. */
  readonly strikeMs?: number | undefined
  /** Set where the plan is a part of another one, whose sources its own are aligned with. */
  readonly whole?: LogicalNode
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
  readonly takenBySource: ReadonlyMap<string, number>
  readonly abandoned: number
  /** Partitions that were forgotten. */
  readonly forgotten: number
  /** How often partitions were found idle. */
  readonly foundIdle: number
  /** How often whole sources were found idle. */
  readonly sourcesFoundIdle: number
  /** Rows that were too far ahead of the clock. */
  readonly ahead: number
  /** Rows that were too far ahead of the other sources of their group, and how often one was told of. */
  readonly drifted: number
  readonly warnings: number
}

interface Fed
  extends Pick<
    ModelResult,
    | 'nullTimes'
    | 'takenBySource'
    | 'abandoned'
    | 'forgotten'
    | 'foundIdle'
    | 'sourcesFoundIdle'
    | 'ahead'
    | 'drifted'
    | 'warnings'
  > {
  /** Numbers of the rows that were taken. */
  readonly taken: readonly number[]
}

interface Batch {
  readonly from: number
  readonly to: number
  readonly source: string
  readonly silent: readonly string[]
}

export function runModel(
  plan: LogicalNode,
  input: readonly ModelRow[],
  options: ModelOptions = {},
): ModelResult {
  const run = new Run(options)
  const rows: ModelRow[] = []
  const end: Operator = { row: item => rows.push(item.row), watermark() {}, clock() {}, tick() {} }
  run.build(plan, end)
  run.addOthers(options.whole)
  const { taken, ...fed } = run.feed(input)
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

/** Where several inputs come together. */
type Gathering = Union | IntervalJoin | AsofJoin

const isGathering = (node: LogicalNode): node is Gathering =>
  node.kind === 'union' || node.kind === 'interval_join' || node.kind === 'asof_join'

const nowhere: Operator = { row() {}, watermark() {}, clock() {}, tick() {} }

class Run {
  readonly late: number[] = []
  readonly lateUntold: number[] = []
  readonly errors: ModelError[] = []
  readonly #options: ModelOptions
  readonly #sources: Entrance[] = []
  /** With those of the whole plan, whose rows lead nowhere. */
  #all: readonly Entrance[] = []

  constructor(options: ModelOptions) {
    this.#options = options
  }

  /** The operators from the sources on, ending in `next`; `inputs` are those of what comes together on the way. */
  build(node: LogicalNode, next: Operator, inputs: readonly Input[] = []): void {
    if (node.kind === 'source')
      this.#sources.push(new Entrance(node, next, inputs, row => this.errors.push({ row, code: 'LDB-2007' })))
    else if (isGathering(node)) {
      const own = this.#gathering(node, next)
      for (const [i, input] of inputsOf(node).entries()) this.build(input, own[i], [own[i], ...inputs])
    } else this.build(inputsOf(node)[0], this.#operator(node, next), inputs)
  }

  #gathering(node: Gathering, next: Operator): readonly Input[] {
    switch (node.kind) {
      case 'union':
        return unionOf(node.inputs.length, next)
      case 'interval_join':
        return intervalJoinOf(node, next, this.#surroundings)
      case 'asof_join':
        return asofJoinOf(node, next, this.#surroundings)
    }
  }

  /** What the sources of the whole plan that are not there do, matters to those that are aligned with them. */
  addOthers(whole: LogicalNode | undefined): void {
    const names = this.#sources.map(({ name }) => name)
    const others = (whole ? sourcesOf(whole) : []).filter(({ name }) => !names.includes(name))
    this.#all = [...this.#sources, ...others.map(one => new Entrance(one, nowhere, [], () => {}))]
  }

  feed(rows: readonly ModelRow[]): Fed {
    const taken: number[] = []
    const takenBySource = new Map<string, number>()
    const warnings = new Warnings(this.#all)
    let [nullTimes, abandoned] = [0, 0]
    for (const [n, { silent, source, from, to }] of this.#batches(rows.length).entries()) {
      for (const name of silent) {
        this.#find(name)?.idle()
        warnings.look()
      }
      const entrance = this.#find(source)
      const isOwn = entrance !== undefined && this.#sources.includes(entrance)
      this.#goOn(n, to > from ? entrance : undefined, warnings)
      try {
        for (let i = from; i < to; i++) {
          const hasTime = entrance?.take(rows[i], taken.length, driftMax(entrance, this.#all))
          if (hasTime === false && isOwn) nullTimes++
          taken.push(i)
          takenBySource.set(source, (takenBySource.get(source) ?? 0) + 1)
        }
        entrance?.mark?.endBatch()
      } catch (error) {
        if (!(error instanceof TooManyPartitions)) throw error
        abandoned++
      }
      warnings.look()
    }
    if (this.#options.ends !== false) for (const source of this.#sources) source.end()
    const drifted = this.#sources.reduce((sum, one) => sum + one.drifted, 0)
    const forgotten = this.#sources.reduce((sum, { mark }) => sum + (mark?.forgotten ?? 0), 0)
    const ahead = this.#sources.reduce((sum, one) => sum + one.ahead, 0)
    const sourcesFoundIdle = this.#sources.reduce((sum, one) => sum + one.foundIdle, 0)
    const foundIdle = this.#sources.reduce((sum, { mark }) => sum + (mark?.foundIdle ?? 0), 0)
    return {
      taken,
      takenBySource,
      nullTimes,
      abandoned,
      forgotten,
      foundIdle,
      sourcesFoundIdle,
      ahead,
      drifted,
      warnings: warnings.count,
    }
  }

  /** A batch ends where it is said so, where the rows of another source begin, and where a source falls silent. */
  #batches(rows: number): readonly Batch[] {
    const { origins, idles = [], splits = [] } = this.#options
    const sourceOf = (row: number): string => origins?.[row] ?? this.#sources[0].name
    const changes = Array.from({ length: rows }, (_, i) => i).filter(
      i => i > 0 && sourceOf(i) !== sourceOf(i - 1),
    )
    const ends = [...splits, ...changes, ...idles.map(({ row }) => row)].map(at => Math.min(at, rows))
    if (rows === 0 && ends.length === 0) return []
    const bounds = [0, ...ends.toSorted((a, b) => a - b), rows]
    return bounds.slice(1).map((to, i) => {
      const from = bounds[i]
      const silent = to > from || from === rows ? idles.filter(({ row }) => row === from) : []
      return { from, to, source: sourceOf(from), silent: silent.map(({ source }) => source) }
    })
  }

  /** To the time of a batch for a source: on the way the clock strikes as often as the plan asks for. */
  #goOn(batch: number, comesTo: Entrance | undefined, warnings: Warnings): void {
    const { stepMs = 0, strikeMs = 0 } = this.#options
    const [from, to] = [batch * stepMs, (batch + 1) * stepMs]
    const first = (Math.floor(from / strikeMs) + 1) * strikeMs
    if (strikeMs > 0) for (let at = first; at <= to; at += strikeMs) this.#tick(BigInt(at), warnings)
    comesTo?.stayAwake(BigInt(to))
    this.#tick(BigInt(to), warnings)
  }

  /** The clock shows a time: all know it before any acts on it. */
  #tick(now: bigint, warnings: Warnings): void {
    for (const source of this.#all) source.clock(now)
    for (const source of this.#all) source.tick(now)
    for (const source of this.#all) source.findIdle(now)
    warnings.look()
  }

  #find(source: string): Entrance | undefined {
    return this.#all.find(({ name }) => name === source)
  }

  #operator(node: Exclude<LogicalNode, Source | Gathering>, next: Operator): Operator {
    const on = (row: Operator['row']): Operator => ({
      row,
      watermark: time => next.watermark(time),
      clock: now => next.clock(now),
      tick: () => next.tick(),
    })
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
            const code = item.row[from] as number | null
            if (code === null || code < 0 || code > 3) throw new RowFault('LDB-9006')
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
      case 'lookup':
        return on(item => {
          const found = lookedUpFor(node, item)
          if (found) next.row(found)
        })
      case 'consolidate':
        return new Consolidated(node, next)
      case 'deduplicate':
        return new Duplicates(node, next, this.#surroundings)
      case 'history':
        return new Historied(node, next, this.#surroundings)
      case 'sort':
        return new Sorted(node, next, this.#surroundings)
      case 'rank':
        return new Ranking(node, next, this.#surroundings)
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
