/**
 * The right side of an asof join: of each key its rows by time. One is dropped when a later one has come that no row still asks
 * behind, or when it is further away than the tolerance: so of a key the last row stays that may still be asked for, and
 * those behind it.
 */
import {
  add,
  bool,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  max32,
  ne,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { AsofJoin } from '../../../ir/logical/asof-join.ts'
import { withoutCode } from '../../../ir/logical/mode.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import type { RowColumns } from '../expr/index.ts'
import { DeadlineHeap } from '../lib/heap.ts'
import type { Interner } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { END_OF_CHAIN } from '../lib/node-pool.ts'
import { type Place, TimeChains } from '../lib/time-chains.ts'
import type { RowScope } from '../scope.ts'
import { FALSE, orElse, type Value } from '../value.ts'
import { RipeVersions } from './asof-ripening.ts'
import { takesBack } from './change-rows.ts'

/** Steps on the way to rows that may go, for each row that comes: more than it takes to drop one, so that they catch up. */
const DROPS_MAX = 4
const PLACE = 'expiry'
const NOWHERE = -1

/** A row of the right side on its way into state. */
export interface WantedVersion extends WantedRow {
  /** Is it a row that is taken back: from its time on there is none? */
  readonly isGone: Expr
}

export class AsofVersions {
  readonly chains: TimeChains
  readonly heads: readonly Mem[]
  /** Rows by the time of the right side from which nothing comes that is nearer to those before them. */
  readonly ripening: RipeVersions | undefined
  readonly #node: AsofJoin
  readonly #kept: KeptRow
  /** Rows by the time from which they, or the rows before them, may go. */
  readonly #expiry: DeadlineHeap
  readonly #expiryHead: Mem
  /** Are there rows that say that there is none? */
  readonly #hasGone: boolean

  constructor(node: AsofJoin, id: number, keys: () => Mem, texts: Interner | undefined) {
    this.#node = node
    const { relation } = node.right
    this.#hasGone = relation.isChangelog
    const given = new Set(node.relation.schema.map(({ name }) => name))
    const columns = relation.schema.filter(({ name }) => given.has(node.names.get(name) ?? name))
    this.#kept = new KeptRow(withoutCode(columns), texts)
    this.chains = new TimeChains(id, 'versions', keys, {
      [PLACE]: 'i32',
      ...(this.#hasGone && { gone: 'u8' }),
      ...this.#kept.fields,
    })
    this.#expiryHead = rowLayout('versions_expiry_head', 'state', { waiting: 'i32' })
    const places = { mem: this.chains.rows, field: PLACE }
    this.#expiry = new DeadlineHeap('versions_expiry', this.#expiryHead, false, { places })
    this.ripening = node.waits && node.direction !== 'backward' ? new RipeVersions(node) : undefined
    this.heads = [this.#expiryHead, ...(this.ripening ? [this.ripening.head] : [])]
    for (const walk of this.chains.textWalks) texts?.addWalk(walk)
  }

  /** Each heap holds one item for each row at most. */
  get growable(): Growable {
    const { growable } = this.chains.pool
    const heaps = [this.#expiry.items, ...(this.ripening ? [this.ripening.items] : [])]
    return { ...growable, parts: [...growable.parts, ...heaps.map(mem => ({ mem, rowsPerUnit: 1 }))] }
  }

  want(k: KernelBuilder, columns: RowColumns): WantedVersion {
    const isGone = this.#hasGone ? k.let('is_gone', takesBack(k, columns)) : FALSE
    return { ...this.#kept.want(k, columns), isGone }
  }

  /** Keeps a row of a key behind those that are not later. There is room for it. */
  keep({ k, spend }: RowScope, key: Expr, ts: Expr, wanted: WantedVersion): void {
    const { row: before, steps } = this.chains.latest(k, key, ts)
    spend(steps)
    const row = this.chains.insert(k, key, before, ts)
    if (this.#hasGone) k.store(this.chains.rows, 'gone', row, toInt(wanted.isGone))
    this.#kept.store(k, this.chains.rows, row, wanted)
    // What comes behind a row of its own time may be nearer, unless only what comes before it is looked for.
    this.#expiry.push(k, this.#node.direction === 'backward' ? ts : add(ts, i64(1n)), row)
    this.ripening?.push(k, ts, row)
  }

  get #isForward(): boolean {
    return this.#node.direction === 'forward'
  }

  /** Rows go that nobody asks for who asks for times from `from` on; `onLast` is told a key that has none any more. */
  release(k: KernelBuilder, from: Expr, onLast: (key: Expr) => void): void {
    const left = k.let('left', i32(0))
    k.loop('leave_versions', done => {
      const isEmpty = eq(load(this.#expiryHead, 'waiting'), i32(0))
      k.breakIf(orElse(isEmpty, ge(left, i32(DROPS_MAX))), done)
      k.breakIf(gt(load(this.#expiry.items, 'time', i32(0)), from), done)
      const row = k.let('passed', load(this.#expiry.items, 'id', i32(0)))
      const key = k.let('key_of_passed', this.chains.keyAt(row))
      this.#dropAround(k, row, key, from)
      k.if(this.chains.isEmpty(key), () => onLast(key))
      k.set(left, add(left, i32(1)))
    })
  }

  /** One step: a row before it, the row itself, or nothing but its turn. */
  #dropAround(k: KernelBuilder, row: Local, key: Expr, from: Expr): void {
    const oldest = k.let('oldest', this.chains.oldest(key))
    if (this.#isForward) {
      this.#drop(k, row)
      return
    }
    k.if(
      ne(oldest, row),
      () => this.#drop(k, oldest),
      () =>
        k.if(
          this.#isUseless(k, row, from),
          () => this.#drop(k, row),
          () => this.#turn(k, row),
        ),
    )
  }

  /** Is the first row of a key one that nobody can be given? */
  #isUseless(k: KernelBuilder, row: Local, from: Expr): Expr {
    const behind = k.let('behind', this.chains.behind(row))
    const isPast = k.let('is_past', this.#isTooFar(row, from))
    k.if(ge(behind, i32(0)), () =>
      k.if(le(this.chains.timeAt(behind), from), () => k.set(isPast, bool(true))),
    )
    return this.#hasGone ? orElse(isPast, this.#isGone(row)) : isPast
  }

  #isTooFar(row: Expr, from: Expr): Expr {
    const { toleranceTicks } = this.#node
    if (toleranceTicks === undefined) return FALSE
    return lt(add(this.chains.timeAt(row), i64(toleranceTicks)), from)
  }

  /** The row stays as the one that is asked for: until the next comes, or until it is too far away. */
  #turn(k: KernelBuilder, row: Local): void {
    const { toleranceTicks } = this.#node
    if (toleranceTicks === undefined) {
      this.#expiry.pop(k)
      k.store(this.chains.rows, PLACE, row, i32(NOWHERE))
    } else this.#expiry.delay(k, i32(0), add(this.chains.timeAt(row), i64(toleranceTicks + 1n)))
  }

  #drop(k: KernelBuilder, row: Expr): void {
    const place = k.let('place', load(this.chains.rows, PLACE, row))
    k.if(ge(place, i32(0)), () => this.#expiry.remove(k, place))
    this.chains.remove(k, row)
  }

  #isGone(row: Expr): Expr {
    return ne(load(this.chains.rows, 'gone', row), i32(0))
  }

  /** The row that one of a time is joined with, or END_OF_CHAIN; and how many were looked at. */
  match(k: KernelBuilder, key: Expr, time: Expr): Place {
    const { direction } = this.#node
    const place = this.chains.latest(k, key, direction === 'forward' ? sub(time, i64(1n)) : time)
    if (direction === 'backward') return { ...place, row: this.#orNone(k, place.row, time) }
    const next = this.#orNone(k, this.chains.next(k, key, place.row), time)
    if (direction === 'forward') return { ...place, row: next }
    const row = this.#orNone(k, place.row, time)
    k.if(ge(next, i32(0)), () => k.if(this.#isNearer(k, next, row, time), () => k.set(row, next)))
    return { ...place, row }
  }

  /** Is a later row nearer than an earlier one, if there is one? Of two that are equally near the earlier one is taken. */
  #isNearer(k: KernelBuilder, later: Local, earlier: Local, time: Expr): Expr {
    const isNearer = k.let('is_nearer', lt(earlier, i32(0)))
    k.if(ge(earlier, i32(0)), () =>
      k.set(isNearer, lt(sub(this.chains.timeAt(later), time), sub(time, this.chains.timeAt(earlier)))),
    )
    return isNearer
  }

  /** What is too far away, or was taken back, is none. */
  #orNone(k: KernelBuilder, row: Local, time: Expr): Local {
    const { toleranceTicks } = this.#node
    const none = (): void => k.set(row, i32(END_OF_CHAIN))
    if (toleranceTicks !== undefined)
      k.if(ge(row, i32(0)), () => {
        const ts = this.chains.timeAt(row)
        const distance = k.let('distance', select(gt(ts, time), sub(ts, time), sub(time, ts)))
        k.if(gt(distance, i64(toleranceTicks)), none)
      })
    if (this.#hasGone) k.if(ge(row, i32(0)), () => k.if(this.#isGone(row), none))
    return row
  }

  /** The columns of the right side in a result, by the names that they have there; nulls where there is no row. */
  columnsAt(row: Expr): RowColumns {
    const { names, type } = this.#node
    const isOuter = type === 'left'
    const kept = this.#kept.read(this.chains.rows, isOuter ? max32(row, i32(0)) : row)
    const isNone = isOuter ? lt(row, i32(0)) : FALSE
    return new Map(
      [...kept].map(([name, value]): [string, Value] => [
        names.get(name) ?? name,
        { ...value, isNull: orElse(isNone, value.isNull) },
      ]),
    )
  }
}
