/**
 * What a lookup remembers: a table from keys to what was found, or that nothing was. When it is full, a hand goes round over the
 * entries: one that was used since the hand last came gets a second chance, one that rows wait for stays.
 */
import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  max32,
  min32,
  ne,
  not,
  or,
  select,
  shru,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { Answer, answerKey, keyColumns, type Lookup, lookedUp } from '../../../ir/logical/lookup.ts'
import { findColumn, type Schema } from '../../../ir/schema.ts'
import { clockTime } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { hashWords } from '../lib/hash.ts'
import { type Interner, NULL_TEXT } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { HashTable } from '../lib/table.ts'
import { FALSE, orElse, type Value } from '../value.ts'
import { GroupKey, type KeyValue } from './group-key.ts'

/** What is known of a key; an entry in use is not free. */
const State = { free: 0, asked: 1, missing: 2, found: 3 } as const

/** Entries that the hand looks at for one that comes. */
const LOOKS_MAX = 32

export interface CacheOptions {
  readonly id: number
  readonly texts: Interner | undefined
  /** The row of facts about the lookup. */
  readonly head: Mem
}

/** A key among those that are remembered: its entry, or a negative number, and what is known of it. */
export interface Known {
  readonly entry: Local
  readonly state: Local
}

export class LookupCache {
  readonly key: GroupKey
  readonly table: HashTable
  readonly #node: Lookup
  readonly #head: Mem
  readonly #found: KeptRow

  constructor(node: Lookup, { id, texts, head }: CacheOptions) {
    this.#node = node
    this.#head = head
    this.key = new GroupKey(ownKey(node), texts)
    this.#found = new KeptRow(
      lookedUp(node).map(({ answer }) => answer),
      texts,
      'found',
    )
    this.table = new HashTable({ id, name: 'looked_up', fields: this.#fields })
    texts?.addUser(this.table)
  }

  get #fields(): FieldSpecs {
    return {
      state: { type: 'i32' },
      /** Rows that wait for it; was it used since the hand came by; does it count for rows that come? */
      waiting: { type: 'i32' },
      used: { type: 'i32' },
      counts: { type: 'i32' },
      ...(this.#expires && { expires: { type: 'i64' } }),
      ...specsOf(this.key.fields),
      ...this.#found.fields,
    }
  }

  get #expires(): boolean {
    return this.#node.ttlMs !== undefined
  }

