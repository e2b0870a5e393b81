/** What aggregations of the model have in common: what a row brings to its group, and what a group comes to. */
import { type Aggregate as AggregateCall, type AggregateRow, aggregateRow } from '../../ir/expr/aggregates.ts'
import { type Change, retractRow } from '../../ir/expr/changes.ts'
import type { Contribution } from '../../ir/expr/contributions.ts'
import { RowFault, type Value } from '../../ir/expr/expr.ts'
import { groupKey } from '../../ir/expr/order.ts'
import { type Aggregate, resultsFollowRows, splitsByWindow } from '../../ir/logical/aggregate.ts'
import { CHANGE, changes } from '../../ir/logical/emit.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { MAX_TIME, MIN_TIME, passed, type Span } from './windows.ts'

/** The rows of a group as each aggregate sees them, nulls left out. */
export type Lists = readonly (readonly Change[])[]

/** What a row brings. */
export interface Brought {
  readonly key: string
  readonly keys: ModelRow
  readonly lists: Lists
}

export abstract class Aggregation implements Operator {
  readonly node: Aggregate
  readonly #next: Operator
  readonly #run: Surroundings
  protected time = MIN_TIME
  /** What the clock shows. */
  protected now = 0n
  /** Rows that came so far. */
  #arrivals = 0n

  constructor(node: Aggregate, next: Operator, run: Surroundings) {
    this.node = node
    this.#next = next
    this.#run = run
  }

  protected get lateness(): bigint {
    return this.node.emit.latenessTicks
  }

  /** The watermark that a row is held against. */
  protected timeFor({ mark = MIN_TIME }: Item): bigint {
    return mark > this.time ? mark : this.time
  }

  /** Is no window of the row open? */
  protected abstract isLate(item: Item): boolean
  /** Takes a row; it has changed nothing where it throws. */
  protected abstract take(item: Item, number: bigint): void
  /** Emits what a watermark closes. */
  protected abstract close(time: bigint): void

  row(item: Item): void {
    if (this.isLate(item)) {
      const { late, lateUntold } = this.#run
      const list = this.node.emit.strategy === 'final' ? lateUntold : late
      list.push(item.origin)
      return
    }
    const number = item.origin < 0 ? this.#arrivals++ : BigInt(item.origin)
    this.#run.guard(item, () => {
      if (item.windows?.some(({ end }) => end + this.lateness > MAX_TIME)) throw new RowFault('LDB-2005')
      if (splitsByWindow(this.node)) this.#takeByWindow(item, number)
      else this.take(item, number)
    })
  }

  /** A row is faulty for itself, or for some of the windows that are still open. */
  #takeByWindow(item: Item, number: bigint): void {
    this.brought(item, number, { lane: 0, parts: [] })
    const open = item.windows?.filter(({ end }) => end + this.lateness > this.timeFor(item)) ?? []
    for (const window of open) {
      const own = { ...item, windows: [window] }
      this.#run.guard(own, () => this.take(own, number))
    }
  }

  watermark(time: bigint): void {
    this.close(time)
    this.time = time
    this.#next.watermark(passed(this.node.window?.spec, this.lateness, time))
  }

  clock(now: bigint): void {
    this.now = now
    this.#next.clock(now)
  }

  tick(): void {
    this.struck()
    this.#next.tick()
  }

  /** The clock has gone on. */
  protected struck(): void {}

  keyOf({ row }: Item): string {
    return this.node.keys.map(name => groupKey(row[name])).join('|')
  }

  /** Event time where the stream has one, else the number of the row. */
  protected timeOf({ row }: Item, number: bigint): bigint {
    const column = this.node.input.relation.time?.columns[0]
    return column === undefined ? number : (row[column] as bigint)
  }

  brought(item: Item, number: bigint, { lane, parts }: Pick<Contribution, 'lane' | 'parts'>): Brought {
    const { keys, aggregates } = this.node
    const given = aggregates.map(({ call: { args } }) => args.map(arg => this.#run.value(arg, item.row)))
    const time = this.timeOf(item, number)
    return {
      key: this.keyOf(item),
      keys: Object.fromEntries(keys.map(name => [name, normal(item.row[name])])),
      lists: given.map((values, i) =>
        takes(aggregates[i].call, values)
          ? [{ values, time, lane, parts, isTakenBack: this.takesBack(item) }]
          : [],
      ),
    }
  }

  /** Does a change take back a row? */
  takesBack({ row }: Item): boolean {
    const code = this.node.input.relation.isChangelog ? row[CHANGE] : changes.insert
    return code === changes.delete || code === changes.updateBefore
  }

  /** Throws where a row cannot be taken, that comes last. */
  protected accept(lists: Lists): void {
    const needsResults = resultsFollowRows(this.node)
    for (const [i, list] of lists.entries()) {
      const { rule, argTypes, call } = this.#rule(i)
      if (rule.take && !needsResults) rule.take(list, argTypes, call)
      else this.#result(i, list)
    }
  }

  /** Throws where an aggregate cannot be computed. */
  results(lists: Lists): ModelRow {
    return Object.fromEntries(this.node.aggregates.map(({ name }, i) => [name, this.#result(i, lists[i])]))
  }

  #result(i: number, list: readonly Change[]): Value {
    const { rule, argTypes, call, rowsMin } = this.#rule(i)
    return list.length < rowsMin ? null : rule.evaluate(list, call.type, argTypes, call)
  }

  /** What an aggregate means here. */
  #rule(i: number) {
    const { call } = this.node.aggregates[i]
    const argTypes = call.args.map(arg => arg.type)
    if (!this.node.input.relation.isChangelog) {
      const rule: Pick<AggregateRow, 'take' | 'evaluate'> = aggregateRow(call.fn)
      return { rule, argTypes, call, rowsMin: aggregateRow(call.fn).rowsMin }
    }
    const rule = retractRow(call)
    if (!rule) throw new Error(`${call.fn} cannot take rows back`)
    return { rule, argTypes, call, rowsMin: 0 }
  }

  /** A group of a window leaves: its parts are in the order in which they are combined. */
  emit({ start, end }: Span, keys: ModelRow, parts: readonly Lists[], change: number = changes.insert): void {
    const { window, aggregates } = this.node
    const bounds = window ? { [window.start]: start, [window.end]: end } : {}
    const lists = aggregates.map((_, i) => parts.flatMap(one => one[i]))
    const nowhere: Item = { row: {}, origin: -1 }
    this.#run.guard(nowhere, () =>
      this.#next.row({
        ...nowhere,
        row: {
          ...bounds,
          ...keys,
          ...this.results(lists),
          ...(this.node.relation.isChangelog && { [CHANGE]: change }),
        },
      }),
    )
  }
}

export const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Does a row count for an aggregate? Nulls are left out, or a second argument says it. */
const takes = ({ fn }: AggregateCall, values: readonly Value[]): boolean =>
  aggregateRow(fn).keepsNulls ? (values.at(1) ?? values.length < 2) === true : !values.includes(null)

/** The rows of both. */
export const joined = (a: Lists, b: Lists): Lists => a.map((list, i) => [...list, ...b[i]])

/** Group keys come out with one zero and one NaN. */
const normal = (value: Value): Value => (value === 0 ? 0 : value)
