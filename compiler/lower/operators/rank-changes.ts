/**
 * What a row changes in a ranking that tells with each row: every row behind it moves by one rank. Where one comes they are told
 * from the last up to it, where one goes from it on, so that no rank is ever told of two rows. Nothing in the ranking has
 * changed while they are told: the call may end between any two, and goes on at the one that is kept here.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  and,
  any,
  bool,
  eq,
  f64,
  ge,
  gt,
  i32,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { changes } from '../../../ir/logical/emit.ts'
import { lastRankOf, type Rank, replacesRows } from '../../../ir/logical/rank.ts'
import { when } from '../lib/control.ts'
import type { RankedPlace, RankedRows } from '../lib/ranked-rows.ts'
import type { RowScope } from '../scope.ts'
import type { EagerOutput } from '../stage.ts'
import type { RankedRow, RankPosition } from './rank-position.ts'

/** In place of the id + 1 of the row that is told next: none was yet, and all were. */
const BEGIN = i32(0)
const DONE = i32(-1)

/** Writes a row of the ranking with a rank, as a change of that code. */
export type Tell = (row: Expr, rank: Expr, code: Expr) => void

/** A row that comes: its place, and the rank that it is about to have. */
export interface Coming {
  readonly root: Expr
  readonly place: RankedPlace
  readonly equals: Expr
  readonly rank: Expr
}

/** A row that goes: its place, and itself with its rank. */
export interface Going extends Pick<Coming, 'root' | 'place'> {
  readonly gone: RankedRow
}

export class RankChanges {
  /** The row that is told next, and its rank. */
  readonly mem: Mem = rowLayout('ranks_told', 'state', { next: 'i32', rank: 'f64' })
  readonly #node: Rank
  readonly #rows: RankedRows
  readonly #position: RankPosition
  readonly #offset: number
  readonly #last: number

  constructor(node: Rank, rows: RankedRows, position: RankPosition) {
    this.#node = node
    this.#rows = rows
    this.#position = position
    this.#offset = node.offset
    this.#last = lastRankOf(node) ?? Number.MAX_SAFE_INTEGER
  }

  /** Is a rank among those that are told? */
  isTold(rank: Expr): Expr {
    return and(gt(rank, f64(this.#offset)), le(rank, f64(this.#last)))
  }

  /** Tells what a row changes that comes; `insert` writes the phase in which it does, and yields it. */
  tellComing(cx: RowScope, output: EagerOutput, coming: Coming, tell: Tell, insert: () => Expr): void {
    const { k } = cx
    const isTold = k.let('is_told', this.isTold(coming.rank))
    if (replacesRows(this.#node)) {
      this.#replaceByComing(cx, output, { ...coming, isTold }, tell, insert)
      return
    }
    this.#tellBack(cx, output, coming, tell)
    this.#reserve(cx, output)
    const row = insert()
    k.if(isTold, () => tell(row, coming.rank, i32(changes.insert)))
    k.put(this.mem, 'next', BEGIN)
  }

  /** From the last row that is told up to the one that comes. */
  #tellBack(cx: RowScope, output: EagerOutput, { root, place, equals }: Coming, tell: Tell): void {
    const { k } = cx
    const [offset, last] = [this.#offset, this.#last]
    const changesOnly = this.#node.as === undefined && offset === 0
    const from = k.let('from', this.#position.ofNext(place, equals))
    const least = f64(changesOnly ? last : Math.max(offset, 1))
    const lowest = k.let('lowest', select(gt(from, least), from, least))
    this.#walk(cx, output, {
      begin: () => this.#position.lastUpTo(k, root, last),
      isDone: rank => lt(rank, lowest),
      tell: ({ row, rank }) => {
        const leaves = eq(rank, f64(last))
        const enters = eq(rank, f64(offset))
        const code = select(leaves, i32(changes.delete), i32(changes.updateBefore))
        this.#tellMoved({ k, tell }, { row, rank, to: add(rank, f64(1)), code, enters, isEnd: leaves })
      },
      step: at => this.#position.stepBack(k, at),
    })
  }

  /** Tells what a row changes that goes; `remove` writes the phase in which it does. */
  tellGoing(cx: RowScope, output: EagerOutput, going: Going, tell: Tell, remove: () => void): void {
    const { k } = cx
    if (replacesRows(this.#node)) {
      this.#replaceGoing(cx, output, going, tell, remove)
      return
    }
    this.#tellOn(cx, output, going, tell)
    this.#reserve(cx, output)
    k.phase('apply')
    remove()
    k.put(this.mem, 'next', BEGIN)
  }

  /** The row that goes, and from there on to the one behind the last that is told. */
  #tellOn(cx: RowScope, output: EagerOutput, { place, gone }: Going, tell: Tell): void {
    const { k } = cx
    const [offset, last] = [this.#offset, this.#last]
    const isItself = (row: Expr): Expr => eq(row, gone.row)
    this.#walk(cx, output, {
      begin: () => ({ row: k.let('row', gone.row), rank: k.let('rank', gone.rank) }),
      isDone: rank => gt(rank, f64(last + 1)),
      tell: ({ row, rank }) => {
        const itself = k.let('is_itself', isItself(row))
        const enters = and(not(itself), eq(rank, f64(last + 1)))
        const leaves = or(itself, eq(rank, f64(offset + 1)))
        const isFree = and(itself, gt(rank, f64(last)))
        k.if(and(gt(rank, f64(offset)), not(isFree)), () => {
          const code = select(leaves, i32(changes.delete), i32(changes.updateBefore))
          this.#tellMoved({ k, tell }, { row, rank, to: sub(rank, f64(1)), code, enters, isEnd: leaves })
        })
      },
      step: at => {
        k.if(
          isItself(at.row),
          () => {
            const behind = this.#position.firstBehind(k, place, gone)
            k.set(at.row, behind.row)
            k.set(at.rank, behind.rank)
          },
          () => this.#position.stepOn(k, at),
        )
      },
    })
  }

  /** A row that leaves the ranks that are told, comes in among them, or moves: then both ranks are told, where any is. */
  #tellMoved({ k, tell }: { readonly k: KernelBuilder; readonly tell: Tell }, moved: Moved): void {
    const { row, rank, to, code, enters, isEnd } = moved
    const hasPair = this.#node.as !== undefined
    when(k, hasPair ? bool(true) : or(enters, isEnd), () =>
      tell(row, select(enters, to, rank), select(enters, i32(changes.insert), code)),
    )
    if (hasPair) k.if(not(or(enters, isEnd)), () => tell(row, to, i32(changes.updateAfter)))
  }

  #walk(cx: RowScope, output: EagerOutput, walk: Walk): void {
    const { k } = cx
    const spent = k.let('spent', i32(0))
    k.loop('tell_ranks', label => {
      const next = k.let('next', load(this.mem, 'next'))
      const at = { row: k.let('row', sub(next, i32(1))), rank: k.let('rank', load(this.mem, 'rank')) }
      k.if(eq(next, BEGIN), () => {
        const first = walk.begin()
        k.set(at.row, first.row)
        k.set(at.rank, first.rank)
      })
      k.breakIf(any([lt(at.row, i32(0)), walk.isDone(at.rank)]), label)
      k.if(ge(spent, load(controlBlock, 'budget')), () => cx.leave(Status.yield))
      this.#reserve(cx, output)
      k.phase('apply')
      walk.tell(at)
      walk.step(at)
      k.put(this.mem, 'next', select(lt(at.row, i32(0)), DONE, add(at.row, i32(1))))
      k.put(this.mem, 'rank', at.rank)
      k.set(spent, add(spent, i32(1)))
      cx.spend(1)
    })
  }

