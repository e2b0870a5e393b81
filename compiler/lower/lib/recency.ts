/**
 * The entries of a table in order of when they were last active by the clock, as kernel code: a list linked both ways,
 * those that are idle in front. Times of the clock never go back, so what is active goes to the end of the list.
 */
import { add, and, eq, ge, i32, i64, type KernelBuilder, load, lt, ne } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'

/** What entries and the head keep for it. */
export const recencyFields = { active_at: 'i64', before: 'i32', after: 'i32' } as const
export const recencyHead = { oldest: 'i32', newest: 'i32', oldest_active: 'i32' } as const

const NONE = i32(-1)
/** An entry that is in no list. */
const NEVER_ACTIVE = i64(-1n)

export class Recency {
  readonly #head: Mem
  readonly #entries: Mem

  constructor(head: Mem, entries: Mem) {
    this.#head = head
    this.#entries = entries
  }

  init(k: KernelBuilder): void {
    for (const field of Object.keys(recencyHead)) k.put(this.#head, field, NONE)
  }

  initEntry(k: KernelBuilder, entry: Expr): void {
    k.store(this.#entries, 'active_at', entry, NEVER_ACTIVE)
  }

  /** An entry is active at a time; of all that happens at one time only the first changes anything. */
  touch(k: KernelBuilder, entry: Expr, now: Expr): void {
    const activeAt = k.let('active_at', load(this.#entries, 'active_at', entry))
    k.if(ne(activeAt, now), () => {
      k.if(ne(activeAt, NEVER_ACTIVE), () => this.unlink(k, entry))
      k.store(this.#entries, 'active_at', entry, now)
      this.#append(k, entry)
    })
  }

  #append(k: KernelBuilder, entry: Expr): void {
    const last = k.let('last', load(this.#head, 'newest'))
    k.store(this.#entries, 'before', entry, last)
    k.store(this.#entries, 'after', entry, NONE)
    k.put(this.#head, 'newest', entry)
    k.if(
      ge(last, i32(0)),
      () => k.store(this.#entries, 'after', last, entry),
      () => k.put(this.#head, 'oldest', entry),
    )
    k.if(lt(load(this.#head, 'oldest_active'), i32(0)), () => k.put(this.#head, 'oldest_active', entry))
  }

  unlink(k: KernelBuilder, entry: Expr): void {
    const [before, after] = (['before', 'after'] as const).map(field =>
      k.let(field, load(this.#entries, field, entry)),
    )
    k.if(eq(load(this.#head, 'oldest_active'), entry), () => k.put(this.#head, 'oldest_active', after))
    k.if(
      ge(before, i32(0)),
      () => k.store(this.#entries, 'after', before, after),
      () => k.put(this.#head, 'oldest', after),
    )
    k.if(
      ge(after, i32(0)),
      () => k.store(this.#entries, 'before', after, before),
      () => k.put(this.#head, 'newest', before),
    )
  }

  /** The entry that has been idle for longest, or a negative number. */
  longestIdle(k: KernelBuilder): { readonly entry: Local; readonly exists: Expr } {
    const entry = k.let('oldest', load(this.#head, 'oldest'))
    return { entry, exists: and(ge(entry, i32(0)), ne(entry, load(this.#head, 'oldest_active'))) }
  }

  /** Calls `each` with every entry that was not active for so long; it is idle from then on. */
  sweep(k: KernelBuilder, now: Expr, idleMs: bigint, each: (entry: Local) => void): void {
    k.loop('idle', label => {
      const entry = k.let('entry', load(this.#head, 'oldest_active'))
      k.breakIf(lt(entry, i32(0)), label)
      k.breakIf(lt(now, add(load(this.#entries, 'active_at', entry), i64(idleMs))), label)
      each(entry)
      k.put(this.#head, 'oldest_active', load(this.#entries, 'after', entry))
    })
  }
}
