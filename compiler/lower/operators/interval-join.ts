/**
 * interval_join: a row looks for partners among the rows of its key that the other side has kept, one after the other, and is
 * kept then for those that are still to come. How far it has come is kept in state, so that a call may end between two
 * partners. A row that is taken back looks for them in the same way, and takes back what they gave together.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { MillraceError } from '../../../ir/errors.ts'
import {
  add,
  and,
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
  min32,
  not,
  or,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type IntervalJoin, intervalJoinRule, isTimed } from '../../../ir/logical/interval-join.ts'
import { greatest } from '../../../ir/times.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, MIN_TIME, passWatermark, timeRegion } from '../event-time.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import { holds } from '../expr/logic.ts'
import { JoinTimes } from '../join-times.ts'
import type { Leave } from '../lib/control.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, Interner } from '../lib/interner.ts'
import type { WantedRow } from '../lib/kept-row.ts'
import { NO_ROW } from '../lib/row-log.ts'
import { roomFor } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, isNever } from '../value.ts'
import { takesBack } from './change-rows.ts'
import { KEYS_MAX, type KeyValue } from './group-key.ts'
import { JoinKeys } from './join-key.ts'
import { JoinResults } from './join-results.ts'
import { JoinRows, newestField, sideNames } from './join-side.ts'

const TABLE = 0
/** In place of the row that is looked at next: no row has begun to look for partners. */
const NOT_BEGUN = -2

/** A row on its way through the join. */
interface Taken {
  readonly row: Row
  /** Its key in the table of keys, or a negative number where that has none. */
  readonly entry: Local
  readonly key: KeyValue
  readonly isVoid: Expr
  /** Is it taken back? */
  readonly isLess: Expr
  readonly wanted: WantedRow
  readonly output: EagerOutput
  readonly operator: string
}

export class IntervalJoinStage implements StatefulStage {
  readonly times: JoinTimes | undefined
  readonly #node: IntervalJoin
  readonly #keys: JoinKeys
  readonly #sides: readonly [JoinRows, JoinRows]
  readonly #results: JoinResults
  readonly #texts: Interner | undefined
  /** How far the row under way has come: the partner that it looks at next, and how many it has found. */
  readonly #progress: Mem
  readonly #deadline: Mem

  readonly masked = false
  readonly isEager = true
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined
  readonly waiting = i32(0)

  constructor(node: IntervalJoin) {
    this.#node = node
    const { keys, range } = node.condition
    if (keys.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `a join by ${keys.length} keys; ${KEYS_MAX} is the most`)
    this.times = isTimed(node) ? new JoinTimes(range ?? { lower: 0n, upper: 0n }) : undefined
    const ids = new StateIds(TABLE + 1)
    const [left, right] = [ids.next(), ids.next()]
    const types = keys.map(({ left: { type, nullable }, right }) => ({
      type,
      nullable: nullable || right.nullable,
    }))
    const kept = sideNames.flatMap(side => node[side].relation.schema)
    const hasTexts = [...types, ...kept].some(({ type }) => isBytes(type))
    this.#texts = hasTexts ? new Interner(ids.next()) : undefined
    const newest = { [newestField(0)]: 'i32', [newestField(1)]: 'i32' } as const
    this.#keys = new JoinKeys(TABLE, types, this.#texts, newest)
    const parts = { times: this.times, keys: this.#keys.table, texts: this.#texts }
    this.#sides = [new JoinRows(node, 0, left, parts), new JoinRows(node, 1, right, parts)]
    this.#results = new JoinResults(node, this.#sides)
    this.#progress = rowLayout('join_progress', 'state', { partner: 'i32', found: 'i32' })
    this.#deadline = rowLayout('join_deadline', 'state', { deadline: 'i64' })
  }

  get deadline(): TimeField {
    return { mem: this.#deadline, field: 'deadline' }
  }

  get isDue(): Expr {
    const [left, right] = this.#sides.map(side => side.isDue)
    return isNever(left) ? right : isNever(right) ? left : or(left, right)
  }

  get regions(): StatefulStage['regions'] {
    const heads = [
      this.#keys.table.head,
      this.#progress,
      this.#deadline,
      ...this.#sides.flatMap(side => side.heads),
    ]
    return [...heads, ...(this.#texts?.fixed ?? [])].map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    return [
      { growable: this.#keys.table.growable, grow: k => this.#growKeys(k) },
      ...this.#sides.map(side => ({
        growable: side.growable,
        grow: (k: KernelBuilder) => side.log.grow(k, side),
      })),
      ...growingTexts(this.#texts),
    ]
  }

  /** Keys go that no row has any more: there are not more keys than rows. */
  #growKeys(k: KernelBuilder): void {
    const [left, right] = this.#sides
    const rows = add(add(left.log.live, right.log.live), i32(1))
    this.#keys.table.grow(k, {
      wanted: () => roomFor(min32(load(controlBlock, 'need'), rows)),
      sift: (_k, entry, keep) => {
        const [a, b] = this.#sides.map(side => ge(side.log.newest(k, side, entry), i32(0)))
        k.if(or(a, b), keep, () => this.#keys.table.remove(k, entry))
      },
    })
  }

