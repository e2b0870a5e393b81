/**
 * What leaves with a row: what its group comes to with it, behind what it came to before where that is taken back; or the
 * result of the window of rows that it fills.
 */
import { Status } from '../../../ir/abi.ts'
import { any, bool, i32, le, load, ne, not, select } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { Aggregate } from '../../../ir/logical/aggregate.ts'
import { changes, saysChanges } from '../../../ir/logical/emit.ts'
import { type Prepared, when } from '../accumulators/accumulator.ts'
import type { RowColumns } from '../expr/index.ts'
import { addLengths } from '../lib/bytes.ts'
import { type Closed, type Firing, NO_BOUNDS } from '../lib/group-windows.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput } from '../stage.ts'
import { bind, faultsOf, isNever, local, withoutFaults } from '../value.ts'
import { asChange } from './change-rows.ts'
import type { Groups } from './groups.ts'

/** A row that nothing refuses, before `apply` changes its group. */
interface TakenRow {
  readonly group: Expr
  /** Where the group keeps its rows now. */
  readonly entry: Expr
  readonly removes: Expr
  readonly prepared: readonly Prepared[]
  apply(): void
}

export class RowResults {
  readonly #node: Aggregate
  readonly #groups: Groups

  constructor(node: Aggregate, groups: Groups) {
    this.#node = node
    this.#groups = groups
  }

  leave(cx: RowScope, row: Row, taken: TakenRow, output: EagerOutput): void {
    const { k } = cx
    const { group, entry, prepared } = taken
    k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    if (this.#node.rows) {
      this.#reserveFiring(cx, prepared, group)
      taken.apply()
      this.#groups.count(k, group, this.#firing(cx, output))
    } else {
      this.#reserveOutput(cx, prepared, entry)
      this.#emitChange(cx, row, taken, output)
    }
  }

  /** What the group comes to once `apply` has changed it; behind what it came to before, where that is taken back. */
  #emitChange(cx: RowScope, row: Row, { entry, removes, apply }: TakenRow, output: EagerOutput): void {
    const { k } = cx
    const { entries } = this.#groups.table
    const result = (): RowColumns => this.#groups.result(k, this.#boundsOf(row, entry), entry, cx)
    if (this.#node.emit.strategy === 'update') {
      apply()
      output.emit(result())
      return
    }
    const change = (columns: RowColumns, code: Expr): void => output.emit(asChange(columns, code))
    k.phase('apply')
    const isKnown = k.let('is_known', this.#groups.isThere(k, entry))
    const before = new Map([...result()].map(([name, value]) => [name, bind(k, 'before', value)]))
    apply()
    if (this.#groups.marksEmitted) k.store(entries, 'emitted', entry, i32(1))
    const isGone = local(k, 'is_gone', this.#groups.isGone(k, entry, removes))
    if (this.#node.emit.strategy === 'distinct') {
      if (!isNever(isGone)) k.if(isGone, () => change(before, i32(changes.delete)))
      k.if(not(isKnown), () => change(result(), i32(changes.insert)))
      return
    }
    const taken = select(isGone, i32(changes.delete), i32(changes.updateBefore))
    k.if(isKnown, () => change(before, isNever(isGone) ? i32(changes.updateBefore) : taken))
    const given = select(isKnown, i32(changes.updateAfter), i32(changes.insert))
    when(k, isNever(isGone) ? bool(true) : not(isGone), () => change(result(), given))
  }

  #boundsOf({ pane }: Row, entry: Expr): Closed {
    const { sessions } = this.#groups
    if (sessions) return sessions.boundsOf(entry)
    return pane ? { start: pane.from, end: pane.lastEnd } : NO_BOUNDS
  }

  /** Room for what is told where a row joins two sessions. */
  reserveJoin({ k, leave }: RowScope, output: EagerOutput): void {
    k.if(le(output.room, i32(0)), () => leave(Status.full))
  }

  /**
   * Takes back the later of two sessions that a row joins; that once done, tells what the earlier comes to with it, which
   * `join` writes. The row, which comes again each time, is not among them yet.
   */
  join(cx: RowScope, output: EagerOutput, join: () => void): void {
    const { k } = cx
    const { sessions, table } = this.#groups
    if (!sessions || !saysChanges(this.#node.emit)) {
      join()
      return
    }
    const [into, from] = sessions.joining(k)
    const tell = (session: Expr, code: number): void =>
      output.emitBehind(asChange(this.#groups.result(k, sessions.boundsOf(session), session, cx), code))
    k.if(
      ne(load(table.entries, 'emitted', from), i32(0)),
      () => {
        tell(from, changes.delete)
        k.store(table.entries, 'emitted', from, i32(0))
      },
      () => {
        tell(into, changes.updateBefore)
        join()
        tell(into, changes.updateAfter)
      },
    )
  }

  /** What is done where a row is the last of a window of rows. */
  #firing(cx: RowScope, output: EagerOutput): Firing {
    const { k } = cx
    return {
      emit: (entry, { emitted, refused }) => {
        const columns = this.#groups.result(k, NO_BOUNDS, entry, cx)
        const take = (): void => {
          output.emit(withoutFaults(columns))
          emitted()
        }
        const faults = faultsOf([...columns.values()])
        if (faults.length === 0) take()
        else k.if(any(faults.map(fault => fault.when)), refused, take)
      },
      combine: (into, from) => this.#groups.held.combine(k, into, from),
      clear: (entry, group) => this.#groups.clear(k, entry, group),
      combineRows: this.#groups.held.combineRows,
      combinesAtOnce: this.#groups.held.combinesAtOnce,
      spend: rows => cx.spend(rows),
      due: () => cx.stopIfDue(),
    }
  }

  /** Room for what leaves with the row: what its group comes to, behind what it came to before. */
  #reserveOutput({ k, scratch }: RowScope, prepared: readonly Prepared[], entry: Expr): void {
    const { accumulation } = this.#groups
    const added = new Map(
      accumulation.accumulators.map((fed, i) => [fed.accumulator, prepared[i].addedBytes]),
    )
    const after = accumulation.bytes(k, entry, one => added.get(one))
    if (!after) return
    const before = this.#node.emit.strategy === 'changelog' ? accumulation.bytes(k, entry) : undefined
    scratch.reserve(before ? addLengths(before, after) : after)
  }

  /** The same where the row fills a window, whose result leaves with it. */
  #reserveFiring(cx: RowScope, prepared: readonly Prepared[], group: Expr): void {
    const fills = this.#groups.counter?.fills(group)
    if (fills) cx.k.if(fills, () => this.#reserveOutput(cx, prepared, group))
  }
}
