/**
 * lookup: a row whose key is known goes on at once. Any other waits, its key is written down to be asked for, and when answers
 * have come the rows that waited for them leave. Where order is kept a row that waits holds all those behind it.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { MillraceError } from '../../../ir/errors.ts'
import {
  add,
  and,
  any,
  bool,
  eq,
  ge,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  ne,
  not,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import {
  ANSWER,
  Answer,
  answerKey,
  keyColumns,
  type Lookup,
  lookedUp,
  lookupRule,
} from '../../../ir/logical/lookup.ts'
import type { BatchLimits, LookupProgram, OutputColumn } from '../../../ir/physical/program.ts'
import { isBytes, isFloat } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, timeRegion } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, Interner } from '../lib/interner.ts'
import type { WantedRow } from '../lib/kept-row.ts'
import { LookupTimes, ROWS } from '../lookup-times.ts'
import { layoutOutput, storeColumn } from '../output.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, isNever, orAll, scalarOf, type Value } from '../value.ts'
import { KEYS_MAX, type KeyValue } from './group-key.ts'
import { type Known, LookupCache } from './lookup-cache.ts'
import { WaitingRows } from './waiting-rows.ts'

/** A row on its way: its columns, its key, and what is known of that. */
interface Taken {
  readonly columns: RowColumns
  readonly keyColumns: RowColumns
  readonly key: KeyValue
  readonly known: Known
  readonly isKnown: Expr
}

export class LookupStage implements StatefulStage {
  readonly times = new LookupTimes()
  readonly #node: Lookup
  readonly #texts: Interner | undefined
  readonly #cache: LookupCache
  readonly #waiting: WaitingRows
  /** Have answers come for rows that wait; how far they were looked at; keys to be asked for; the hand; counters. */
  readonly #head: Mem
  readonly #asked: readonly OutputColumn[]
  readonly #requests: Mem
  readonly #requestRows: number

  readonly masked = false
  readonly isEager = true
  readonly marks = 'out_wm'
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined
  readonly waiting = i32(0)

