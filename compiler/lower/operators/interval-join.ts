/**
 * interval_join: a row looks for partners among the rows of its key that the other side has kept, one after the other, and is
 * kept then for those that are still to come. How far it has come is kept in state, so that a call may end between two
 * partners.
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
  isConst,
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
import { type IntervalJoin, intervalJoinRule, isPaired } from '../../../ir/logical/interval-join.ts'
import { greatest } from '../../../ir/times.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import { lowerExpr } from '../expr/index.ts'
import { holds } from '../expr/logic.ts'
import { JoinTimes } from '../join-times.ts'
import type { Leave } from '../lib/control.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { hashWords } from '../lib/hash.ts'
import { growingTexts, Interner } from '../lib/interner.ts'
import type { WantedRow } from '../lib/kept-row.ts'
import { NO_ROW } from '../lib/row-log.ts'
import { HashTable, roomFor } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, isNever } from '../value.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import { keyColumns } from './join-key.ts'
import { JoinRows, newestField, sideNames } from './join-side.ts'

const TABLE = 0
/** In place of the row that is looked at next: no row has begun to look for partners. */
const NOT_BEGUN = -2

export class IntervalJoinStage implements StatefulStage {
  readonly times: JoinTimes
  readonly #node: IntervalJoin
  readonly #key: GroupKey
  readonly #keys: HashTable
  readonly #sides: readonly [JoinRows, JoinRows]
  readonly #texts: Interner | undefined
  /** How far the row under way has come: the partner that it looks at next, and whether it has found any. */
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
    this.times = new JoinTimes(range ?? { lower: 0n, upper: 0n })
    const ids = new StateIds(TABLE + 1)
    const [left, right] = [ids.next(), ids.next()]
    const columns = keyColumns(keys.map(({ left }) => left.type))
    const kept = sideNames.flatMap(side => node[side].relation.schema)
    const hasTexts = [...columns, ...kept].some(({ type }) => isBytes(type))
    this.#texts = hasTexts ? new Interner(ids.next()) : undefined
    this.#key = new GroupKey(columns, this.#texts)
    this.#keys = new HashTable({
      id: TABLE,
      name: 'join_keys',
      fields: { [newestField(0)]: 'i32', [newestField(1)]: 'i32', ...this.#key.fields },
    })
    this.#texts?.addUser(this.#keys)
    const parts = { times: this.times, keys: this.#keys, texts: this.#texts }
    this.#sides = [new JoinRows(node, 0, left, parts), new JoinRows(node, 1, right, parts)]
    this.#progress = rowLayout('join_progress', 'state', { partner: 'i32', matched: 'i32' })
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
      this.#keys.head,
      this.#progress,
      this.#deadline,
      ...this.#sides.flatMap(side => side.heads),
    ]
    return [...heads, ...(this.#texts?.fixed ?? [])].map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    return [
      { growable: this.#keys.growable, grow: k => this.#growKeys(k) },
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
    this.#keys.grow(k, {
      wanted: () => roomFor(min32(load(controlBlock, 'need'), rows)),
      sift: (_k, entry, keep) => {
        const [a, b] = this.#sides.map(side => ge(side.log.newest(k, side, entry), i32(0)))
        k.if(or(a, b), keep, () => this.#keys.remove(k, entry))
      },
    })
  }

  init(k: KernelBuilder): void {
    this.#keys.init(k)
    for (const { log } of this.#sides) log.init(k)
    k.put(this.#progress, 'partner', i32(NOT_BEGUN))
    k.put(this.#deadline, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  /** Rows go on as they find each other, and so does their time: each of them tells it. */
  passWatermark(k: KernelBuilder): void {
    k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  /** Hands on the rows whose time for a partner has passed. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const spent = k.let('spent', i32(0))
    this.#sides.forEach((side, n) => {
      if (!side.givesUnmatched) return
      k.loop(`unmatched_${n}`, done => {
        k.breakIf(not(side.isDue), done)
        k.phase('reserve')
        k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
        const row = k.let('unmatched', side.nextUnmatched)
        k.if(not(side.isMatched(row)), () =>
          each(() => this.#alone(n, side.columnsAt(row)), intervalJoinRule.print(this.#node)),
        )
        k.phase('apply')
        side.dropUnmatched(k)
        k.set(spent, add(spent, i32(1)))
      })
    })
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    const { k } = cx
    if (!output) throw new Error('a join without an output')
    const operator = intervalJoinRule.print(this.#node)
    k.note(operator)
    const [side, n] = [this.#sides[cx.input], cx.input]
    const ts = side.time(k, row.columns)
    this.#refuseOutside(cx, ts, operator)
    k.if(lt(ts, this.times.timeOf(n)), () => cx.late(true))
    const { columns, isVoid } = side.key(cx, row.columns)
    const key = this.#key.read(cx, columns)
    const entry = k.let('entry', i32(NO_ROW))
    const find = (): void => k.set(entry, this.#find(k, key))
    if (isNever(isVoid)) find()
    else k.if(not(isVoid), find)
    this.#lookForPartners(cx, row, { ts, entry, output, operator })
    this.#keepRow(cx, row, { ts, entry, output, key, isVoid })
  }

  /** The times that are computed from it must be in the range of times. */
  #refuseOutside(cx: RowScope, ts: Expr, operator: string): void {
    const { range } = this.#node.condition
    const margin = (range ? greatest(range.upper, -range.lower) : 0n) + 1n
    const isOutside = [lt(ts, i64(MIN_TIME + margin)), gt(ts, i64(MAX_TIME - margin))].map(when => ({
      code: 'LDB-2005' as const,
      when,
    }))
    cx.reject(isOutside, bool(true), operator)
  }

  #find(k: KernelBuilder, key: KeyValue): Local {
    const { entries } = this.#keys
    return this.#keys.find(k, hashWords(k, this.#key.words(key)), candidate =>
      this.#key.matches(entries, candidate, key),
    ).entry
  }

  #lookForPartners(
    cx: RowScope,
    row: Row,
    { ts, entry, output, operator }: { ts: Expr; entry: Local; output: EagerOutput; operator: string },
  ): void {
    const { k } = cx
    const other = this.#sides[1 - cx.input]
    const partner = k.let('partner', load(this.#progress, 'partner'))
    k.if(eq(partner, i32(NOT_BEGUN)), () => {
      k.set(partner, i32(NO_ROW))
      k.if(ge(entry, i32(0)), () => k.set(partner, other.log.newest(k, other, entry)))
    })
    const spent = k.let('looked_at', i32(0))
    k.loop('partners', done => {
      k.breakIf(lt(partner, i32(0)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => cx.leave(Status.yield))
      k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
      const next = other.log.before(k, partner)
      k.block('pair', pair => {
        k.if(not(this.#isInRange(cx.input, ts, other.timeAt(partner))), () => k.break(pair))
        this.#take(cx.part(pair), row, { partner, next, output, operator })
      })
      k.phase('apply')
      cx.spend(1)
      k.set(spent, add(spent, i32(1)))
      k.put(this.#progress, 'partner', next)
      k.set(partner, next)
    })
  }

  /** Is a row of the other side near enough? */
  #isInRange(input: number, ts: Expr, other: Expr): Expr {
    const { lower, upper } = this.#node.condition.range ?? { lower: 0n, upper: 0n }
    const [from, to] = input === 0 ? [lower, upper] : [-upper, -lower]
    return and(ge(other, add(ts, i64(from))), le(other, add(ts, i64(to))))
  }

  /** Joins a row with one of the other side, if the rest of the condition holds. */
  #take(
    cx: RowScope,
    row: Row,
    {
      partner,
      next,
      output,
      operator,
    }: { partner: Local; next: Local; output: EagerOutput; operator: string },
  ): void {
    const { k, input } = cx
    const { type } = this.#node
    const other = this.#sides[1 - input]
    const isOnce = !isPaired(type)
    if (isOnce && other.marksMatched) k.if(other.isMatched(partner), () => cx.drop())
    const theirs = other.columnsAt(partner)
    const both = new Map([...this.#sides[input].asResult(row.columns), ...other.asResult(theirs)])
    this.#checkResidual(cx, both, operator)
    k.phase('apply')
    other.markMatched(k, partner)
    if (this.#sides[input].marksMatched) k.put(this.#progress, 'matched', i32(1))
    // One partner is enough.
    if (isOnce && input === 0) k.set(next, i32(NO_ROW))
    if (isPaired(type)) output.emit(both)
    else if (type === 'semi') output.emit(input === 0 ? row.columns : theirs)
  }

  #checkResidual(cx: RowScope, columns: RowColumns, operator: string): void {
    const { residual } = this.#node.condition
    if (!residual) return
    const value = lowerExpr(cx, columns, residual)
    cx.reject(value.faults, bool(true), operator)
    cx.k.if(not(holds(value)), () => cx.drop())
  }

  /** Keeps the row for partners that are still to come; where none is, it goes on alone, or goes. */
  #keepRow(
    cx: RowScope,
    row: Row,
    {
      ts,
      entry,
      output,
      key,
      isVoid,
    }: { ts: Expr; entry: Local; output: EagerOutput; key: KeyValue; isVoid: Expr },
  ): void {
    const { k, input } = cx
    const side = this.#sides[input]
    const isPast = k.let('is_past', side.isPast(ts))
    const isMatched = k.let('is_matched', load(this.#progress, 'matched'))
    const stays = k.let('stays', and(not(isPast), this.#mayMatter(input, isVoid, isMatched)))
    const leavesAlone = side.givesUnmatched ? and(isPast, eq(isMatched, i32(0))) : FALSE
    k.phase('reserve')
    const wanted = side.want(k, row.columns)
    k.if(stays, () => this.#reserve(cx, { entry, key, isVoid, wanted }))
    if (!isNever(leavesAlone)) k.if(and(leavesAlone, le(output.room, i32(0))), () => cx.leave(Status.full))
    k.phase('apply')
    k.if(stays, () => this.#store(cx, { ts, entry, key, isVoid, wanted, isMatched }))
    if (!isNever(leavesAlone)) k.if(leavesAlone, () => output.emit(this.#alone(input, row.columns)))
    k.put(this.#progress, 'partner', i32(NOT_BEGUN))
    k.put(this.#progress, 'matched', i32(0))
  }

  /** May a partner, or the lack of one, make a result of a row that is kept? */
  #mayMatter(input: number, isVoid: Expr, isMatched: Expr): Expr {
    const side = this.#sides[input]
    const once = !isPaired(this.#node.type) && input === 0 ? eq(isMatched, i32(0)) : bool(true)
    if (side.givesUnmatched || isNever(isVoid)) return once
    return isConst(once, true) ? not(isVoid) : and(once, not(isVoid))
  }

  #reserve(
    { k, leave, input }: RowScope,
    { entry, key, isVoid, wanted }: { entry: Local; key: KeyValue; isVoid: Expr; wanted: WantedRow },
  ): void {
    const isNew = lt(entry, i32(0))
    k.if(isNever(isVoid) ? isNew : and(isNew, not(isVoid)), () => this.#keys.reserve(k, leave))
    const texts = [...key.texts, ...wanted.texts]
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
    this.#sides[input].log.reserve(k, leave)
  }

  #store(
    { k, input }: RowScope,
    kept: { ts: Expr; entry: Local; key: KeyValue; isVoid: Expr; wanted: WantedRow; isMatched: Expr },
  ): void {
    const { ts, entry, key, isVoid, wanted, isMatched } = kept
    for (const text of [...key.texts, ...wanted.texts]) this.#texts?.intern(k, text)
    const isNew = lt(entry, i32(0))
    k.if(isNever(isVoid) ? isNew : and(isNew, not(isVoid)), () => k.set(entry, this.#insert(k, key)))
    this.#sides[input].keep(k, entry, ts, wanted, isMatched)
  }

  #insert(k: KernelBuilder, wanted: KeyValue): Local {
    const { entries } = this.#keys
    const key = this.#key.withTexts(wanted)
    const entry = this.#keys.insert(k, hashWords(k, this.#key.words(key)))
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    for (const n of [0, 1]) k.store(entries, newestField(n), entry, i32(NO_ROW))
    return entry
  }

  /** The result of a row that has no partner. */
  #alone(input: number, columns: RowColumns): RowColumns {
    const own = this.#sides[input].asResult(columns)
    return isPaired(this.#node.type) ? new Map([...own, ...this.#sides[1 - input].nulls]) : own
  }
}
