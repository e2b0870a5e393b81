/** Faults of joins by the nearest time: what is found, when that is sure, and what is kept. */
import type { Room } from '../mutant.ts'

const tests = ['lower/asof.test', 'lower/temporal.test', 'property/asof.test']

export const joinKey: Room = {
  file: 'compiler/lower/operators/join-key.ts',
  tests: [...tests, 'property/joins.test'],
  faults: [
    {
      name: 'nan-equals-nan',
      find: 'return orAll([value.isNull, ne(value.value, value.value)])',
      put: 'return value.isNull',
      shows: 'rows whose key is NaN meet',
    },
    {
      name: 'any-key-of-the-hash',
      find: 'this.#key.matches(entries, candidate, key)',
      put: 'this.#key.matches(entries, candidate, { ...key, fields: new Map() })',
      shows: 'keys of the same hash are taken for one',
      tests: ['lower/asof.test', 'property/plans.test'],
    },
  ],
}

export const timeChains: Room = {
  file: 'compiler/lower/lib/time-chains.ts',
  tests,
  faults: [
    {
      name: 'later-than-the-time',
      find: 'k.breakIf(le(this.timeAt(row), time), done)',
      put: 'k.breakIf(lt(this.timeAt(row), time), done)',
      shows: 'a row of the same time is not found',
    },
    {
      name: 'from-the-old-end-too-early',
      find: 'k.if(gt(this.timeAt(older), time), () => {',
      put: 'k.if(le(time, this.timeAt(older)), () => {',
      shows: 'a row of the same time is passed over where it is found from the old end',
    },
    {
      name: 'linked-one-way',
      find: "k.store(this.rows, 'before', behind, before)",
      put: "k.store(this.rows, 'before', behind, behind)",
      shows: 'rows between two others are not found from the new end',
    },
  ],
}

export const asofVersions: Room = {
  file: 'compiler/lower/operators/asof-versions.ts',
  tests,
  faults: [
    {
      name: 'tolerance-excluded',
      find: 'k.if(gt(distance, i64(toleranceTicks)), none)',
      put: 'k.if(ge(distance, i64(toleranceTicks)), none)',
      shows: 'a row that is just near enough is none',
    },
    {
      name: 'tie-forward',
      find: 'lt(sub(this.chains.timeAt(later), time), sub(time, this.chains.timeAt(earlier)))',
      put: 'le(sub(this.chains.timeAt(later), time), sub(time, this.chains.timeAt(earlier)))',
      shows: 'of two rows that are equally near the later one is taken',
    },
    {
      name: 'deleted-is-valid',
      find: 'if (this.#hasGone) k.if(ge(row, i32(0)), () => k.if(this.#isGone(row), none))',
      put: 'if (this.#hasGone) k.if(lt(row, i32(0)), () => k.if(this.#isGone(row), none))',
      shows: 'what was deleted is given',
    },
    {
      name: 'deletes-are-kept',
      find: 'return this.#hasGone ? orElse(isPast, this.#isGone(row)) : isPast',
      put: 'return this.#hasGone ? orElse(isPast, FALSE) : isPast',
      shows: 'keys stay for ever that were deleted',
    },
    {
      name: 'kept-beyond-the-tolerance',
      find: 'return lt(add(this.chains.timeAt(row), i64(toleranceTicks)), from)',
      put: 'return lt(add(this.chains.timeAt(row), i64(toleranceTicks)), i64(toleranceTicks - (1n << 62n)))',
      shows: 'keys stay for ever that nobody asks for',
    },
    {
      name: 'dropped-too-early',
      find: "this.#node.direction === 'backward' ? ts : add(ts, i64(1n))",
      put: "this.#node.direction === 'backward' ? add(ts, i64(-9n)) : add(ts, i64(1n))",
      shows: 'the row before is forgotten while it is asked for',
    },
    {
      name: 'first-at-a-time',
      find: "direction === 'forward' ? sub(time, i64(1n)) : time",
      put: "direction === 'forward' ? sub(time, i64(0n)) : time",
      shows: 'forward passes over rows of the same time',
    },
    {
      name: 'nulls-of-nobody',
      find: 'const isNone = isOuter ? lt(row, i32(0)) : FALSE',
      put: 'const isNone = FALSE',
      shows: 'a row that found none has the columns of some other',
    },
  ],
}

