/** Faults of lookups: what waits, what is remembered, and how tables are asked. */
import type { Room } from '../mutant.ts'

const tests = ['api/lookups.test', 'property/late-answers.test', 'property/lookups.test'] as const

export const lookupRows: Room = {
  file: 'compiler/lower/operators/lookup.ts',
  tests,
  faults: [
    {
      name: 'overtakes',
      find: 'this.#node.isOrdered ? and(isKnown, this.#waiting.isEmpty) : isKnown',
      put: 'isKnown',
      shows: 'a row whose key is known leaves before those that came earlier',
    },
    {
      name: 'null-is-asked-for',
      find: 'k.if(isVoid, () => k.set(isKnown, bool(true)))',
      put: '',
      shows: 'a table is asked for a key that is null',
    },
    {
      name: 'asks-twice',
      find: 'not(any([isKnown, this.#cache.isAsked(known)]))',
      put: 'not(isKnown)',
      shows: 'a key is asked for by each row that waits for it',
    },
    {
      name: 'ahead-of-what-waits',
      find: "() => k.put(timeRegion, 'out_wm', this.#waiting.mark),",
      put: "() => k.put(timeRegion, 'out_wm', load(timeRegion, 'wm')),",
      shows: 'rows that had to wait are late',
    },
    {
      name: 'nobody-is-told',
      find: "k.if(this.#cache.isWaitedFor(entry), () => k.put(this.#head, 'has_answers', i32(1)))",
      put: '',
      shows: 'rows wait for ever',
    },
    {
      name: 'counts-down-never',
      find: 'this.#cache.count(k, entry, -1)',
      put: 'this.#cache.count(k, entry, 1)',
      shows: 'answers that nobody waits for make no room',
    },
  ],
}

export const lookupCache: Room = {
  file: 'compiler/lower/operators/lookup-cache.ts',
  tests,
  faults: [
    {
      name: 'counts-for-ever',
      find: "and(counts, lt(now(), this.#field('expires', entry)))",
      put: 'counts',
      shows: 'what was found long ago is given',
    },
    {
      name: 'never-changes',
      find: "this.#set(k, 'counts', entry, i32(0))",
      put: "this.#set(k, 'counts', entry, i32(1))",
      shows: 'what has changed is not asked for again',
    },
    {
      name: 'remembers-failures',
      find: 'toInt(ne(answer, i32(Answer.failed)))',
      put: 'i32(1)',
      shows: 'a key is missing for good because its table once failed',
    },
    {
      name: 'no-second-chance',
      find: "() => k.store(entries, 'used', entry, i32(0)),",
      put: '() => this.#forget(k, entry),',
      shows: 'what is used all the time makes room',
    },
    {
      name: 'forgets-what-is-waited-for',
      find: "k.if(and(isAnswered, eq(load(entries, 'waiting', entry), i32(0))), () => {",
      put: 'k.if(isAnswered, () => {',
      shows: 'a row gets the answer to another key',
    },
    {
      name: 'limitless',
      find: "k.breakIf(or(lt(load(head, 'live'), max), ge(looks, i32(LOOKS_MAX))), done)",
      put: 'k.breakIf(ge(looks, i32(0)), done)',
      shows: 'more is remembered than may be',
    },
    {
      name: 'finds-what-is-missing',
      find: 'select(eq(answer, i32(Answer.found)), i32(State.found), i32(State.missing))',
      put: 'i32(State.found)',
      shows: 'rows whose key is not there go on',
    },
  ],
}

export const lookupDesk: Room = {
  file: 'runtime/lookup/desk.ts',
  tests: ['api/lookups.test'],
  faults: [
    {
      name: 'all-at-once',
      find: "this.#underWay >= (state === 'closed' ? this.#options.concurrency : 1)",
      put: 'this.#underWay < 0',
      shows: 'a table is asked more at once than it is to be',
    },
    {
      name: 'all-keys-at-once',
      find: 'this.#waiting.splice(0, this.#parts.source.maxBatch ?? MAX_BATCH_DEFAULT)',
      put: 'this.#waiting.splice(0)',
      shows: 'a table is asked for more keys than it takes',
    },
    {
      name: 'believes-late-answers',
      find: 'question.run === run && this.#open.has(question)',
      put: 'this.#open.has(question)',
      shows: 'an answer counts that came after it was given up',
    },
    {
      name: 'at-once-again',
      find: 'this.#options.backoffMs * 2 ** doublings',
      put: '0',
      shows: 'a table that fails is asked again without a pause',
    },
    {
      name: 'stale-answers',
      find: 'this.#waiting.push(...stale)',
      put: 'stale.length = 0',
      shows: 'an answer counts that was out of date when it came',
    },
  ],
}

export const lookupBreaker: Room = {
  file: 'runtime/lookup/breaker.ts',
  tests: ['api/lookups.test'],
  faults: [
    {
      name: 'closes-at-once',
      find: 'if (this.#successes >= BREAKER.successes) this.#openedMs = undefined',
      put: 'this.#openedMs = undefined',
      shows: 'one success closes it, and a table that is not well again is asked by all',
    },
    {
      name: 'opens-late',
      find: 'this.#failures >= BREAKER.failures',
      put: 'this.#failures > BREAKER.failures',
      shows: 'a table is asked once more than it should be',
    },
    {
      name: 'never-tried',
      find: "nowMs - this.#openedMs < BREAKER.openMs ? 'open' : 'half open'",
      put: "nowMs < 0 ? 'half open' : 'open'",
      shows: 'a table that failed once is never asked again',
    },
  ],
}

export const lookupTimes: Room = {
  file: 'compiler/lower/lookup-times.ts',
  tests: ['api/lookups.test', 'property/plans.test'],
  faults: [
    {
      name: 'answers-have-a-time',
      find: 'this.take(k, load(this.mem, inputWatermark(ROWS)), onMove)',
      put: 'super.meet(k, onMove)',
      shows: 'no window behind a lookup ever closes',
    },
  ],
}
