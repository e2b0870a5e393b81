/**
 * consolidate: the rows whose weights of this step do not add up to nothing, with those weights, in the order in which they
 * came. A row that comes to nothing is forgotten at once: what is kept is what would be given out.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { MillraceError } from '../../../ir/errors.ts'
import {
  add,
  and,
  eq,
  f64,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  op,
  or,
  select,
  shl,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type Consolidate, consolidateRule, stepsOf } from '../../../ir/logical/consolidate.ts'
import { changes } from '../../../ir/logical/emit.ts'
import { withoutCode } from '../../../ir/logical/mode.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { clockTime, MAX_TIME, MIN_TIME, passTimes, passWatermark, timeRegion } from '../event-time.ts'
import type { Leave } from '../lib/control.ts'
import { EntryList, endFields } from '../lib/entry-list.ts'
import { cellOf } from '../lib/grid.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { hashWords } from '../lib/hash.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import { HashTable } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EmitEach, StatefulStage } from '../stage.ts'
import { asChange, takesBack } from './change-rows.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'

const TABLE = 0
const LINKS = 'change'

export class ConsolidateStage implements StatefulStage {
  readonly #node: Consolidate
  readonly #watermark: TimeField
  readonly #key: GroupKey
  readonly #table: HashTable
  readonly #texts: Interner | undefined
  /** When the step ends that the rows which wait are of, the time at which it began, and the watermark that ends it. */
  readonly #step: Mem
  readonly #waiting: EntryList

  readonly masked = false
  readonly isEager = false
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined

  constructor(node: Consolidate, watermark: TimeField, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    const columns = withoutCode(node.relation.schema)
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `consolidate of ${columns.length} columns; ${KEYS_MAX} is the most`)
    const ids = new StateIds(TABLE + 1)
    const hasTexts = columns.some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    this.#key = new GroupKey(columns, this.#texts)
    const fields = { weight: 'f64' as const, ...EntryList.linkFields(LINKS), ...this.#key.fields }
    this.#table = new HashTable({ id: TABLE, name: 'changes', fields })
    this.#texts?.addUser(this.#table)
    this.#step = rowLayout('step', 'state', {
      ends: 'i64',
      began: 'i64',
      deadline: 'i64',
      ...endFields,
    })
    this.#waiting = new EntryList(this.#step, this.#table.entries, LINKS)
  }

  get deadline(): TimeField {
    return { mem: this.#step, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.#table.head, 'live')
  }

  get regions(): StatefulStage['regions'] {
    const heads = [this.#table.head, this.#step, ...(this.#texts?.fixed ?? [])]
    return heads.map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    const texts = this.#texts
    return [{ growable: this.#table.growable, grow: k => this.#table.grow(k) }, ...growingTexts(texts)]
  }

  init(k: KernelBuilder): void {
    this.#table.init(k)
    this.#waiting.init(k)
    this.#rest(k)
  }

  open(): void {}

  close(): void {}

  /** What follows learns of the time in steps: all rows of one come before the time at which it ends. */
  passWatermark(k: KernelBuilder): void {
    const steps = this.#steps
    if (steps?.clock === 'event') passTimes(k, { step: steps.every, offset: 0n, behind: 0n })
    else passWatermark(k, undefined, 0n)
  }

  push(cx: RowScope, row: Row): void {
    const { k } = cx
    k.note(consolidateRule.print(this.#node))
    const weight = k.let('weight', weightOf(takesBack(k, row.columns)))
    const key = this.#key.read(cx, row.columns)
    const { entries } = this.#table
    const { entry, hash } = this.#table.find(k, hashWords(k, this.#key.words(key)), candidate =>
      this.#key.matches(entries, candidate, key),
    )
    k.if(lt(entry, i32(0)), () => this.#reserve(cx, key))
    k.phase('apply')
    k.if(
      lt(entry, i32(0)),
      () => this.#keep(k, key, hash, weight),
      () => this.#weigh(k, entry, weight),
    )
  }

  #reserve({ k, leave }: RowScope, key: KeyValue): void {
    this.#table.reserve(k, leave)
    if (key.texts.length > 0) this.#texts?.reserve(k, key.texts, leave)
  }

  /** The first change of a step says when it ends. */
  #keep(k: KernelBuilder, wanted: KeyValue, known: Expr, weight: Expr): void {
    const { entries } = this.#table
    k.if(this.#waiting.isEmpty, () => this.#begin(k))
    for (const text of wanted.texts) this.#texts?.intern(k, text)
    const key = this.#key.withTexts(wanted)
    const hash = key.texts.length === 0 ? known : hashWords(k, this.#key.words(key))
    const entry = this.#table.insert(k, hash)
    k.store(entries, 'weight', entry, weight)
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    this.#waiting.append(k, entry)
  }

  #begin(k: KernelBuilder): void {
    const steps = this.#steps
    const now = k.let('now', this.#now)
    const step = steps && cellOf(k, steps.every, now)
    k.put(this.#step, 'began', steps?.clock === 'event' && step ? step.start : i64(MIN_TIME))
    k.put(this.#step, 'ends', step?.end ?? i64(NEVER))
    if (steps?.clock === 'event' && step) k.put(this.#step, 'deadline', load(this.#step, 'ends'))
  }

  #weigh(k: KernelBuilder, entry: Expr, by: Expr): void {
    const { entries } = this.#table
    k.store(entries, 'weight', entry, add(load(entries, 'weight', entry), by))
    k.if(eq(load(entries, 'weight', entry), f64(0)), () => {
      this.#waiting.remove(k, entry)
      this.#table.remove(k, entry)
      k.if(this.#waiting.isEmpty, () => this.#rest(k))
    })
  }

  /** A row of weight n is given n times, one at a time. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const { entries } = this.#table
    const spent = k.let('spent', i32(0))
    this.#raiseTo(k)
    k.loop('due_changes', done => {
      const entry = k.let('change', this.#waiting.first)
      k.breakIf(or(lt(entry, i32(0)), not(this.#isDue)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      const isLess = k.let('is_less', lt(load(entries, 'weight', entry), f64(0)))
      each(
        () =>
          asChange(
            this.#key.values(entries, entry),
            select(isLess, i32(changes.delete), i32(changes.insert)),
          ),
        consolidateRule.print(this.#node),
      )
      k.phase('apply')
      this.#weigh(k, entry, weightOf(not(isLess)))
      k.set(spent, add(spent, i32(1)))
    })
  }

  /** Nothing waits. */
  #rest(k: KernelBuilder): void {
    for (const field of ['ends', 'deadline']) k.put(this.#step, field, i64(NEVER))
  }

  get #steps(): ReturnType<typeof stepsOf> {
    return stepsOf(this.#node)
  }

  get #time(): Expr {
    return load(this.#watermark.mem, this.#watermark.field)
  }

  /** What the clock shows that ends steps. */
  get #now(): Expr {
    return this.#steps?.clock === 'processing' ? load(clockTime.mem, clockTime.field) : this.#time
  }

  /** With the end of input all steps end. */
  get #isDue(): Expr {
    const ends = load(this.#step, 'ends')
    const isPast = le(ends, this.#now)
    return this.#steps?.clock === 'processing' ? or(isPast, eq(this.#time, i64(MAX_TIME))) : isPast
  }

  /** Rows that are due are held against the time at which their step began. */
  #raiseTo(k: KernelBuilder): void {
    const began = load(this.#step, 'began')
    k.if(and(this.#isDue, not(this.#waiting.isEmpty)), () =>
      k.if(gt(began, load(timeRegion, 'out_wm')), () => k.put(timeRegion, 'out_wm', began)),
    )
  }
}

/** +1, or -1 where a condition holds: a double, which no tier boxes. */
const weightOf = (isMinus: Expr): Expr => op('float.i32', sub(i32(1), shl(toInt(isMinus), i32(1))))
