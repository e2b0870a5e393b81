/** Windows of rows in the model: all rows of a group are kept, and a result is made of those that its window covers. */
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { paneRowsOf, type RowWindow, WINDOW_NUMBER } from '../../ir/logical/row-window.ts'
import { Aggregation, joined, type Lists } from './aggregation.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

interface Group {
  readonly keys: ModelRow
  /** In order of arrival. */
  readonly rows: readonly Lists[]
}

const NOWHERE = { start: MIN_TIME, end: MAX_TIME }

export class RowWindows extends Aggregation {
  readonly #rows: RowWindow
  readonly #groups = new Map<string, Group>()

  constructor(node: Aggregate, rows: RowWindow, next: Operator, run: Surroundings) {
    super(node, next, run)
    this.#rows = rows
  }

  protected isLate(): boolean {
    return false
  }

  protected take(item: Item, number: bigint): void {
    const { keys, rows } = this.#groups.get(this.keyOf(item)) ?? { keys: undefined, rows: [] }
    const pane = this.#rows.sizeRows === undefined ? 0 : Math.floor(rows.length / paneRowsOf(this.#rows))
    const brought = this.brought(item, number, { lane: 0, parts: [`${pane}`] })
    const first = this.#rows.sizeRows === undefined ? 0 : pane * paneRowsOf(this.#rows)
    this.accept([...rows.slice(first), brought.lists].reduce(joined))
    const group = { keys: keys ?? brought.keys, rows: [...rows, brought.lists] }
    this.#groups.set(brought.key, group)
    if (group.rows.length % this.#rows.slideRows === 0) this.#leave(group, group.rows.length)
  }

  /** The window that ends with so many rows of a group, some of which may not have come. */
  #leave({ keys, rows }: Group, end: number): void {
    const { sizeRows, slideRows } = this.#rows
    const start = sizeRows === undefined ? 0 : Math.max(0, end - sizeRows)
    const numbered = sizeRows === undefined ? {} : { [WINDOW_NUMBER]: BigInt(end / slideRows - 1) }
    this.emit(NOWHERE, { ...numbered, ...keys }, rows.slice(start, end))
  }

  protected close(time: bigint): void {
    if (time < MAX_TIME) return
    const { slideRows } = this.#rows
    for (const group of this.#groups.values()) {
      const since = group.rows.length % slideRows
      if (since > 0) this.#leave(group, group.rows.length - since + slideRows)
    }
  }
}
