/** Faults of the operator that lets the first row of a key through. */
import type { Room } from '../mutant.ts'

export const deduplicate: Room = {
  file: 'compiler/lower/operators/deduplicate.ts',
  tests: ['lower/deduplicate.test', 'property/plans.test'],
  faults: [
    {
      name: 'never-late',
      find: 'k.if(isLate, () => cx.late(true))',
      put: 'k.if(lt(i32(1), i32(0)), () => cx.late(true))',
      shows: 'a row whose duplicates are forgotten is let through again',
    },
    {
      name: 'late-one-tick-later',
      find: 'const isLate = le(add(ts, i64(withinTicks)),',
      put: 'const isLate = lt(add(ts, i64(withinTicks)),',
      shows: 'a row on the edge of what may be forgotten is let through',
    },
    {
      name: 'not-the-stretch-before',
      find: 'isClose(sub(start, i64(withinTicks)), kept => sub(ts, kept))',
      put: 'isClose(start, kept => sub(ts, kept))',
      shows: 'a duplicate is let through where a stretch begins between the two',
    },
    {
      name: 'not-the-stretch-behind',
      find: 'isClose(add(start, i64(withinTicks)), kept => sub(kept, ts))',
      put: 'isClose(start, kept => sub(kept, ts))',
      shows: 'a duplicate that comes out of order is let through',
    },
    {
      name: 'duplicates-at-the-distance',
      find: 'k.if(lt(distance(kept), i64(withinTicks)), () => cx.drop())',
      put: 'k.if(le(distance(kept), i64(withinTicks)), () => cx.drop())',
      shows: 'a row that is exactly far enough is left out',
    },
    {
      name: 'forgotten-a-stretch-early',
      find: 'add(start, i64(3n * this.#node.withinTicks))',
      put: 'add(start, i64(2n * this.#node.withinTicks))',
      shows: 'a row that is not late is let through again',
    },
    {
      name: 'time-of-the-stretch',
      find: "k.store(entries, 'kept', entry, ts)",
      put: "k.store(entries, 'kept', entry, start)",
      shows: 'distances are taken from where a stretch begins',
    },
    {
      name: 'time-does-not-go-on',
      find: "k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))",
      put: "k.put(timeRegion, 'out_wm', load(timeRegion, 'out_wm'))",
      shows: 'windows behind it never close',
    },
  ],
}
