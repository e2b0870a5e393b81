/** Faults of the watermarks of partitions: who holds back, who is idle, who is forgotten. */
import type { Room } from '../mutant.ts'

const tests = ['lower/partitions.test', 'property/plans.test']

export const partitions: Room = {
  file: 'compiler/lower/partitions.ts',
  tests,
  faults: [
    {
      name: 'one-too-many',
      find: "return ge(load(this.#table.head, 'live'), i32(this.#options.spec.max))",
      put: "return gt(load(this.#table.head, 'live'), i32(this.#options.spec.max))",
      shows: 'there is one partition more than was allowed',
    },
    {
      name: 'delay-wraps',
      find: 'delayTicks === 0n ? isLater : and(isLater, not(wraps))',
      put: 'isLater',
      shows: 'a row near the beginning of time ends its partition',
    },
    {
      name: 'nobody-is-waited-for',
      find: 'if (expected === undefined) least()',
      put: 'if (expected === undefined || expected > 0) least()',
      shows: 'windows close before all partitions have appeared',
    },
    {
      name: 'appears-again-and-again',
      find: "k.store(entries, 'has_rows', entry, i32(1))",
      put: '',
      shows: 'a partition that comes back counts as two',
    },
    {
      name: 'idle-ones-hold-back',
      find: "this.#heap.remove(k, load(this.#table.entries, 'heap_place', entry))",
      put: '',
      shows: 'an idle partition stops the stream',
    },
    {
      name: 'watermark-waits-for-a-row',
      find: '      this.#tellHolder(k)\n      this.#raise(k, raise)\n    })',
      put: '      this.#tellHolder(k)\n    })',
      shows: 'an idle partition stops the stream until the next row',
    },
    {
      name: 'largest-not-kept',
      find: "k.put(this.head, 'top', wm)",
      put: "k.put(this.head, 'top', load(this.head, 'top'))",
      shows: 'where all partitions are idle the watermark stays',
    },
    {
      name: 'forgotten-in-part',
      find: 'this.#recency?.unlink(k, entry)\n',
      put: '\n',
      shows: 'a partition is found idle that is there no more',
    },
  ],
}

export const recency: Room = {
  file: 'compiler/lower/lib/recency.ts',
  tests,
  faults: [
    {
      name: 'idle-a-moment-later',
      find: 'k.breakIf(lt(now, add(',
      put: 'k.breakIf(lt(add(now, i64(-1n)), add(',
      shows: 'a partition is not idle when it should be',
    },
    {
      name: 'idle-one-stays-first',
      find: "k.if(eq(load(this.#head, 'oldest_active'), entry), () => k.put(this.#head, 'oldest_active', after))",
      put: '',
      shows: 'a partition is idle that just got a row',
    },
    {
      name: 'newest-not-known',
      find: "k.put(this.#head, 'newest', before)",
      put: "k.put(this.#head, 'newest', after)",
      shows: 'partitions are lost from the list',
    },
    {
      name: 'active-ones-are-forgotten',
      find: "and(ge(entry, i32(0)), ne(entry, load(this.#head, 'oldest_active')))",
      put: 'ge(entry, i32(0))',
      shows: 'a partition is forgotten that gets rows',
    },
  ],
}
