/** Aggregations of the model: all rows of a group are kept until it leaves. */
import { FLOAT_LANES } from '../../ir/expr/contributions.ts'
import { RowFault } from '../../ir/expr/expr.ts'
import { type Aggregate, splitsByWindow } from '../../ir/logical/aggregate.ts'
import { changes, isEager, isRefined } from '../../ir/logical/emit.ts'
import { Aggregation, type Brought, joined, order } from './aggregation.ts'
import type { Item, Operator, Surroundings } from './operator.ts'
import { RefinedGroups } from './refined-groups.ts'
import { RefinedSessions } from './refined-sessions.ts'
import { RowWindows } from './row-windows.ts'
import { Sessions } from './sessions.ts'
import { ALWAYS, type Span } from './windows.ts'

export function aggregated(node: Aggregate, next: Operator, run: Surroundings): Operator {
  if (node.rows) return new RowWindows(node, node.rows, next, run)
  const isManifold = isRefined(node.emit)
  if (node.window?.spec.kind === 'session')
    return new (isManifold ? RefinedSessions : Sessions)(node, node.window.spec, next, run)
  return new (isManifold ? RefinedGroups : Groups)(node, next, run)
}

/** Rows of one key that belong to the same windows. */
interface Group extends Brought {
  readonly windows: readonly Span[]
  readonly rows: number
}

class Groups extends Aggregation {
  readonly #groups = new Map<string, Group>()

  get #sharesPanes(): boolean {
    const spec = this.node.window?.spec
    return spec !== undefined && spec.kind !== 'tumble' && !splitsByWindow(this.node)
  }

  protected isLate(item: Item): boolean {
    return item.windows?.every(({ end }) => end + this.lateness <= this.timeFor(item)) ?? false
  }

  protected take(item: Item, number: bigint): void {
    const { windows = ALWAYS } = item
    const { window, keys } = this.node
    const { emit } = this.node
    const lane = window || keys.length > 0 || isEager(emit) ? 0 : Number(number) % FLOAT_LANES
    const pane = windows.map(({ end }) => end).join(' ')
    const brought = this.brought(item, number, { lane, parts: this.#sharesPanes ? [pane] : [] })
    const name = `${pane}|${brought.key}`
    const known = this.#groups.get(name)
    const rows = this.#rowsBehind(item, known)
    const lists = known ? joined(known.lists, brought.lists) : brought.lists
    this.accept(lists)
    const group = { ...brought, windows, lists, rows }
    if (rows === 0) this.#groups.delete(name)
    else this.#groups.set(name, group)
    if (isEager(emit)) this.#tell(group, known)
  }

  /** How many rows a group has behind a row. What is taken back must be there. */
  #rowsBehind(item: Item, known: Group | undefined): number {
    const { deletes } = this.node
    const isDeleted = deletes !== undefined && item.row[deletes] === true
    if (!isDeleted && !this.takesBack(item)) return (known?.rows ?? 0) + 1
    if (!known) throw new RowFault('LDB-9005')
    return isDeleted ? 0 : known.rows - 1
  }

  #tell(group: Group, known: Group | undefined): void {
    const { emit, relation } = this.node
    const change = ({ windows, keys, lists }: Group, code: number): void =>
      this.emit(windows[0], keys, [lists], relation.isChangelog ? code : undefined)
    const isGone = group.rows === 0
    if (emit.strategy === 'distinct' && known && !isGone) return
    if (known && emit.strategy !== 'update') change(known, isGone ? changes.delete : changes.updateBefore)
    if (!isGone) change(group, known ? changes.updateAfter : changes.insert)
  }

  protected close(time: bigint): void {
    const closes = ({ end }: Span): bigint => end + this.lateness
    const isDue = (window: Span): boolean => closes(window) <= time && closes(window) > this.time
    const all = [...this.#groups.values()].flatMap(({ windows }) => windows.filter(isDue))
    const due = [...new Map(all.map(window => [window.end, window])).values()]
    if (!isEager(this.node.emit))
      for (const window of due.toSorted((a, b) => order(a.end, b.end))) this.#leave(window)
    for (const [name, { windows }] of this.#groups)
      if (windows.every(window => closes(window) <= time)) this.#groups.delete(name)
  }

  /** What the rows of a window come to: pane by pane in order of time, in each in order of arrival. */
  #leave(window: Span): void {
    const inWindow = [...this.#groups.values()].filter(({ windows }) =>
      windows.some(({ end }) => end === window.end),
    )
    const inOrder = inWindow.toSorted(
      (a, b) => order(a.windows[0].end, b.windows[0].end) || order(lastEnd(a), lastEnd(b)),
    )
    for (const key of new Set(inOrder.map(group => group.key))) {
      const parts = inOrder.filter(group => group.key === key)
      const { keys } = parts[0]
      this.emit(
        window,
        keys,
        parts.map(({ lists }) => lists),
      )
    }
  }
}

const lastEnd = ({ windows }: Group): bigint => windows[windows.length - 1].end
