/**
 * Rows of many keys in order of arrival, as kernel code: a ring, whose oldest rows leave first. The rows of a key are a chain
 * from its newest one back. Nothing is unlinked when a row leaves: a link leads to a row that is there only if that is older
 * than the one it stands in. What holds the newest row of a key knows whether it is one by its key.
 *
 * A row that may leave can lie behind one that stays. Both are told apart when room runs out: those that stay move to the
 * other extent, and their chains are made anew.
 */
import { controlBlock, Trap } from '../../../ir/abi.ts'
import {
  add,
  all,
  and,
  eq,
  ge,
  i32,
  isConst,
  type KernelBuilder,
  load,
  lt,
  max32,
  min32,
  not,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { askForRoom, type Leave, returnIfBudgetSpent, trap } from './control.ts'
import type { TextWalk } from './interner.ts'
import { powerOfTwo, roomFor } from './table.ts'

/** Rows that there is room for at the least. */
const ROOM_MIN = 16
const EXTENTS = 2
/** Rows that leave when one comes: more than one, so that they catch up. */
const LEAVE_MAX = 4
/** No row. */
export const NO_ROW = -1

/** What rows belong to. */
export interface Owner {
  /** Where the newest row of a key is written down. */
  newest(key: Expr): Expr
  setNewest(k: KernelBuilder, key: Expr, row: Expr): void
  /** May a row leave when it is the oldest? */
  hasPassed(row: Expr): Expr
  /** Is it gone before its time? It leaves when all move at the latest. */
  isGone(row: Expr): Expr
  /** May it leave when all move? */
  mayDrop(row: Expr): Expr
  /** A row that stays lies in another place now. */
  moved(k: KernelBuilder, row: Expr): void
  /** All rows are about to move. */
  moving(k: KernelBuilder): void
}

export class RowLog {
  readonly head: Mem
  /** Field `key` names the key of a row; one that has none is in no chain. */
  readonly rows: Mem
  readonly #id: number
  readonly #name: string
  readonly #max: number | undefined

  /** `max`: the most rows there may be, where that is not the limit of all state. */
  constructor(id: number, name: string, fields: FieldSpecs, max?: number) {
    this.#max = max
    this.#id = id
    this.#name = name
    this.head = rowLayout(`${name}_head`, 'state', {
      /** Rows, the most there were, and those that are gone; that there is room for; the extent in use; its rows - 1; the oldest row. */
      live: 'i32',
      high: 'i32',
      gone: 'i32',
      room: 'i32',
      base: 'i32',
      mask: 'i32',
      oldest: 'i32',
      /** While they move: rows that were counted and that of those stay, that were moved, and that have come over. */
      counted: 'i32',
      staying: 'i32',
      new_mask: 'i32',
      moved: 'i32',
      new_live: 'i32',
    })
    this.rows = rowLayout(name, 'state', { ...fields, key: 'i32', before: 'i32' })
  }

  get growable(): Growable {
    return {
      id: this.#id,
      name: this.#name,
      kernel: `grow_${this.#name}`,
      head: this.head,
      parts: [{ mem: this.rows, rowsPerUnit: EXTENTS }],
      holdsOutput: false,
    }
  }

  #head(field: string): Expr {
    return load(this.head, field)
  }

  get live(): Expr {
    return this.#head('live')
  }

  init(k: KernelBuilder): void {
    const room = k.let('room', min32(i32(ROOM_MIN), load(controlBlock, 'limit')))
    k.put(this.head, 'room', room)
    k.put(this.head, 'mask', sub(room, i32(1)))
  }

  /** Returns `grow` where one more row would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, leave: Leave): void {
    const max = this.#max
    const there = sub(this.live, this.#head('gone'))
    if (max !== undefined) k.if(ge(there, i32(max)), () => trap(k, Trap.tooManyRows, leave))
    k.if(ge(this.live, this.#head('room')), () => askForRoom(k, this.#id, add(this.live, i32(1)), leave))
  }

  /** How many rows are older; any number not less than `live` for a place of the extent where there is none. */
  #age(row: Expr): Expr {
    return and(sub(sub(row, this.#head('base')), this.#head('oldest')), this.#head('mask'))
  }

  #at(age: Expr): Expr {
    return add(this.#head('base'), and(add(this.#head('oldest'), age), this.#head('mask')))
  }

  /** The newest row of a key, or NO_ROW: what the owner has written down may have left. */
  newest(k: KernelBuilder, owner: Owner, key: Expr): Local {
    const known = k.let('newest', owner.newest(key))
    const slot = k.let('slot', sub(known, this.#head('base')))
    const inside = k.let('inside', and(slot, this.#head('mask')))
    const row = k.let('row_of_key', add(this.#head('base'), inside))
    const isThere = all([
      eq(inside, slot),
      lt(this.#age(row), this.live),
      eq(load(this.rows, 'key', row), key),
    ])
    return k.let('newest_row', select(isThere, row, i32(NO_ROW)))
  }

  /** The row of the same key before a row, or NO_ROW. */
  before(k: KernelBuilder, row: Expr): Local {
    const before = k.let('before', load(this.rows, 'before', row))
    const isOlder = and(ge(before, i32(0)), lt(this.#age(before), this.#age(row)))
    return k.let('row_before', select(isOlder, before, i32(NO_ROW)))
  }

  /** A new row of a key, or of none; its other fields hold what was there before. */
  append(k: KernelBuilder, owner: Owner, key: Expr): Local {
    const row = k.let('new_row', this.#at(this.live))
    k.store(this.rows, 'key', row, key)
    k.if(ge(key, i32(0)), () => {
      k.store(this.rows, 'before', row, this.newest(k, owner, key))
      owner.setNewest(k, key, row)
    })
    k.put(this.head, 'live', add(this.live, i32(1)))
    k.put(this.head, 'high', max32(this.#head('high'), this.live))
    return row
  }

  /** The oldest rows leave that may. */
  release(k: KernelBuilder, owner: Owner): void {
    if (isConst(owner.hasPassed(i32(0)), false)) return
    const left = k.let('left', i32(0))
    k.loop(`leave_${this.#name}`, label => {
      k.breakIf(or(ge(left, i32(LEAVE_MAX)), eq(this.live, i32(0))), label)
      k.breakIf(not(owner.hasPassed(this.#at(i32(0)))), label)
      this.#forget(k, owner)
      k.put(this.head, 'oldest', and(add(this.#head('oldest'), i32(1)), this.#head('mask')))
      k.put(this.head, 'live', sub(this.live, i32(1)))
      k.set(left, add(left, i32(1)))
    })
  }

  #forget(k: KernelBuilder, owner: Owner): void {
    const isGone = owner.isGone(this.#at(i32(0)))
    if (!isConst(isGone, false)) k.if(isGone, () => k.put(this.head, 'gone', sub(this.#head('gone'), i32(1))))
  }

  /** A row is gone: it is there no more, and leaves when it may. */
  countGone(k: KernelBuilder): void {
    this.#raise(k, 'gone')
  }

  /** The body of the grow kernel. Yields by the budget. */
  grow(k: KernelBuilder, owner: Owner): void {
    const { head } = this
    const spent = k.let('spent', i32(0))
    this.#count(k, owner, spent)
    k.if(eq(this.#head('new_mask'), i32(0)), () => {
      const more = sub(load(controlBlock, 'need'), this.live)
      const room = min32(
        powerOfTwo(k, roomFor(add(this.#head('staying'), more)), ROOM_MIN),
        load(controlBlock, 'limit'),
      )
      k.put(head, 'new_mask', sub(room, i32(1)))
      owner.moving(k)
    })
    const base = k.let('new_base', sub(load(controlBlock, 'limit'), this.#head('base')))
    this.#move(k, owner, base, spent)
    k.put(head, 'base', base)
    k.put(head, 'mask', this.#head('new_mask'))
    k.put(head, 'room', add(this.#head('new_mask'), i32(1)))
    k.put(head, 'live', this.#head('new_live'))
    for (const field of ['gone', 'oldest', 'counted', 'staying', 'new_mask', 'moved', 'new_live'])
      k.put(head, field, i32(0))
  }

  /** How many rows stay. */
  #count(k: KernelBuilder, owner: Owner, spent: Local): void {
    this.#each(k, 'counted', spent, row => {
      k.if(not(owner.mayDrop(row)), () => this.#raise(k, 'staying'))
    })
  }

  #move(k: KernelBuilder, owner: Owner, base: Local, spent: Local): void {
    const { rows } = this
    this.#each(k, 'moved', spent, row => {
      k.if(not(owner.mayDrop(row)), () => {
        const to = k.let('to', add(base, this.#head('new_live')))
        for (const field of Object.keys(rows.fields)) k.store(rows, field, to, load(rows, field, row))
        const key = k.let('key', load(rows, 'key', row))
        k.if(ge(key, i32(0)), () => {
          k.store(rows, 'before', to, this.#newestAmongMoved(k, owner, base, key))
          owner.setNewest(k, key, to)
        })
        owner.moved(k, to)
        this.#raise(k, 'new_live')
      })
    })
  }

  /** The newest row of a key in the extent that rows move to. */
  #newestAmongMoved(k: KernelBuilder, owner: Owner, base: Expr, key: Expr): Expr {
    const known = k.let('known', owner.newest(key))
    const isThere = and(ge(known, base), lt(known, add(base, this.#head('new_live'))))
    const row = k.let('moved_row', select(isThere, known, base))
    return select(and(isThere, eq(load(this.rows, 'key', row), key)), row, i32(NO_ROW))
  }

  #raise(k: KernelBuilder, field: string): void {
    k.put(this.head, field, add(this.#head(field), i32(1)))
  }

  /** Every row, from the oldest on; `done` keeps how many were looked at. */
  #each(k: KernelBuilder, done: string, spent: Local, each: (row: Local) => void): void {
    k.loop(`${done}_${this.#name}`, label => {
      k.breakIf(ge(this.#head(done), this.live), label)
      returnIfBudgetSpent(k, spent)
      each(k.let('row', this.#at(this.#head(done))))
      this.#raise(k, done)
    })
  }

  /** Looks through rows for the texts that their fields name. */
  get textWalk(): TextWalk {
    const texts = Object.entries(this.rows.fields).filter(([, field]) => field.interned)
    return (k, at, save, mark) => {
      const spent = k.let('spent', i32(0))
      k.loop(`texts_${this.#name}`, label => {
        k.breakIf(ge(at, this.live), label)
        save()
        returnIfBudgetSpent(k, spent)
        const row = k.let('row', this.#at(at))
        for (const [field] of texts) mark(load(this.rows, field, row))
        k.set(at, add(at, i32(1)))
      })
    }
  }
}
