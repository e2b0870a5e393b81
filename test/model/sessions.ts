/**
 * Sessions of the model: the rows of a key, sorted by time and cut where two are too far apart. Rows of a session are
 * aggregated by panes as long as its reach, which the order of floating-point additions shows.
 */
import { floorDiv } from '../../ir/expr/functions/time.ts'
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { reachOf, type SessionWindow } from '../../ir/logical/window.ts'
import { Aggregation, type Brought, joined, order } from './aggregation.ts'
import type { Item, Operator, Surroundings } from './operator.ts'

interface Taken extends Brought {
  readonly time: bigint
  readonly pane: bigint
  readonly number: bigint
}

export class Sessions extends Aggregation {
  readonly #spec: SessionWindow
  /** In order of arrival. */
  #rows: readonly Taken[] = []

  constructor(node: Aggregate, spec: SessionWindow, next: Operator, run: Surroundings) {
    super(node, next, run)
    this.#spec = spec
  }

  get #reach(): bigint {
    return reachOf(this.#spec)
  }

  #timeOf({ row }: Item): bigint {
    return row[this.#spec.column] as bigint
  }

  protected isLate(item: Item): boolean {
    const time = this.#timeOf(item)
    const key = this.keyOf(item)
    const joins = (one: Taken): boolean =>
      one.key === key && one.time - time < this.#reach && time - one.time < this.#reach
    return time + this.#reach + this.lateness <= this.timeFor(item) && !this.#rows.some(joins)
  }

  protected take(item: Item, number: bigint): void {
    const time = this.#timeOf(item)
    const pane = floorDiv(time, this.#reach)
    const row: Taken = { ...this.brought(item, number, { lane: 0, pane: `${pane}` }), time, pane, number }
    const others = this.#rows.filter(one => one.key === row.key && one.pane === pane)
    this.accept([...others, row].map(({ lists }) => lists).reduce(joined))
    this.#rows = [...this.#rows, row]
  }

  protected close(time: bigint): void {
    const sessions = [...new Set(this.#rows.map(({ key }) => key))].flatMap(key => this.#sessionsOf(key))
    const due = sessions.filter(rows => lastTime(rows) + this.#reach + this.lateness <= time)
    const inOrder = due.toSorted(
      (a, b) => order(lastTime(a), lastTime(b)) || order(firstOfLastPane(a), firstOfLastPane(b)),
    )
    const gone = new Set(due.flat())
    this.#rows = this.#rows.filter(row => !gone.has(row))
    for (const rows of inOrder) {
      const byPane = rows.toSorted((a, b) => order(a.pane, b.pane) || order(a.number, b.number))
      const span = { start: rows[0].time, end: lastTime(rows) + this.#spec.gapTicks }
      this.emit(
        span,
        rows[0].keys,
        byPane.map(({ lists }) => lists),
      )
    }
  }

  /** The sessions of a key, the rows of each in order of time. */
  #sessionsOf(key: string): readonly (readonly Taken[])[] {
    const sessions: Taken[][] = []
    const rows = this.#rows.filter(row => row.key === key)
    for (const row of rows.toSorted((a, b) => order(a.time, b.time) || order(a.number, b.number))) {
      const session = sessions.at(-1)
      if (session && row.time - lastTime(session) < this.#reach) session.push(row)
      else sessions.push([row])
    }
    return sessions
  }
}

const lastTime = (rows: readonly Taken[]): bigint => rows[rows.length - 1].time

/** The number of the row that came first of those in the last pane. */
function firstOfLastPane(rows: readonly Taken[]): bigint {
  const inLast = rows.filter(({ pane }) => pane === rows[rows.length - 1].pane)
  return inLast.map(({ number }) => number).toSorted(order)[0]
}