export const asofSureness: Room = {
  file: 'compiler/lower/operators/asof-sureness.ts',
  tests,
  faults: [
    {
      name: 'ready-at-its-time',
      find: "direction !== 'forward' ? lt(time, this.#rightTime)",
      put: "direction !== 'forward' ? le(time, this.#rightTime)",
      shows: 'a row leaves before others of its time have come on the right side',
    },
    {
      name: 'tolerance-one-short',
      find: 'const never = add(time, i64(toleranceTicks + 1n))',
      put: 'const never = add(time, i64(toleranceTicks))',
      shows: 'a row leaves with none while one may come that is just near enough',
    },
    {
      name: 'nearest-at-the-distance',
      find: 'select(gt(at, time), add(at, i64(1n)), before)',
      put: 'select(gt(at, time), at, before)',
      shows: 'the nearest is given before the last of its time has come',
    },
    {
      name: 'not-mirrored',
      find: 'add(time, sub(time, at))',
      put: 'add(time, i64(1n))',
      shows: 'an earlier row is given while a nearer one may come behind',
    },
  ],
}

export const asofWaiting: Room = {
  file: 'compiler/lower/operators/asof-waiting.ts',
  tests,
  faults: [
    {
      name: 'order-of-arrival',
      find: "k.put(this.head, 'order', add(load(this.head, 'order'), i64(1n)))",
      put: "k.put(this.head, 'order', load(this.head, 'order'))",
      shows: 'rows that leave at one time leave in any order',
      tests: ['lower/temporal.test', 'property/asof.test', 'property/plans.test'],
    },
    {
      name: 'probed-too-early',
      find: "load(this.chains.rows, 'place', row), add(time, i64(1n))",
      put: "load(this.chains.rows, 'place', row), time",
      shows: 'a probe is given before the last row of its time has come',
    },
    {
      name: 'keys-stay',
      find: 'k.if(this.chains.isEmpty(key), () => onLast(key))',
      put: 'k.if(ge(key, i32(1 << 30)), () => onLast(key))',
      shows: 'keys stay for ever that rows have waited for',
    },
  ],
}

export const asofLeaving: Room = {
  file: 'compiler/lower/operators/asof-leaving.ts',
  tests,
  faults: [
    {
      name: 'awaited-too-late',
      find: 'lt(waiting.until, ripening.time)',
      put: 'lt(waiting.until, add(ripening.time, ripening.time))',
      shows: 'rows leave in another order than that of the time at which they are sure',
    },
    {
      name: 'leaves-before-its-row',
      find: 'gt(waiting.chains.timeAt(row), chains.timeAt(ripe))',
      put: 'lt(waiting.chains.timeAt(row), chains.timeAt(ripe))',
      shows: 'a row leaves with one that comes before it',
    },
    {
      name: 'nearest-without-waiting',
      find: 'k.if(and(not(isAwaited), gt(until, waiting.until)), wait, give)',
      put: 'k.if(and(isAwaited, gt(until, waiting.until)), wait, give)',
      shows: 'the nearest is given while a nearer one may come',
    },
  ],
}

export const asofStage: Room = {
  file: 'compiler/lower/operators/asof-join.ts',
  tests,
  faults: [
    {
      name: 'never-late',
      find: 'cx.k.if(lt(ts, this.times.timeOf(cx.input)), () => cx.late(true))',
      put: 'cx.k.if(lt(ts, i64(MIN_TIME)), () => cx.late(true))',
      shows: 'rows behind the watermark are joined',
    },
    {
      name: 'probe-begins-anew',
      find: "k.set(step, add(step, i32(1)))\n      k.put(this.#progress, 'step', step)",
      put: 'k.set(step, add(step, i32(1)))',
      shows: 'a probe that was stopped gives results twice',
    },
    {
      name: 'progress-stays',
      find: "k.put(this.#progress, 'step', i32(0))",
      put: "k.put(this.#progress, 'step', load(this.#progress, 'step'))",
      shows: 'the next row is not probed at the first times',
    },
    {
      name: 'kept-for-offsets',
      find: 'if (first >= 0n) return time',
      put: 'if (first >= -(1n << 62n)) return time',
      shows: 'what is probed before a row is forgotten too early',
    },
    {
      name: 'ripe-with-the-next-row',
      find: 'if (this.#versions.ripening) cx.stopIfDue()',
      put: 'if (!this.#versions.ripening) cx.stopIfDue()',
      shows: 'rows leave in another order, which depends on batches',
      tests: ['property/asof.test', 'lower/asof.test'],
    },
    {
      name: 'results-ahead-of-rows',
      find: "direction === 'backward' ? furthest : toleranceTicks",
      put: "direction === 'backward' ? 0n : 0n",
      shows: 'a window behind finds results late',
      tests: ['lower/asof.test', 'property/asof.test', 'property/plans.test'],
    },
  ],
}