  init(k: KernelBuilder): void {
    this.#keys.table.init(k)
    for (const { log } of this.#sides) log.init(k)
    k.put(this.#progress, 'partner', i32(NOT_BEGUN))
    k.put(this.#deadline, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  /** Rows go on as they find each other, and so does their time: each of them tells it. Rows that are kept for ever have none. */
  passWatermark(k: KernelBuilder): void {
    if (!this.times) {
      passWatermark(k, undefined, 0n)
      return
    }
    k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  /** Hands on the rows whose time for a partner has passed. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const spent = k.let('spent', i32(0))
    this.#sides.forEach((side, n) => {
      if (isNever(side.isDue)) return
      k.loop(`unmatched_${n}`, done => {
        k.breakIf(not(side.isDue), done)
        k.phase('reserve')
        k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
        const row = k.let('unmatched', side.nextUnmatched)
        const isAlone = k.let('is_alone', side.isAlone(row))
        k.if(isAlone, () =>
          each(() => this.#results.alone(n, side.columnsAt(row), FALSE), intervalJoinRule.print(this.#node)),
        )
        k.phase('apply')
        side.dropUnmatched(k, row, isAlone)
        k.set(spent, add(spent, i32(1)))
      })
    })
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    const { k, input } = cx
    if (!output) throw new Error('a join without an output')
    const operator = intervalJoinRule.print(this.#node)
    k.note(operator)
    const side = this.#sides[input]
    if (this.times) this.#checkTime(cx, this.times, k.let('ts', side.timeOf(row.columns)), operator)
    const isLess = side.retracts ? takesBack(k, row.columns) : FALSE
    const { columns, isVoid } = side.key(cx, row.columns)
    const key = this.#keys.read(cx, { columns })
    const entry = this.#keys.find(k, key)
    const wanted = side.want(k, row.columns)
    const taken = { row, entry, key, isVoid, isLess, wanted, output, operator }
    if (side.retracts) this.#refuseUnknown(cx, side, taken)
    this.#lookForPartners(cx, taken)
    this.#settle(cx, taken)
  }

  /** The times that are computed from it must be in the range of times, and those that it may look for still to come. */
  #checkTime(cx: RowScope, times: JoinTimes, ts: Expr, operator: string): void {
    const { range } = this.#node.condition
    const margin = (range ? greatest(range.upper, -range.lower) : 0n) + 1n
    const isOutside = [lt(ts, i64(MIN_TIME + margin)), gt(ts, i64(MAX_TIME - margin))].map(when => ({
      code: 'LDB-2005' as const,
      when,
    }))
    cx.reject(isOutside, bool(true), operator)
    cx.k.if(lt(ts, times.timeOf(cx.input)), () => cx.late(true))
  }

  /** What is taken back must be there. */
  #refuseUnknown(cx: RowScope, side: JoinRows, { entry, isLess, wanted, operator }: Taken): void {
    const { k } = cx
    const isFirst = eq(load(this.#progress, 'partner'), i32(NOT_BEGUN))
    k.if(and(isLess, isFirst), () => {
      const found = k.let('found', i32(NO_ROW))
      k.if(ge(entry, i32(0)), () => k.set(found, side.find(k, entry, wanted)))
      cx.reject([{ code: 'LDB-9005', when: lt(found, i32(0)) }], bool(true), operator)
    })
  }

  #lookForPartners(cx: RowScope, taken: Taken): void {
    const { k } = cx
    const { entry, isVoid, output } = taken
    const other = this.#sides[1 - cx.input]
    const partner = k.let('partner', load(this.#progress, 'partner'))
    k.if(eq(partner, i32(NOT_BEGUN)), () => {
      k.set(partner, i32(NO_ROW))
      const isThere = ge(entry, i32(0))
      k.if(isNever(isVoid) ? isThere : and(isThere, not(isVoid)), () =>
        k.set(partner, other.log.newest(k, other, entry)),
      )
    })
    const spent = k.let('looked_at', i32(0))
    k.loop('partners', done => {
      k.breakIf(lt(partner, i32(0)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => cx.leave(Status.yield))
      k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
      const next = other.log.before(k, partner)
      k.block('pair', pair => {
        const isOut = this.#isOutOfReach(cx.input, taken, partner)
        if (!isNever(isOut)) k.if(isOut, () => k.break(pair))
        this.#meet(cx.part(pair), taken, partner, next)
      })
      k.phase('apply')
      cx.spend(1)
      k.set(spent, add(spent, i32(1)))
      k.put(this.#progress, 'partner', next)
      k.set(partner, next)
    })
  }

  /** Is a row of the other side gone, or not near enough? */
  #isOutOfReach(input: number, { row }: Taken, partner: Expr): Expr {
    const [side, other] = [this.#sides[input], this.#sides[1 - input]]
    const isGone = other.isGone(partner)
    if (!this.times) return isGone
    const { lower, upper } = this.#node.condition.range ?? { lower: 0n, upper: 0n }
    const [from, to] = input === 0 ? [lower, upper] : [-upper, -lower]
    const ts = side.timeOf(row.columns)
    const theirs = other.timeAt(partner)
    const isFar = or(lt(theirs, add(ts, i64(from))), gt(theirs, add(ts, i64(to))))
    return isNever(isGone) ? isFar : or(isGone, isFar)
  }

  /** A row and one of the other side, if the rest of the condition holds. */
  #meet(cx: RowScope, { row, isLess, output, operator }: Taken, partner: Local, next: Local): void {
    const { k, input } = cx
    const other = this.#sides[1 - input]
    const isOnce = this.#results.isOnce
    if (isOnce && other.countsPartners) k.if(gt(other.partnersOf(partner), i32(0)), () => cx.drop())
    const theirs = other.columnsAt(partner)
    const both = new Map([...this.#sides[input].asResult(row.columns), ...other.asResult(theirs)])
    this.#checkResidual(cx, both, operator)
    k.phase('apply')
    const found = k.let('found', load(this.#progress, 'found'))
    k.put(this.#progress, 'found', add(found, i32(1)))
    if (isOnce && input === 0) k.set(next, i32(NO_ROW))
    const had = other.countsPartners ? other.countPartner(k, partner, isLess) : i32(0)
    this.#results.meet({ k, input, isLess, output }, { both, own: row.columns, theirs, found, had })
  }

  #checkResidual(cx: RowScope, columns: RowColumns, operator: string): void {
    const { residual } = this.#node.condition
    if (!residual) return
    const value = lowerExpr(cx, columns, residual)
    cx.reject(value.faults, bool(true), operator)
    cx.k.if(not(holds(value)), () => cx.drop())
  }

  /** Keeps the row for partners that are still to come, or forgets the one that is taken back; and says what it is alone. */
  #settle(cx: RowScope, taken: Taken): void {
    const { k, input } = cx
    const { row, isVoid, isLess, output, entry, wanted } = taken
    const side = this.#sides[input]
    const found = k.let('partners_found', load(this.#progress, 'found'))
    const isPast = this.times ? k.let('is_past', side.isPast(side.timeOf(row.columns))) : FALSE
    const stays = k.let('stays', this.#stays(input, { isVoid, isLess, isPast, found }))
    k.phase('reserve')
    k.if(stays, () => this.#reserve(cx, taken))
    const tellsAlone = this.#tellsAlone(side, isPast, found)
    if (!isNever(tellsAlone)) k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    k.phase('apply')
    const isAlone = isNever(tellsAlone) ? FALSE : k.let('tells_alone', tellsAlone)
    if (side.retracts) {
      k.if(isLess, () => {
        const gone = side.find(k, entry, wanted)
        side.takeBack(k, gone)
        if (!isNever(isAlone)) {
          const wasTold = this.times ? side.wasTold(gone) : isAlone
          k.if(wasTold, () => output.emit(this.#results.alone(input, row.columns, bool(true))))
        }
      })
    }
    k.if(stays, () => this.#store(cx, taken, found, isAlone))
    if (!isNever(isAlone)) {
      const isNew = isNever(isLess) ? isAlone : and(isAlone, not(isLess))
      k.if(isNew, () => output.emit(this.#results.alone(input, row.columns, FALSE)))
    }
    k.put(this.#progress, 'partner', i32(NOT_BEGUN))
    k.put(this.#progress, 'found', i32(0))
  }

  /** Is a row handed on without a partner at once? Where times are bound not before no partner can come any more. */
  #tellsAlone(side: JoinRows, isPast: Expr, found: Expr): Expr {
    if (!side.givesUnmatched) return FALSE
    const isFree = eq(found, i32(0))
    return this.times ? and(isPast, isFree) : isFree
  }

  /** May a partner, or the lack of one, make a result of a row that is kept? One that may be taken back must be known. */
  #stays(
    input: number,
    { isVoid, isLess, isPast, found }: { isVoid: Expr; isLess: Expr; isPast: Expr; found: Expr },
  ): Expr {
    const side = this.#sides[input]
    if (side.retracts) return not(isLess)
    const conditions = [
      ...(isNever(isPast) ? [] : [not(isPast)]),
      ...(side.givesUnmatched || isNever(isVoid) ? [] : [not(isVoid)]),
      ...(this.#results.isOnce && input === 0 ? [eq(found, i32(0))] : []),
    ]
    const [first = bool(true), ...others] = conditions
    return others.reduce((a, b) => and(a, b), first)
  }

  #reserve({ k, leave, input }: RowScope, { entry, key, wanted }: Taken): void {
    k.if(lt(entry, i32(0)), () => this.#keys.table.reserve(k, leave))
    const texts = [...key.texts, ...wanted.texts]
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
    this.#sides[input].log.reserve(k, leave)
  }

  #store({ k, input }: RowScope, { entry, key, wanted }: Taken, found: Expr, isTold: Expr): void {
    for (const text of [...key.texts, ...wanted.texts]) this.#texts?.intern(k, text)
    k.if(lt(entry, i32(0)), () => k.set(entry, this.#insert(k, key)))
    this.#sides[input].keep(k, entry, wanted, found, isTold)
  }

  #insert(k: KernelBuilder, key: KeyValue): Local {
    const entry = this.#keys.insert(k, key)
    for (const n of [0, 1]) k.store(this.#keys.table.entries, newestField(n), entry, i32(NO_ROW))
    return entry
  }
}
