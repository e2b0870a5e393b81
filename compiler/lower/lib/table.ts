/**
 * A hash table as kernel code: an index of (hash, entry) slots with linear probing, over dense entries with stable
 * ids. Entries never move: lists may link them by id, and an emit loop that was interrupted finds its place again.
 * An entry knows its slot, counted over both extents; removing it marks the slot as stale where probes must go past.
 * Stale slots are used again, or go when nothing behind them is in use, or when the index is rebuilt, from one extent
 * to the other.
 */
import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  gt,
  i32,
  isConst,
  type KernelBuilder,
  le,
  load,
  lt,
  min32,
  mul,
  ne,
  not,
  shl,
  shru,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { askForRoom, type Leave, returnIfBudgetSpent } from './control.ts'

/** Entries that a table has room for at the least. */
const ROOM_MIN = 16
/** Index slots for one entry, and extents of the index. */
const SLOTS_PER_ENTRY = 2
const EXTENTS = 2
/** Slots of an index that no longer lies in a cache near the core, and rows that memory needs to come nearer. */
const PREFETCH_SLOTS_MIN = 1 << 16
const ROWS_AHEAD = 16
/** In place of an entry + 1: a slot that was never used, and one whose entry has gone. */
const EMPTY = 0
const STALE = -1

export interface TableOptions {
  readonly id: number
  readonly name: string
  readonly fields: FieldSpecs
}

/** What a probe found: the entry, or -1. */
export interface Found {
  readonly entry: Local
  readonly hash: Expr
}

/** How a table grows: the room wanted, and which entries come along (default: all). */
export interface GrowRules {
  readonly wanted: (k: KernelBuilder) => Expr
  /** Calls `keep` in the branch where the entry stays; releases it in the other. */
  readonly sift?: (k: KernelBuilder, entry: Local, keep: () => void) => void
}

export class HashTable {
  readonly head: Mem
  readonly index: Mem
  /** Field `next` is free for lists of the owner while an entry is in use. */
  readonly entries: Mem
  readonly #id: number
  readonly #name: string

  constructor({ id, name, fields }: TableOptions) {
    this.#id = id
    this.#name = name
    this.head = rowLayout(`${name}_head`, 'state', {
      /** Entries in use; ids ever given; first free id + 1; entries there is room for. */
      live: 'i32',
      high: 'i32',
      free: 'i32',
      room: 'i32',
      /** Slots that are not empty, stale ones among them; first slot of the extent in use; its slots - 1. */
      used: 'i32',
      base: 'i32',
      mask: 'i32',
      /** While growing: the new mask, how far clearing and moving have come, slots in use of the new extent. */
      new_mask: 'i32',
      cleared: 'i32',
      moved: 'i32',
      new_used: 'i32',
    })
    this.index = rowLayout(`${name}_index`, 'state', { hash: 'i32', entry: 'i32' })
    this.entries = rowLayout(name, 'state', { ...fields, place: 'i32', next: 'i32' })
  }

  get growable(): Growable {
    return {
      id: this.#id,
      name: this.#name,
      kernel: `grow_${this.#name}`,
      head: this.head,
      parts: [
        { mem: this.entries, rowsPerUnit: 1 },
        { mem: this.index, rowsPerUnit: SLOTS_PER_ENTRY * EXTENTS },
      ],
      holdsOutput: false,
    }
  }

