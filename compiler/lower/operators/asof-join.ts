/**
 * asof_join: a row of the left side that can be given its row of the right side is joined at once; any other waits for the
 * right side. What leaves later leaves in order of the time at which that was sure.
 */
import { Status } from '../../../ir/abi.ts'
import { MillraceError } from '../../../ir/errors.ts'
import {
  add,
  all,
  bool,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  or,
  select,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type AsofJoin, asofJoinRule, offsetsOf } from '../../../ir/logical/asof-join.ts'
import { greatest } from '../../../ir/times.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import { JoinTimes } from '../join-times.ts'
import { type Leave, when } from '../lib/control.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, Interner } from '../lib/interner.ts'
import { END_OF_CHAIN } from '../lib/node-pool.ts'
import { TimeChains } from '../lib/time-chains.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, isNever, scalar, scalarOf } from '../value.ts'
import { AsofLeaving } from './asof-leaving.ts'
import { AsofOffsets } from './asof-offsets.ts'
import { AsofSureness } from './asof-sureness.ts'
import { AsofVersions } from './asof-versions.ts'
import { AsofWaiting } from './asof-waiting.ts'
import { KEYS_MAX, type KeyValue } from './group-key.ts'
import { JoinKeys, joinKey } from './join-key.ts'

const TABLE = 0
const [LEFT, RIGHT] = [0, 1]

/** The key of a row, and its entry, or -1. */
interface Keyed {
  readonly key: KeyValue
  readonly isVoid: Expr
  readonly entry: Local
}

export class AsofJoinStage implements StatefulStage {
  readonly times: JoinTimes
  readonly #node: AsofJoin
  readonly #operator: string
  readonly #keys: JoinKeys
  readonly #versions: AsofVersions
  /** Absent where no row waits. */
  readonly #waiting: AsofWaiting | undefined
  readonly #leaving: AsofLeaving | undefined
  readonly #sureness: AsofSureness
  readonly #offsets: AsofOffsets
  readonly #texts: Interner | undefined
  /** How many results of the row under way were given. */
  readonly #progress: Mem
  readonly #deadline: Mem

  readonly masked = false
  readonly isEager = true
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined
  readonly waiting = i32(0)

