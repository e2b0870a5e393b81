/**
 * A hash table as kernel code: an index of (hash, entry) slots with linear probing at a load of one half at most,
 * over dense entries with stable ids. Entries never move: lists may link them by id, and an emit loop that was
 * interrupted finds its place again. Only the index is rebuilt when the table grows, from one extent to the other.
 */
import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  lt,
  min32,
  mul,
  shl,
  shru,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { askForRoom, type Leave, returnIfBudgetSpent } from './control.ts'

/** Entries of a table when it first grows. */
const ROOM_MIN = 16
/** Index slots for one entry, and extents of the index. */
const SLOTS_PER_ENTRY = 2
const EXTENTS = 2

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

export class HashTable {
  readonly head: Mem
  readonly index: Mem
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
      /** First slot of the extent in use, its slots - 1. */
      base: 'i32',
      mask: 'i32',
      /** While growing: the new mask and how far clearing and moving have come. */
      new_mask: 'i32',
      cleared: 'i32',
      moved: 'i32',
    })
    this.index = rowLayout(`${name}_index`, 'state', { hash: 'i32', entry: 'i32' })
    this.entries = rowLayout(name, 'state', { ...fields, next: 'i32' })
  }

  get growable(): Growable {
    return {
      id: this.#id,
      name: this.#name,
      kernel: `grow_${this.#name}`,
      parts: [
        { mem: this.entries, rowsPerUnit: 1 },
        { mem: this.index, rowsPerUnit: SLOTS_PER_ENTRY * EXTENTS },
      ],
      holdsOutput: false,
    }
  }

  /** Probes for an entry of that hash for which `same` holds. An empty table has room 0 and finds nothing. */
  find(k: KernelBuilder, hash: Expr, same: (entry: Local) => Expr): Found {
    const entry = k.let(`${this.#name}_entry`, i32(-1))
    k.if(lt(i32(0), load(this.head, 'room')), () => {
      const base = k.let('base', load(this.head, 'base'))
      const mask = k.let('mask', load(this.head, 'mask'))
      const slot = k.let('slot', and(hash, mask))
      k.loop(`probe_${this.#name}`, label => {
        const tag = k.let('tag', load(this.index, 'entry', add(base, slot)))
        k.breakIf(eq(tag, i32(0)), label)
        k.if(eq(load(this.index, 'hash', add(base, slot)), hash), () => {
          const candidate = k.let('candidate', sub(tag, i32(1)))
          k.if(same(candidate), () => {
            k.set(entry, candidate)
            k.break(label)
          })
        })
        k.set(slot, and(add(slot, i32(1)), mask))
      })
    })
    return { entry, hash }
  }

  /** Returns `grow` when `count` more entries would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, leave: Leave, count = 1): void {
    const need = k.let('need', add(load(this.head, 'live'), i32(count)))
    k.if(gt(need, load(this.head, 'room')), () => askForRoom(k, this.#id, need, leave))
  }

  /** A new entry for a hash that was probed for in vain; its fields hold what its last owner left. */
  insert(k: KernelBuilder, hash: Expr): Local {
    const free = k.let('free', load(this.head, 'free'))
    const entry = k.let('entry', sub(free, i32(1)))
    k.if(
      eq(free, i32(0)),
      () => {
        k.set(entry, load(this.head, 'high'))
        k.put(this.head, 'high', add(entry, i32(1)))
      },
      () => k.put(this.head, 'free', load(this.entries, 'next', entry)),
    )
    k.put(this.head, 'live', add(load(this.head, 'live'), i32(1)))
    this.#place(k, load(this.head, 'base'), load(this.head, 'mask'), hash, add(entry, i32(1)))
    return entry
  }

  /** Writes a slot for an entry into the first empty one from its home on. */
  #place(k: KernelBuilder, base: Expr, mask: Expr, hash: Expr, tag: Expr): void {
    const home = k.let('home', and(hash, mask))
    k.loop('place', label => {
      k.breakIf(eq(load(this.index, 'entry', add(base, home)), i32(0)), label)
      k.set(home, and(add(home, i32(1)), mask))
    })
    k.store(this.index, 'hash', add(base, home), hash)
    k.store(this.index, 'entry', add(base, home), tag)
  }

  /**
   * Takes an entry out: later slots of its probe run move back over the gap (Knuth, vol. 3, algorithm 6.4R), and
   * its id becomes the next to be given. The caller unlinks it from lists of its own first.
   */
  remove(k: KernelBuilder, entry: Local, hash: Expr): void {
    const base = k.let('base', load(this.head, 'base'))
    const mask = k.let('mask', load(this.head, 'mask'))
    const gap = k.let('gap', and(hash, mask))
    k.loop('locate', label => {
      k.breakIf(eq(load(this.index, 'entry', add(base, gap)), add(entry, i32(1))), label)
      k.set(gap, and(add(gap, i32(1)), mask))
    })
    const at = k.let('at', gap)
    k.loop('close_gap', label => {
      k.set(at, and(add(at, i32(1)), mask))
      const tag = k.let('tag', load(this.index, 'entry', add(base, at)))
      k.breakIf(eq(tag, i32(0)), label)
      const moving = k.let('moving', load(this.index, 'hash', add(base, at)))
      const fromHome = and(sub(at, and(moving, mask)), mask)
      k.if(ge(fromHome, and(sub(at, gap), mask)), () => {
        k.store(this.index, 'hash', add(base, gap), moving)
        k.store(this.index, 'entry', add(base, gap), tag)
        k.set(gap, at)
      })
    })
    k.store(this.index, 'entry', add(base, gap), i32(0))
    this.release(k, entry)
  }

  /** The body of the grow kernel: clears the other extent, moves the slots over, switches. Yields by the budget. */
  grow(k: KernelBuilder, rules: GrowRules = { wanted: () => load(controlBlock, 'need') }): void {
    const { head } = this
    k.if(eq(load(head, 'new_mask'), i32(0)), () => {
      const room = min32(powerOfTwo(k, rules.wanted(k), ROOM_MIN), load(controlBlock, 'limit'))
      k.put(head, 'new_mask', sub(mul(room, i32(SLOTS_PER_ENTRY)), i32(1)))
    })
    const newMask = k.let('new_mask', load(head, 'new_mask'))
    const extent = k.let('extent', mul(load(controlBlock, 'limit'), i32(SLOTS_PER_ENTRY)))
    const newBase = k.let('new_base', sub(extent, load(head, 'base')))
    const spent = k.let('spent', i32(0))
    this.#clear(k, newBase, newMask, spent)
    this.#move(k, newBase, newMask, spent, rules)
    k.put(head, 'base', newBase)
    k.put(head, 'mask', newMask)
    k.put(head, 'room', shru(add(newMask, i32(1)), i32(1)))
    for (const field of ['new_mask', 'cleared', 'moved']) k.put(head, field, i32(0))
  }

  #clear(k: KernelBuilder, newBase: Expr, newMask: Expr, spent: Local): void {
    const slot = k.let('slot', load(this.head, 'cleared'))
    k.loop('clear', label => {
      k.breakIf(lt(newMask, slot), label)
      k.put(this.head, 'cleared', slot)
      returnIfBudgetSpent(k, spent)
      k.store(this.index, 'entry', add(newBase, slot), i32(0))
      k.set(slot, add(slot, i32(1)))
    })
    k.put(this.head, 'cleared', slot)
  }

  #move(k: KernelBuilder, newBase: Expr, newMask: Expr, spent: Local, rules: GrowRules): void {
    const { head, index } = this
    const keepAll: NonNullable<GrowRules['sift']> = (_k, _entry, keep) => keep()
    const sift = rules.sift ?? keepAll
    const slot = k.let('from', load(head, 'moved'))
    const slots = k.let('slots', mul(load(head, 'room'), i32(SLOTS_PER_ENTRY)))
    k.loop('move', label => {
      k.breakIf(ge(slot, slots), label)
      k.put(head, 'moved', slot)
      returnIfBudgetSpent(k, spent)
      const from = k.let('from_slot', add(load(head, 'base'), slot))
      const tag = k.let('tag', load(index, 'entry', from))
      k.if(lt(i32(0), tag), () => {
        const entry = k.let('entry', sub(tag, i32(1)))
        const hash = k.let('hash', load(index, 'hash', from))
        sift(k, entry, () => this.#place(k, newBase, newMask, hash, tag))
      })
      k.set(slot, add(slot, i32(1)))
    })
    k.put(head, 'moved', slot)
  }

  /** Gives an entry that the index no longer names back to the free list. */
  release(k: KernelBuilder, entry: Expr): void {
    k.store(this.entries, 'next', entry, load(this.head, 'free'))
    k.put(this.head, 'free', add(entry, i32(1)))
    k.put(this.head, 'live', sub(load(this.head, 'live'), i32(1)))
  }

  /** Calls `each` with every entry in use, from position `at` (a local that counts slots) on; yields by the budget. */
  scan(k: KernelBuilder, at: Local, save: () => void, each: (entry: Local) => void): void {
    const slots = k.let('slots', mul(load(this.head, 'room'), i32(SLOTS_PER_ENTRY)))
    const spent = k.let('spent', i32(0))
    k.loop(`scan_${this.#name}`, label => {
      k.breakIf(ge(at, slots), label)
      save()
      returnIfBudgetSpent(k, spent)
      const tag = k.let('tag', load(this.index, 'entry', add(load(this.head, 'base'), at)))
      k.if(lt(i32(0), tag), () => each(k.let('entry', sub(tag, i32(1)))))
      k.set(at, add(at, i32(1)))
    })
  }
}

/** How a table grows: the room wanted, and which entries come along (default: all). */
export interface GrowRules {
  readonly wanted: (k: KernelBuilder) => Expr
  /** Calls `keep` in the branch where the entry stays; releases it in the other. */
  readonly sift?: (k: KernelBuilder, entry: Local, keep: () => void) => void
}

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