  #reserve({ k, leave }: RowScope, { room }: EagerOutput): void {
    k.if(le(room, i32(0)), () => leave(Status.full))
  }

  /** One row leaves for one that enters, both at once: the one that comes, or the last of those that are passed over. */
  #replaceByComing(
    cx: RowScope,
    output: EagerOutput,
    { root, rank, isTold }: Coming & { readonly isTold: Expr },
    tell: Tell,
    insert: () => Expr,
  ): void {
    const { k } = cx
    this.#reserve(cx, output)
    const changesAny = le(rank, f64(this.#last))
    const isFull = k.let('is_full', and(changesAny, ge(this.#rows.total(root), f64(this.#last))))
    const leaving = this.#rowAt(k, root, isFull, this.#last - 1)
    const isBefore = le(rank, f64(this.#offset))
    const entering =
      this.#offset === 0
        ? undefined
        : this.#rowAt(k, root, and(isBefore, ge(this.#rows.total(root), f64(this.#offset))), this.#offset - 1)
    k.phase('apply')
    k.if(isFull, () => tell(leaving, f64(this.#last), i32(changes.updateBefore)))
    const code = select(isFull, i32(changes.updateAfter), i32(changes.insert))
    if (entering) k.if(ge(entering, i32(0)), () => tell(entering, f64(this.#offset + 1), code))
    const row = insert()
    k.if(isTold, () => tell(row, rank, code))
  }

  /** The row that goes leaves, or the first that is told; the one behind the last enters. */
  #replaceGoing(
    cx: RowScope,
    output: EagerOutput,
    { root, gone: { row, rank } }: Going,
    tell: Tell,
    remove: () => void,
  ): void {
    const { k } = cx
    this.#reserve(cx, output)
    const total = this.#rows.total(root)
    const changesAny = le(rank, f64(this.#last))
    const isFull = k.let('is_full', and(changesAny, gt(total, f64(this.#last))))
    const entering = this.#rowAt(k, root, isFull, this.#last)
    const isPassed = and(le(rank, f64(this.#offset)), gt(total, f64(this.#offset)))
    const first = this.#offset === 0 ? undefined : this.#rowAt(k, root, isPassed, this.#offset)
    k.phase('apply')
    const code = select(isFull, i32(changes.updateBefore), i32(changes.delete))
    if (first) k.if(ge(first, i32(0)), () => tell(first, f64(this.#offset + 1), code))
    k.if(this.isTold(rank), () => tell(row, rank, code))
    k.if(isFull, () => tell(entering, f64(this.#last), i32(changes.updateAfter)))
    remove()
  }

  /** The row that so many come before, where a condition holds, else -1. */
  #rowAt(k: KernelBuilder, root: Expr, cond: Expr, index: number): Expr {
    const row = k.let('row_at', i32(-1))
    k.if(cond, () => {
      const { group, before } = this.#rows.groupAt(k, root, f64(index))
      k.set(row, this.#rows.rowOf(k, group, before))
    })
    return row
  }
}

/** One row that another one moves. */
interface Moved extends Pick<RankedRow, 'row' | 'rank'> {
  readonly to: Expr
  /** Of what it was before. */
  readonly code: Expr
  readonly enters: Expr
  readonly isEnd: Expr
}

/** A walk through rows, which may stop between any two. */
interface Walk {
  begin(): RankedRow
  isDone(rank: Expr): Expr
  tell(at: RankedRow): void
  step(at: RankedRow): void
}