  constructor(node: AsofJoin) {
    this.#node = node
    this.#operator = asofJoinRule.print(node)
    const types = node.keys.map(({ left }) => left.type)
    if (types.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `an asof join by ${types.length} keys; ${KEYS_MAX} is the most`)
    this.times = timesOf(node)
    const ids = new StateIds(TABLE + 1)
    const right = ids.next()
    const left = node.waits ? ids.next() : undefined
    const kept = [...(node.waits ? node.left.relation.schema : []), ...node.right.relation.schema]
    const hasTexts = [...types, ...kept.map(({ type }) => type)].some(isBytes)
    const texts = hasTexts ? new Interner(ids.next()) : undefined
    this.#texts = texts
    this.#keys = new JoinKeys(
      TABLE,
      types.map(type => ({ type, nullable: isBytes(type) })),
      texts,
      {
        ...TimeChains.endFields('versions'),
        ...(node.waits && TimeChains.endFields('waiting')),
      },
    )
    const keys = (): Mem => this.#keys.table.entries
    this.#offsets = new AsofOffsets(offsetsOf(node))
    this.#versions = new AsofVersions(node, right, keys, texts)
    this.#sureness = new AsofSureness(node, this.#versions.chains, this.#rightTime)
    this.#waiting =
      left === undefined ? undefined : new AsofWaiting(node, left, { keys, texts, offsets: this.#offsets })
    const parts = { versions: this.#versions, sureness: this.#sureness, rightTime: this.#rightTime }
    this.#leaving = this.#waiting && new AsofLeaving(node, { ...parts, waiting: this.#waiting })
    this.#progress = rowLayout('asof_progress', 'state', { step: 'i32' })
    this.#deadline = rowLayout('asof_deadline', 'state', { deadline: 'i64' })
  }

  get deadline(): TimeField {
    return { mem: this.#deadline, field: 'deadline' }
  }

  get isDue(): Expr {
    return this.#leaving?.isDue ?? FALSE
  }

  get #rightTime(): Expr {
    return this.times.timeOf(RIGHT)
  }

  get regions(): StatefulStage['regions'] {
    const heads = [
      ...[this.#keys.table.head, this.#progress, this.#deadline],
      ...[this.#versions.chains.pool.head, ...this.#versions.heads],
      ...(this.#waiting ? [this.#waiting.chains.pool.head, this.#waiting.head] : []),
      ...(this.#texts?.fixed ?? []),
    ]
    return [...heads.map(mem => ({ mem, rows: 1 })), ...this.#offsets.regions]
  }

  get growables(): StatefulStage['growables'] {
    const sides = [this.#versions, ...(this.#waiting ? [this.#waiting] : [])]
    return [
      { growable: this.#keys.table.growable, grow: k => this.#keys.table.grow(k) },
      ...sides.map(({ growable, chains }) => ({ growable, grow: (k: KernelBuilder) => chains.pool.grow(k) })),
      ...growingTexts(this.#texts),
    ]
  }

  init(k: KernelBuilder): void {
    this.#keys.table.init(k)
    this.#offsets.init(k)
    k.put(this.#deadline, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  /** Rows go on as they find each other, and so does their time: each of them tells it. */
  passWatermark(k: KernelBuilder): void {
    k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  /** Gives out the rows whose time has come. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    this.#leaving?.advance(k, leave, {
      give: (row, found, step) => each(() => this.#result(row, found, step), this.#operator),
      forgetKey: key => this.#forgetKey(k, key),
    })
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    if (!output) throw new Error('a join without an output')
    cx.k.note(this.#operator)
    const side = cx.input === LEFT ? 'left' : 'right'
    const ts = this.#timeOf(cx, row, side)
    const exprs = this.#node.keys.map(pair => pair[side])
    const joined = joinKey(cx, row.columns, exprs, this.#operator)
    const key = this.#keys.read(cx, joined)
    const { isVoid } = joined
    const isRead = side === 'left' && this.#node.type === 'left'
    if (!isRead && !isNever(isVoid)) cx.k.if(isVoid, () => cx.drop())
    const entry = cx.k.let('entry', i32(-1))
    when(cx.k, isNever(isVoid) ? bool(true) : not(isVoid), () => cx.k.set(entry, this.#keys.find(cx.k, key)))
    const keyed = { key, isVoid, entry }
    if (side === 'left') this.#pushLeft(cx, row, { ...keyed, ts }, output)
    else this.#pushRight(cx, row, { ...keyed, ts })
  }

  /** The time of a row that is on time; what is computed from it must be in the range of times. */
  #timeOf(cx: RowScope, row: Row, side: 'left' | 'right'): Expr {
    const { times, toleranceTicks = 0n } = this.#node
    if (!times) return i64(MIN_TIME)
    const value = row.columns.get(times[side])
    if (!value) throw new Error('a row is joined without its time')
    const ts = cx.k.let('ts', scalarOf(value).value)
    const furthest = greatest(0n, ...offsetsOf(this.#node), ...offsetsOf(this.#node).map(offset => -offset))
    const margin = furthest + toleranceTicks + 1n
    const isOutside = [lt(ts, i64(MIN_TIME + margin)), gt(ts, i64(MAX_TIME - margin))].map(when => ({
      code: 'LDB-2005' as const,
      when,
    }))
    cx.reject(isOutside, bool(true), this.#operator)
    cx.k.if(lt(ts, this.times.timeOf(cx.input)), () => cx.late(true))
    return ts
  }

  #pushRight(cx: RowScope, row: Row, { key, entry, ts }: Keyed & { ts: Expr }): void {
    const { k, leave } = cx
    const { pool } = this.#versions.chains
    const wanted = this.#versions.want(k, row.columns)
    this.#reserveKey(cx, { key, entry })
    this.#reserveTexts(cx, [...key.texts, ...wanted.texts])
    pool.reserve(k, leave, i32(1))
    k.phase('apply')
    for (const text of [...key.texts, ...wanted.texts]) this.#texts?.intern(k, text)
    this.#makeKey(k, { key, entry })
    this.#versions.keep(cx, entry, ts, wanted)
    this.#versions.release(k, this.#askedFrom(k), gone => this.#forgetKey(k, gone))
    if (this.#versions.ripening) cx.stopIfDue()
  }

  /** Where rows do not wait, what is taken back hides older rows for as long as those may come. */
  get #heldFrom(): Expr {
    const { times, waits } = this.#node
    if (!times) return i64(MIN_TIME)
    const time = load(timeRegion, 'wm')
    return waits ? time : select(lt(this.#rightTime, time), this.#rightTime, time)
  }

  /** No row asks for what comes before that any more. */
  #askedFrom(k: KernelBuilder): Expr {
    const [first] = offsetsOf(this.#node)
    const time = k.let('asked_from', this.#heldFrom)
    if (first >= 0n) return time
    return select(lt(time, i64(MIN_TIME - first)), i64(MIN_TIME), add(time, i64(first)))
  }

  #reserveKey({ k, leave }: RowScope, { entry }: Pick<Keyed, 'key' | 'entry'>): void {
    k.if(lt(entry, i32(0)), () => this.#keys.table.reserve(k, leave))
  }

  #reserveTexts({ k, leave }: RowScope, texts: KeyValue['texts']): void {
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
  }

  #makeKey(k: KernelBuilder, { key, entry }: Pick<Keyed, 'key' | 'entry'>): void {
    k.if(lt(entry, i32(0)), () => {
      k.set(entry, this.#keys.insert(k, key))
      this.#versions.chains.clear(k, entry)
      this.#waiting?.chains.clear(k, entry)
    })
  }

  /** A key goes that no row is left of. */
  #forgetKey(k: KernelBuilder, key: Expr): void {
    const isEmpty = [this.#versions.chains, this.#waiting?.chains].flatMap(chains =>
      chains ? [chains.isEmpty(key)] : [],
    )
    k.if(all(isEmpty), () => this.#keys.table.remove(k, key))
  }

  /** Gives the results of a row that are sure, and lets it wait for the others. */
  #pushLeft(cx: RowScope, row: Row, keyed: Keyed & { ts: Expr }, output: EagerOutput): void {
    const { k } = cx
    if (this.#offsets.count === 1) {
      this.#giveNow(cx, row, { ...keyed, step: i32(0) }, output, () =>
        this.#keepWaiting(cx, row, { ...keyed, step: i32(0) }),
      )
      return
    }
    const step = k.let('step', load(this.#progress, 'step'))
    k.loop('probes', done => {
      k.breakIf(ge(step, i32(this.#offsets.count)), done)
      k.phase('reserve')
      this.#giveNow(cx, row, { ...keyed, step }, output, () => k.break(done))
      cx.spend(1)
      k.set(step, add(step, i32(1)))
      k.put(this.#progress, 'step', step)
    })
    k.if(lt(step, i32(this.#offsets.count)), () => this.#keepWaiting(cx, row, { ...keyed, step }))
    k.phase('apply')
    k.put(this.#progress, 'step', i32(0))
  }

  /** Gives a result that is sure; `otherwise` where it is not. */
  #giveNow(
    cx: RowScope,
    row: Row,
    { entry, isVoid, ts, step }: Keyed & { ts: Expr; step: Expr },
    output: EagerOutput,
    otherwise: () => void,
  ): void {
    const { k } = cx
    const time = k.let('time', this.#offsets.timeAt(ts, step))
    const found = k.let('found', i32(END_OF_CHAIN))
    const isReady = this.#sureness.isReady(time)
    when(k, isReady, () =>
      k.if(ge(entry, i32(0)), () => {
        const { row: match, steps } = this.#versions.match(k, entry, time)
        cx.spend(steps)
        k.set(found, match)
      }),
    )
    const isSure = this.#sureness.isSure(k, found, time)
    const give = (): void => {
      when(k, this.#sureness.isGiven(found), () => k.if(le(output.room, i32(0)), () => cx.leave(Status.full)))
      k.phase('apply')
      when(k, this.#sureness.isGiven(found), () => output.emit(this.#result(row.columns, found, step)))
    }
    if (!this.#node.waits) give()
    else k.if(isNever(isVoid) ? isSure : or(isSure, isVoid), give, otherwise)
  }

  #keepWaiting(cx: RowScope, row: Row, { key, entry, ts, step }: Keyed & { ts: Expr; step: Expr }): void {
    const { k } = cx
    const waiting = this.#waiting
    if (!waiting) return
    const wanted = waiting.want(k, row.columns)
    this.#reserveKey(cx, { key, entry })
    this.#reserveTexts(cx, [...key.texts, ...wanted.texts])
    waiting.chains.pool.reserve(k, cx.leave, i32(1))
    k.phase('apply')
    for (const text of [...key.texts, ...wanted.texts]) this.#texts?.intern(k, text)
    this.#makeKey(k, { key, entry })
    const time = k.let('time', this.#offsets.timeAt(ts, step))
    cx.spend(waiting.keep(k, { key: entry, time, until: this.#sureness.waitsUntil(time), step }, wanted))
    if (this.#node.direction === 'nearest') cx.stopIfDue()
  }

  #result(columns: RowColumns, found: Expr, step: Expr): RowColumns {
    const { probes } = this.#node
    const probe = probes && scalar('int64', this.#offsets.at(step), FALSE)
    return new Map([
      ...columns,
      ...(probes && probe ? [[probes.name, probe] as const] : []),
      ...this.#versions.columnsAt(found),
    ])
  }
}

/** Results wait for the left side, and for as much of the right one as their rows do. */
function timesOf(node: AsofJoin): JoinTimes {
  const { waits, direction, toleranceTicks = 0n } = node
  const furthest = offsetsOf(node).at(-1) ?? 0n
  const upper = direction === 'backward' ? furthest : toleranceTicks
  return new JoinTimes({ lower: 0n, upper }, waits ? [LEFT, RIGHT] : [LEFT])
}
