/**
 * deduplicate: the rows that were let through, by key and the stretch of time that they fell into. Stretches are as long
 * as duplicates are looked for: of one key there is one row in each at most, and what a row is a duplicate of lies in
 * its own stretch or in one beside it.
 */
import { Status } from '../../../ir/abi.ts'
import { MillraceError } from '../../../ir/errors.ts'
import {
  add,
  and,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type Deduplicate, deduplicateRule } from '../../../ir/logical/deduplicate.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from '../event-time.ts'
import type { Leave } from '../lib/control.ts'
import { intoGrid } from '../lib/grid.ts'
import type { TimeField } from '../lib/group-windows.ts'
import { hashOfWindow, hashWords } from '../lib/hash.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import { OpenWindows } from '../lib/open-windows.ts'
import { HashTable } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, StatefulStage } from '../stage.ts'
import { scalarOf } from '../value.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'

const TABLE = 0

export class DeduplicateStage implements StatefulStage {
  readonly #node: Deduplicate
  readonly #watermark: TimeField
  readonly #key: GroupKey
  readonly #table: HashTable
  readonly #texts: Interner | undefined
  /** The stretches of time; one is forgotten when no row can come any more that is close to one in it. */
  readonly #stretches: OpenWindows

  readonly masked = false
  readonly isEager = true
  readonly misses = false
  readonly blocks = undefined

  constructor(node: Deduplicate, watermark: TimeField, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    const { schema } = node.input.relation
    const columns = node.keys.flatMap(name => findColumn(schema, name) ?? [])
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `duplicates by ${columns.length} columns; ${KEYS_MAX} is the most`)
    const ids = new StateIds(TABLE + 1)
    const hasTexts = columns.some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    this.#key = new GroupKey(columns, this.#texts)
    const fields = { start: 'i64', kept: 'i64', ...this.#key.fields } as const
    this.#table = new HashTable({ id: TABLE, name: 'kept', fields })
    this.#texts?.addUser(this.#table)
    this.#stretches = new OpenWindows(ids.next(), this.#table)
  }

  readonly canWait = false

  get deadline(): TimeField {
    return this.#stretches.deadline
  }

  get waiting(): Expr {
    return this.#stretches.waiting
  }

  get regions(): StatefulStage['regions'] {
    const heads = [this.#table.head, ...this.#stretches.heads, ...(this.#texts?.fixed ?? [])]
    return heads.map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    const texts = this.#texts
    return [
      { growable: this.#table.growable, grow: k => this.#table.grow(k) },
      ...this.#stretches.growables.map(({ growable, table }) => ({
        growable,
        grow: (k: KernelBuilder) => table.grow(k),
      })),
      ...growingTexts(texts),
    ]
  }

  init(k: KernelBuilder): void {
    this.#table.init(k)
    this.#stretches.init(k)
  }

  open(): void {}

  close(): void {}

  /** Forgets stretches; nobody sees when. */
  advance(k: KernelBuilder, leave: Leave): void {
    this.#stretches.advance(k, leave, this.#watermark, {
      each: () => {},
      rows: () => i32(1),
      drop: row => this.#table.remove(k, row),
      merge: noPanes,
      reserveCombine: noPanes,
      combine: noPanes,
      combineRows: noPanes,
      spare: noPanes,
      clear: noPanes,
    })
  }

  /** Rows go on as they come, and so does their time: each of them tells it. */
  passWatermark(k: KernelBuilder): void {
    k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    const { k } = cx
    const { column, withinTicks } = this.#node
    const operator = deduplicateRule.print(this.#node)
    k.note(operator)
    const value = row.columns.get(column)
    if (!value || !output) throw new Error('duplicates without their time')
    const ts = k.let('ts', scalarOf(value).value)
    const start = this.#startOf(cx, row, ts, operator)
    const isLate = le(add(ts, i64(withinTicks)), load(this.#watermark.mem, this.#watermark.field))
    k.if(isLate, () => cx.late(true))
    const key = this.#key.read(cx, row.columns)
    const find = (from: Expr): Local => this.#find(k, key, from)
    k.if(not(lt(find(start), i32(0))), () => cx.drop())
    const isClose = (from: Expr, distance: (kept: Expr) => Expr): void => {
      const found = k.let('beside', find(k.let('from', from)))
      k.if(gt(found, i32(-1)), () => {
        const kept = load(this.#table.entries, 'kept', found)
        k.if(lt(distance(kept), i64(withinTicks)), () => cx.drop())
      })
    }
    isClose(sub(start, i64(withinTicks)), kept => sub(ts, kept))
    isClose(add(start, i64(withinTicks)), kept => sub(kept, ts))
    k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    this.#reserve(cx, key)
    k.phase('apply')
    this.#keep(k, key, { start, ts })
    output.emit(row.columns)
  }

  /** The start of the stretch of a time; that before it and the three behind it must be in the range of times. */
  #startOf({ k, reject }: RowScope, row: Row, ts: Expr, operator: string): Expr {
    const { withinTicks } = this.#node
    const start = k.let('start', sub(ts, k.let('into', intoGrid(k, withinTicks, 0n, ts))))
    const isOutside = [
      lt(ts, i64(MIN_TIME + 2n * withinTicks)),
      gt(ts, i64(MAX_TIME - 4n * withinTicks)),
    ].map(when => ({ code: 'LDB-2005' as const, when }))
    reject(isOutside, row.mask, operator)
    return start
  }

  #find(k: KernelBuilder, key: KeyValue, start: Expr): Local {
    const { entries } = this.#table
    return this.#table.find(k, this.#hashOf(k, key, start), candidate =>
      and(eq(load(entries, 'start', candidate), start), this.#key.equals(entries, candidate, key)),
    ).entry
  }

  #hashOf(k: KernelBuilder, key: KeyValue, start: Expr): Expr {
    return hashWords(k, this.#key.words(key), hashOfWindow(k, start))
  }

  #reserve({ k, leave }: RowScope, key: KeyValue): void {
    this.#table.reserve(k, leave)
    this.#stretches.reserve(k, leave)
    if (key.texts.length > 0) this.#texts?.reserve(k, key.texts, leave)
  }

  #keep(k: KernelBuilder, wanted: KeyValue, { start, ts }: { start: Expr; ts: Expr }): void {
    const { entries } = this.#table
    for (const text of wanted.texts) this.#texts?.intern(k, text)
    const key = this.#key.withTexts(wanted)
    const entry = this.#table.insert(k, this.#hashOf(k, key, start))
    k.store(entries, 'start', entry, start)
    k.store(entries, 'kept', entry, ts)
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    const closes = add(start, i64(3n * this.#node.withinTicks))
    this.#stretches.append(k, { start, from: start, closes }, entry)
  }
}

const noPanes = (): never => {
  throw new Error('rows that were let through are not combined')
}