  #field(name: string, entry: Expr): Expr {
    return load(this.table.entries, name, entry)
  }

  #set(k: KernelBuilder, name: string, entry: Expr, value: Expr): void {
    k.store(this.table.entries, name, entry, value)
  }

  find(k: KernelBuilder, key: KeyValue): Known {
    const { entry } = this.table.find(k, hashWords(k, this.key.words(key)), candidate =>
      this.key.matches(this.table.entries, candidate, key),
    )
    const state = k.let('state', i32(State.free))
    k.if(ge(entry, i32(0)), () => k.set(state, this.#field('state', entry)))
    return { entry, state }
  }

  /** May a row that comes take what is known of its key? */
  isKnown(k: KernelBuilder, { entry, state }: Known): Local {
    const isKnown = k.let('is_known', ge(state, i32(State.missing)))
    k.if(isKnown, () => {
      const counts = ne(this.#field('counts', entry), i32(0))
      k.set(isKnown, this.#expires ? and(counts, lt(now(), this.#field('expires', entry))) : counts)
    })
    return isKnown
  }

  isAsked({ state }: Known): Expr {
    return eq(state, i32(State.asked))
  }

  /** Does a row that waits for an entry, or for none, wait no more? */
  isAnswered(k: KernelBuilder, entry: Expr): Local {
    const isAnswered = k.let('is_answered', lt(entry, i32(0)))
    k.if(not(isAnswered), () => k.set(isAnswered, ge(this.#field('state', entry), i32(State.missing))))
    return isAnswered
  }

  /** Was something found? */
  hasFound(k: KernelBuilder, entry: Expr): Local {
    const hasFound = k.let('has_found', FALSE)
    k.if(ge(entry, i32(0)), () => k.set(hasFound, eq(this.#field('state', entry), i32(State.found))))
    return hasFound
  }

  /** What was found, by the names of results; nulls where nothing was, which only a left lookup gives. */
  columns(entry: Expr, hasFound: Expr): RowColumns {
    const held = this.#found.read(this.table.entries, max32(entry, i32(0)))
    return new Map(
      lookedUp(this.#node).map(({ own, result, answer }): [string, Value] => {
        const value = held.get(answer.name)
        if (!value) throw new Error(`column ${own.name} was not looked up`)
        const isNull = own.nullable ? value.isNull : FALSE
        return [
          result.name,
          { ...value, isNull: this.#node.type === 'left' ? orElse(not(hasFound), isNull) : isNull },
        ]
      }),
    )
  }

  use(k: KernelBuilder, entry: Expr): void {
    k.if(ge(entry, i32(0)), () => this.#set(k, 'used', entry, i32(1)))
  }

  /** One more row waits for an entry, or one less. */
  count(k: KernelBuilder, entry: Expr, by: 1 | -1): void {
    k.if(ge(entry, i32(0)), () => this.#set(k, 'waiting', entry, add(this.#field('waiting', entry), i32(by))))
  }

  isWaitedFor(entry: Expr): Expr {
    return ne(this.#field('waiting', entry), i32(0))
  }

  reserve(k: KernelBuilder, leave: Leave): void {
    this.table.reserve(k, leave)
  }

  /** The key of a row is asked for; one that is new gets an entry. The texts of the key were interned. */
  ask(k: KernelBuilder, { entry }: Known, wanted: KeyValue): void {
    k.if(lt(entry, i32(0)), () => {
      this.#makeRoom(k)
      k.set(entry, this.#insert(k, wanted))
    })
    this.#set(k, 'state', entry, i32(State.asked))
  }

  #insert(k: KernelBuilder, wanted: KeyValue): Local {
    const { entries } = this.table
    const key = this.key.withTexts(wanted)
    const entry = this.table.insert(k, hashWords(k, this.key.words(key)))
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    for (const field of ['waiting', 'used']) this.#set(k, field, entry, i32(0))
    for (const [field, spec] of Object.entries(this.#found.fields))
      if (typeof spec === 'object' && spec.interned) k.store(entries, field, entry, i32(NULL_TEXT))
    return entry
  }

  /** State that is full of what rows wait for may grow beyond: then its own limit is the next. */
  #makeRoom(k: KernelBuilder): void {
    const { head, entries } = this.table
    const limit = load(controlBlock, 'limit')
    const max = k.let('max', min32(i32(this.#node.cacheRows), sub(limit, shru(limit, i32(2)))))
    const looks = k.let('looks', i32(0))
    k.loop('make_room', done => {
      k.breakIf(or(lt(load(head, 'live'), max), ge(looks, i32(LOOKS_MAX))), done)
      const entry = k.let('hand', load(this.#head, 'hand'))
      const next = k.let('next', add(entry, i32(1)))
      k.put(this.#head, 'hand', select(lt(next, load(head, 'high')), next, i32(0)))
      k.set(looks, add(looks, i32(1)))
      const isAnswered = ge(load(entries, 'state', entry), i32(State.missing))
      k.if(and(isAnswered, eq(load(entries, 'waiting', entry), i32(0))), () => {
        k.if(
          ne(load(entries, 'used', entry), i32(0)),
          () => k.store(entries, 'used', entry, i32(0)),
          () => this.#forget(k, entry),
        )
      })
    })
  }

  #forget(k: KernelBuilder, entry: Expr): void {
    this.#set(k, 'state', entry, i32(State.free))
    this.table.remove(k, entry)
    k.put(this.#head, 'evicted', add(load(this.#head, 'evicted'), i64(1n)))
  }

  /** What was found, as it is to be kept. */
  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#found.want(k, columns)
  }

  /** Takes an answer, whose texts were interned. */
  answer(k: KernelBuilder, entry: Expr, answer: Expr, wanted: WantedRow): void {
    this.#found.store(k, this.table.entries, entry, wanted)
    const state = select(eq(answer, i32(Answer.found)), i32(State.found), i32(State.missing))
    this.#set(k, 'state', entry, state)
    this.#set(k, 'counts', entry, toInt(ne(answer, i32(Answer.failed))))
    const { ttlMs } = this.#node
    if (ttlMs !== undefined) this.#set(k, 'expires', entry, add(now(), i64(ttlMs)))
  }

  /** Rows that come from now on ask again. */
  invalidate(k: KernelBuilder, entry: Expr): void {
    this.#set(k, 'counts', entry, i32(0))
  }
}

const now = (): Expr => load(clockTime.mem, clockTime.field)

/** The columns of the key by the names of answers; null where those of rows may be, for which there is no entry. */
const ownKey = (node: Lookup): Schema =>
  keyColumns(node).map((column, i) => ({
    name: answerKey(i),
    type: column.type,
    nullable: findColumn(node.input.relation.schema, node.on[i])?.nullable ?? false,
  }))

const specsOf = (fields: GroupKey['fields']): FieldSpecs => fields as FieldSpecs