  constructor(node: Lookup, { outputRows }: BatchLimits) {
    this.#node = node
    const keys = keyColumns(node)
    if (keys.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `a lookup by ${keys.length} columns; ${KEYS_MAX} is the most`)
    const ids = new StateIds(0)
    const [cache, waiting] = [ids.next(), ids.next()]
    const kept = [...node.relation.schema, ...keys]
    this.#texts = kept.some(({ type }) => isBytes(type)) ? new Interner(ids.next()) : undefined
    this.#head = rowLayout('lookup_head', 'state', {
      has_answers: 'i32',
      seen: 'i32',
      requests: 'i32',
      hand: 'i32',
      hits: 'i64',
      asked: 'i64',
      waited: 'i64',
      evicted: 'i64',
      deadline: 'i64',
    })
    this.#cache = new LookupCache(node, { id: cache, texts: this.#texts, head: this.#head })
    this.#waiting = new WaitingRows(node, waiting, this.#texts)
    this.#asked = keys.map((column, i) => ({ kind: 'computed', column, field: `o${i}` }))
    this.#requests = { ...layoutOutput(this.#asked, outputRows), name: 'requests' }
    this.#requestRows = outputRows + 1
  }

  get lookup(): Omit<LookupProgram, 'answers'> {
    const { table, waitingRows } = this.#node
    const { log } = this.#waiting
    return {
      table: table.name,
      columns: lookedUp(this.#node),
      head: this.#head,
      requests: this.#requests,
      keys: this.#asked,
      waiting: log.head,
      waitingRows,
      cache: this.#cache.table.head,
    }
  }

  get deadline(): TimeField {
    return { mem: this.#head, field: 'deadline' }
  }

  get isDue(): Expr {
    return ne(load(this.#head, 'has_answers'), i32(0))
  }

  get regions(): StatefulStage['regions'] {
    const heads = [this.#head, this.#cache.table.head, this.#waiting.log.head, ...(this.#texts?.fixed ?? [])]
    return [...heads.map(mem => ({ mem, rows: 1 })), { mem: this.#requests, rows: this.#requestRows }]
  }

  get growables(): StatefulStage['growables'] {
    const { table } = this.#cache
    const { log } = this.#waiting
    return [
      { growable: table.growable, grow: k => table.grow(k) },
      { growable: log.growable, grow: k => log.grow(k, this.#waiting) },
      ...growingTexts(this.#texts),
    ]
  }

  init(k: KernelBuilder): void {
    this.#cache.table.init(k)
    this.#waiting.log.init(k)
    k.put(this.#head, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  /** What leaves is not ahead of what waits. */
  passWatermark(k: KernelBuilder): void {
    this.#raise(k)
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  #raise(k: KernelBuilder): void {
    k.if(
      this.#waiting.isEmpty,
      () => k.put(timeRegion, 'out_wm', load(timeRegion, 'wm')),
      () => k.put(timeRegion, 'out_wm', this.#waiting.mark),
    )
  }

  push(cx: RowScope, { columns }: Row, _miss: unknown, output: EagerOutput | undefined): void {
    cx.k.note(lookupRule.print(this.#node))
    if (cx.input !== ROWS) this.#takeAnswer(cx, columns)
    else if (output) this.#takeRow(cx, columns, output)
    else throw new Error('a lookup without an output')
  }

  #takeRow(cx: RowScope, columns: RowColumns, output: EagerOutput): void {
    const { k } = cx
    const keyColumns = this.#keyOf(columns)
    const isVoid = k.let('is_void', isVoidKey(keyColumns))
    const key = this.#cache.key.read(cx, keyColumns)
    const known = this.#cache.find(k, key)
    const isKnown = k.let('is_answered', this.#cache.isKnown(k, known))
    k.if(isVoid, () => k.set(isKnown, bool(true)))
    const goesOn = this.#node.isOrdered ? and(isKnown, this.#waiting.isEmpty) : isKnown
    k.if(
      goesOn,
      () => this.#handOn(cx, columns, known, output),
      () => this.#park(cx, { columns, keyColumns, key, known, isKnown }),
    )
  }

  /** The columns of the key by the names that they have in answers. */
  #keyOf(columns: RowColumns): RowColumns {
    return new Map(
      this.#node.on.map((name, i): [string, Value] => {
        const value = columns.get(name)
        if (!value) throw new Error(`column ${name} is looked up by and was not read`)
        return [answerKey(i), value]
      }),
    )
  }

  #handOn(cx: RowScope, columns: RowColumns, { entry }: Known, output: EagerOutput): void {
    const { k } = cx
    const hasFound = this.#cache.hasFound(k, entry)
    const isGiven = this.#isGiven(hasFound)
    k.if(and(isGiven, le(output.room, i32(0))), () => cx.leave(Status.full))
    k.phase('apply')
    this.#cache.use(k, entry)
    this.#countUp(k, 'hits')
    this.#raise(k)
    k.if(isGiven, () => output.emit(this.#joined(columns, entry, hasFound)))
  }

  #isGiven(hasFound: Expr): Expr {
    return this.#node.type === 'left' ? bool(true) : hasFound
  }

  #joined(columns: RowColumns, entry: Expr, hasFound: Expr): RowColumns {
    return new Map([...columns, ...this.#cache.columns(entry, hasFound)])
  }

  #countUp(k: KernelBuilder, counter: string): void {
    k.put(this.#head, counter, add(load(this.#head, counter), i64(1n)))
  }

  /** The row waits; its key is asked for, where nobody has. */
  #park(cx: RowScope, { columns, keyColumns, key, known, isKnown }: Taken): void {
    const { k, leave } = cx
    const wanted = this.#waiting.want(k, columns)
    const texts = [...key.texts, ...wanted.texts]
    const asks = k.let('asks', not(any([isKnown, this.#cache.isAsked(known)])))
    k.if(asks, () => this.#cache.reserve(k, leave))
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
    this.#waiting.log.reserve(k, leave)
    k.phase('apply')
    for (const text of texts) this.#texts?.intern(k, text)
    k.if(asks, () => {
      this.#cache.ask(k, known, key)
      this.#request(k, keyColumns)
    })
    this.#cache.count(k, known.entry, 1)
    this.#waiting.append(k, known.entry, wanted)
    this.#countUp(k, 'waited')
  }

  /** There is room: a call brings no more rows than an output holds, and keys are taken away when it has ended. */
  #request(k: KernelBuilder, columns: RowColumns): void {
    const row = k.let('request', load(this.#head, 'requests'))
    this.#asked.forEach(({ column }, i) => {
      const value = columns.get(answerKey(i))
      if (value)
        storeColumn(k, { out: this.#requests, field: `o${i}`, nullable: column.nullable, row }, value)
    })
    k.put(this.#head, 'requests', add(row, i32(1)))
    this.#countUp(k, 'asked')
  }

  /** An answer to a key that was forgotten meanwhile is nobody's. */
  #takeAnswer(cx: RowScope, columns: RowColumns): void {
    const { k } = cx
    const value = columns.get(ANSWER)
    if (!value) throw new Error('an answer that says nothing')
    const answer = k.let('answer', scalarOf(value).value)
    const { entry } = this.#cache.find(k, this.#cache.key.read(cx, columns))
    k.if(lt(entry, i32(0)), () => cx.drop())
    k.if(
      eq(answer, i32(Answer.forgotten)),
      () => {
        k.phase('apply')
        this.#cache.invalidate(k, entry)
      },
      () => this.#keepAnswer(cx, entry, answer, this.#cache.want(k, columns)),
    )
  }

  #keepAnswer({ k, leave }: RowScope, entry: Local, answer: Expr, wanted: WantedRow): void {
    if (wanted.texts.length > 0) this.#texts?.reserve(k, wanted.texts, leave)
    k.phase('apply')
    for (const text of wanted.texts) this.#texts?.intern(k, text)
    this.#cache.answer(k, entry, answer, wanted)
    k.if(this.#cache.isWaitedFor(entry), () => k.put(this.#head, 'has_answers', i32(1)))
  }

  /** Hands on the rows that wait no more. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const spent = k.let('spent', i32(0))
    const mayGoOn = (): void => {
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
    }
    k.if(this.isDue, () => {
      this.#release(k, { mayGoOn, each, spent })
      k.put(this.#head, 'has_answers', i32(0))
      k.put(this.#head, 'seen', i32(0))
    })
    if (!this.#node.isOrdered) this.#clear(k, mayGoOn, spent)
  }

  /** In order of arrival, up to the first that still waits; or past those. */
  #release(k: KernelBuilder, { mayGoOn, each, spent }: Release): void {
    const { log } = this.#waiting
    const { isOrdered } = this.#node
    const seen = (): Expr => load(this.#head, 'seen')
    k.loop('waiting_rows', done => {
      k.breakIf(ge(seen(), log.live), done)
      k.put(timeRegion, 'out_wm', this.#waiting.mark)
      mayGoOn()
      const row = k.let('row', log.at(seen()))
      const entry = k.let('entry', this.#waiting.entryOf(row))
      const isAnswered = this.#cache.isAnswered(k, entry)
      if (isOrdered) k.breakIf(not(isAnswered), done)
      const leaves = isOrdered ? bool(true) : and(isAnswered, not(this.#waiting.isGone(row)))
      k.if(leaves, () => {
        const hasFound = this.#cache.hasFound(k, entry)
        const columns = this.#joined(this.#waiting.columnsOf(row), entry, hasFound)
        k.if(this.#isGiven(hasFound), () => each(() => columns, lookupRule.print(this.#node)))
        k.phase('apply')
        this.#cache.count(k, entry, -1)
        if (isOrdered) log.dropOldest(k, this.#waiting)
        else this.#waiting.leave(k, row)
      })
      k.phase('apply')
      if (!isOrdered) k.put(this.#head, 'seen', add(seen(), i32(1)))
      k.set(spent, add(spent, i32(1)))
    })
  }

  /** What has left and lies in front makes room. */
  #clear(k: KernelBuilder, mayGoOn: () => void, spent: Local): void {
    const { log } = this.#waiting
    k.loop('left', done => {
      k.breakIf(this.#waiting.isEmpty, done)
      k.breakIf(not(this.#waiting.isGone(log.oldest)), done)
      mayGoOn()
      k.phase('apply')
      log.dropOldest(k, this.#waiting)
      k.set(spent, add(spent, i32(1)))
    })
  }
}

interface Release {
  readonly mayGoOn: () => void
  readonly each: EmitEach
  readonly spent: Local
}

/** Null and NaN are equal to nothing. */
function isVoidKey(key: RowColumns): Expr {
  const voids = [...key.values()].map(value =>
    value.kind === 'bytes' || !isFloat(value.type)
      ? value.isNull
      : orAll([value.isNull, ne(value.value, value.value)]),
  )
  const isVoid = orAll(voids)
  return isNever(isVoid) ? FALSE : isVoid
}