  #head(field: string): Expr {
    return load(this.head, field)
  }

  /**
   * Probes for an entry of that hash for which `same` holds: any of that hash, where it names one key only. A table
   * that has no room yet has one slot, which is empty.
   */
  find(k: KernelBuilder, hash: Expr, same: (entry: Local) => Expr): Found {
    return this.findBy(k, hash, (entry, leave) => {
      const isSame = same(entry)
      if (!isConst(isSame, true)) k.if(not(isSame), leave)
    })
  }

  /** As `find`; the code leaves a candidate that is not the one. */
  findBy(k: KernelBuilder, hash: Expr, check: (entry: Local, leave: () => void) => void): Found {
    const entry = k.let(`${this.#name}_entry`, i32(-1))
    const base = k.let('base', this.#head('base'))
    const mask = k.let('mask', this.#head('mask'))
    const slot = k.let('slot', and(hash, mask))
    k.loop(`probe_${this.#name}`, label => {
      const at = k.let('at', add(base, slot))
      const tag = k.let('tag', load(this.index, 'entry', at))
      k.breakIf(eq(tag, i32(EMPTY)), label)
      k.if(and(eq(load(this.index, 'hash', at), hash), gt(tag, i32(EMPTY))), () => {
        k.block('candidate', other => {
          const candidate = k.let('candidate', sub(tag, i32(1)))
          check(candidate, () => k.break(other))
          k.set(entry, candidate)
          k.break(label)
        })
      })
      k.set(slot, and(add(slot, i32(1)), mask))
    })
    return { entry, hash }
  }

  /**
   * Asks for the slot of a row that is far ahead, and for the entry of one that is near, whose slot has come by then.
   * A small table is near anyway. `hashAhead` writes the hash of a row that is so many rows ahead, where it can tell.
   */
  prefetch(k: KernelBuilder, hashAhead: (rows: number) => Expr | undefined): void {
    k.if(ge(this.#head('mask'), i32(PREFETCH_SLOTS_MIN)), () => {
      const [far, near] = [ROWS_AHEAD, ROWS_AHEAD / 2].map(rows => {
        const hash = hashAhead(rows)
        return hash && add(this.#head('base'), and(hash, this.#head('mask')))
      })
      if (!far || !near) return
      k.prefetch(this.index, 'entry', far)
      k.prefetch(this.entries, 'place', sub(load(this.index, 'entry', near), i32(1)))
    })
  }

  /** Room for a few entries from the beginning: memory that nobody has written to is an empty index. */
  init(k: KernelBuilder): void {
    const room = k.let('room', min32(i32(ROOM_MIN), load(controlBlock, 'limit')))
    k.put(this.head, 'room', room)
    k.put(this.head, 'mask', sub(mul(room, i32(SLOTS_PER_ENTRY)), i32(1)))
  }

  /** Returns `grow` when `count` more entries would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, leave: Leave, count = 1): void {
    k.if(this.lacks(count), () => {
      askForRoom(k, this.#id, add(this.#head('live'), i32(count)), leave)
    })
  }

  /** Would so many more entries find no room? */
  lacks(count: number): Expr {
    return gt(add(this.#head('used'), i32(count)), this.#head('room'))
  }

  /** A new entry for a hash that was probed for in vain; its fields hold what its last owner left. */
  insert(k: KernelBuilder, hash: Expr): Local {
    const free = k.let('free', this.#head('free'))
    const entry = k.let('entry', sub(free, i32(1)))
    k.if(
      eq(free, i32(0)),
      () => {
        k.set(entry, this.#head('high'))
        k.put(this.head, 'high', add(entry, i32(1)))
      },
      () => k.put(this.head, 'free', load(this.entries, 'next', entry)),
    )
    k.put(this.head, 'live', add(this.#head('live'), i32(1)))
    this.#place(k, this.#head('base'), this.#head('mask'), hash, entry, 'used')
    return entry
  }

  /** Ties an entry to the first empty or stale slot from its home on; counts it where it was empty. */
  #place(
    k: KernelBuilder,
    base: Expr,
    mask: Expr,
    hash: Expr,
    entry: Expr,
    counter: 'used' | 'new_used',
  ): void {
    const slot = k.let('home', and(hash, mask))
    const before = k.let('before', load(this.index, 'entry', add(base, slot)))
    k.loop('place', label => {
      k.breakIf(le(before, i32(EMPTY)), label)
      k.set(slot, and(add(slot, i32(1)), mask))
      k.set(before, load(this.index, 'entry', add(base, slot)))
    })
    const isEmpty = toInt(eq(before, i32(EMPTY)))
    k.put(this.head, counter, add(this.#head(counter), isEmpty))
    k.store(this.index, 'hash', add(base, slot), hash)
    k.store(this.index, 'entry', add(base, slot), add(entry, i32(1)))
    k.store(this.entries, 'place', entry, add(base, slot))
  }

  /** The entry is found by another hash from now on; that may take a slot more. */
  rehash(k: KernelBuilder, entry: Expr, hash: Expr): void {
    this.#vacate(k, load(this.entries, 'place', entry))
    this.#place(k, this.#head('base'), this.#head('mask'), hash, entry, 'used')
  }

  /** Takes an entry out; its id becomes the next to be given. The caller has unlinked it from lists of its own. */
  remove(k: KernelBuilder, entry: Expr): void {
    this.#vacate(k, load(this.entries, 'place', entry))
    k.store(this.entries, 'next', entry, this.#head('free'))
    k.put(this.head, 'free', add(entry, i32(1)))
    k.put(this.head, 'live', sub(this.#head('live'), i32(1)))
  }

  /** Marks a slot as stale; where none is in use behind it no probe goes past, and all that are stale are empty again. */
  #vacate(k: KernelBuilder, place: Expr): void {
    const base = k.let('base', this.#head('base'))
    const mask = k.let('mask', this.#head('mask'))
    const slot = k.let('slot', sub(place, base))
    const tagAt = (at: Expr): Expr => load(this.index, 'entry', add(base, at))
    const mark = (tag: number): void => k.store(this.index, 'entry', add(base, slot), i32(tag))
    mark(STALE)
    k.if(eq(tagAt(and(add(slot, i32(1)), mask)), i32(EMPTY)), () => {
      k.loop('empty_again', label => {
        k.breakIf(ne(tagAt(slot), i32(STALE)), label)
        mark(EMPTY)
        k.put(this.head, 'used', sub(this.#head('used'), i32(1)))
        k.set(slot, and(sub(slot, i32(1)), mask))
      })
    })
  }

  /** The body of the grow kernel: clears the other extent, moves the slots over, switches. Yields by the budget. */
  grow(k: KernelBuilder, rules: GrowRules = { wanted: () => roomFor(load(controlBlock, 'need')) }): void {
    const { head } = this
    k.if(eq(this.#head('new_mask'), i32(0)), () => {
      const room = min32(powerOfTwo(k, rules.wanted(k), ROOM_MIN), load(controlBlock, 'limit'))
      k.put(head, 'new_mask', sub(mul(room, i32(SLOTS_PER_ENTRY)), i32(1)))
    })
    const newMask = k.let('new_mask', this.#head('new_mask'))
    const extent = k.let('extent', mul(load(controlBlock, 'limit'), i32(SLOTS_PER_ENTRY)))
    const newBase = k.let('new_base', sub(extent, this.#head('base')))
    const spent = k.let('spent', i32(0))
    this.#clear(k, newBase, newMask, spent)
    this.#move(k, newBase, newMask, spent, rules)
    k.put(head, 'base', newBase)
    k.put(head, 'mask', newMask)
    k.put(head, 'room', shru(add(newMask, i32(1)), i32(1)))
    k.put(head, 'used', this.#head('new_used'))
    for (const field of ['new_mask', 'cleared', 'moved', 'new_used']) k.put(head, field, i32(0))
  }

  #clear(k: KernelBuilder, newBase: Expr, newMask: Expr, spent: Local): void {
    const slot = k.let('slot', this.#head('cleared'))
    k.loop('clear', label => {
      k.breakIf(lt(newMask, slot), label)
      k.put(this.head, 'cleared', slot)
      returnIfBudgetSpent(k, spent)
      k.store(this.index, 'entry', add(newBase, slot), i32(EMPTY))
      k.set(slot, add(slot, i32(1)))
    })
    k.put(this.head, 'cleared', slot)
  }

  #move(k: KernelBuilder, newBase: Expr, newMask: Expr, spent: Local, rules: GrowRules): void {
    const { head } = this
    const keepAll: NonNullable<GrowRules['sift']> = (_k, _entry, keep) => keep()
    const sift = rules.sift ?? keepAll
    const from = k.let('from', this.#head('moved'))
    const save = (): void => k.put(head, 'moved', from)
    this.#walk(k, from, spent, save, (entry, hash) => {
      sift(k, entry, () => {
        this.#place(k, newBase, newMask, hash, entry, 'new_used')
      })
    })
    save()
  }

  /** Calls `each` with every entry in use, from slot `at` on; `save` keeps the position over a yield. */
  scan(k: KernelBuilder, at: Local, save: () => void, each: (entry: Local) => void): void {
    this.#walk(k, at, k.let('spent', i32(0)), save, each)
  }

  #walk(
    k: KernelBuilder,
    at: Local,
    spent: Local,
    save: () => void,
    each: (entry: Local, hash: Expr) => void,
  ): void {
    const slots = k.let('slots', mul(this.#head('room'), i32(SLOTS_PER_ENTRY)))
    k.loop(`walk_${this.#name}`, label => {
      k.breakIf(ge(at, slots), label)
      save()
      returnIfBudgetSpent(k, spent)
      const place = k.let('place', add(this.#head('base'), at))
      const tag = k.let('tag', load(this.index, 'entry', place))
      k.if(gt(tag, i32(EMPTY)), () => {
        const entry = k.let('entry', sub(tag, i32(1)))
        each(entry, k.let('hash', load(this.index, 'hash', place)))
      })
      k.set(at, add(at, i32(1)))
    })
  }
}

/** Room for entries with a third to spare, so that the next growth is not the next row's. */
export const roomFor = (entries: Expr): Expr => add(entries, shru(entries, i32(1)))

/** The smallest power of two that is at least `wanted` (and 2^30 at most), in a local. */
export function powerOfTwo(k: KernelBuilder, wanted: Expr, least: number): Local {
  const target = k.let('target', wanted)
  const power = k.let('power', i32(least))
  k.loop('double', label => {
    k.breakIf(ge(power, min32(target, i32(1 << 30))), label)
    k.set(power, shl(power, i32(1)))
  })
  return power
}
