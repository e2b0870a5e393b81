/** Faults of results that later ones replace: corrections, early results, and what is taken back. */
import type { Room } from '../mutant.ts'

const tests = ['lower/early.test', 'property/corpus.test', 'property/plans.test']

export const grid: Room = {
  file: 'compiler/lower/lib/grid.ts',
  tests: ['lower/streams.test', 'lower/windows.test', ...tests],
  faults: [
    {
      name: 'rounded-to-zero',
      find: 'select(lt(bound, i64(0n)), add(bound, i64(stepTicks)), bound)',
      put: 'bound',
      shows: 'times before 1970 fall into the window after theirs',
    },
    {
      name: 'negative-offset',
      find: '((offsetTicks % stepTicks) + stepTicks) % stepTicks',
      put: 'offsetTicks % stepTicks',
      shows: 'windows with a negative offset do not hold their rows',
    },
  ],
}

export const eachWindow: Room = {
  file: 'compiler/lower/operators/each-window.ts',
  tests: ['lower/emit.test', ...tests],
  faults: [
    {
      name: 'again-from-the-first',
      find: "k.put(this.mem, 'done', add(done, i32(1)))",
      put: "k.put(this.mem, 'done', add(done, i32(2)))",
      shows: 'every second window of a row does not get it',
    },
    {
      name: 'never-at-the-first',
      find: "k.put(this.mem, 'done', i32(0))",
      put: "k.put(this.mem, 'done', i32(1))",
      shows: 'the next row begins with its second window',
    },
    {
      name: 'into-closed-windows',
      find: 'k.if(cx.hasPassed(closingOf(end, this.#latenessTicks)), () => k.break(window))',
      put: '',
      shows: 'a row opens windows again that have closed',
    },
    {
      name: 'corrected-at-the-end',
      find: 'cx.leaveIfDue()',
      put: '',
      shows: 'of a late row only the last of its windows is corrected',
    },
    {
      name: 'part-of-the-row',
      find: 'take(cx.part(window),',
      put: 'take(cx,',
      shows: 'a row that one window refuses is not taken into those behind it',
    },
    {
      name: 'cumulated-from-the-step',
      find: "const from = spec.kind === 'hop' ? start : pane.from",
      put: 'const from = start',
      shows: 'cumulating windows start with their last step',
    },
  ],
}

export const changedGroups: Room = {
  file: 'compiler/lower/lib/changed-groups.ts',
  tests,
  faults: [
    {
      name: 'listed-twice',
      find: "k.if(eq(load(this.#entries, 'changed', group), i32(0)), () => {",
      put: 'k.if(eq(group, group), () => {',
      shows: 'a group that changes twice ties the list into a ring',
    },
    {
      name: 'still-changed',
      find: "k.store(this.#entries, 'changed', group, i32(0))\n      this.#list",
      put: 'this.#list',
      shows: 'a group gives one early result and no more',
    },
    {
      name: 'due-for-ever',
      find: "k.if(this.#list.isEmpty, () => k.put(this.head, 'due', i64(NEVER)))",
      put: '',
      shows: 'an empty list is due, and push never returns',
    },
    {
      name: 'new-groups-have-changed',
      find: "k.store(this.#entries, 'changed', group, i32(0))\n  }",
      put: '}',
      shows: 'a group that takes the place of another is on no list and gives no early result',
    },
  ],
}

export const refinedWindows: Room = {
  file: 'compiler/lower/lib/refined-windows.ts',
  tests,
  faults: [
    {
      name: 'no-correction-at-the-end',
      find: 'le(end, this.#wm),\n      () => {',
      put: 'lt(end, this.#wm),\n      () => {',
      shows: 'a row that comes when the window has just ended corrects nothing',
    },
    {
      name: 'correction-waits',
      find: 'stopIfDue()\n      },',
      put: '},',
      shows: 'a correction holds rows that came later, by the size of the batch',
    },
    {
      name: 'opened-behind-its-end',
      find: 'select(le(end, this.#wm), closes, end)',
      put: 'end',
      shows: 'a window that a late row opens gives its first result twice',
    },
    {
      name: 'budget-not-spent',
      find: 'k.set(spent, add(spent, i32(1)))',
      put: '',
      shows: 'a million early results stop all other queries',
    },
    {
      name: 'left-on-the-list',
      find: 'this.#early?.changed.delete(k, group)',
      put: '',
      shows: 'a group that has given its last result gives an early one, or another in its place does',
    },
  ],
}

export const refinement: Room = {
  file: 'compiler/lower/lib/refinement.ts',
  tests,
  faults: [
    {
      name: 'said-again-at-the-close',
      find: 'and(not(isLast), or(',
      put: 'and(bool(true), or(',
      shows: 'a window gives its results once more when its lateness is over',
    },
  ],
}

export const earlyResults: Room = {
  file: 'compiler/lower/lib/early-results.ts',
  tests,
  faults: [
    {
      name: 'early-behind-the-end',
      find: 'and(lt(due, next), ',
      put: 'and(lt(due, i64(NEVER)), ',
      shows: 'a window that ended first gives an early result in front of its last',
    },
    {
      name: 'early-at-the-end-of-input',
      find: 'lt(now, i64(NEVER))',
      put: 'lt(i32(0), i32(1))',
      shows: 'results come twice when the input ends',
    },
  ],
}

export const refinedSessions: Room = {
  file: 'compiler/lower/lib/refined-sessions.ts',
  tests,
  faults: [
    {
      name: 'no-correction-at-the-end',
      find: 'le(this.#endOf(session), this.#wm),',
      put: 'lt(this.#endOf(session), this.#wm),',
      shows: 'a row that comes when the session has just ended corrects nothing',
    },
    {
      name: 'as-late-as-it-was-made',
      find: 'select(gt(time, earliest), i32(LATER), last)',
      put: 'select(gt(time, this.#wm), i32(LATER), last)',
      shows: 'sessions that end at once leave in the order of their first rows',
    },
    {
      name: 'goes-on-unsaid',
      find: '() => this.#awaitEnd(k, session))',
      put: '() => {})',
      shows: 'a session that had ended and goes on gives its result when it closes',
    },
    {
      name: 'joined-is-not-awaited',
      find: 'if (this.#refinement.corrects) this.#awaitEnd(k, into)',
      put: '',
      shows: 'two sessions that were joined behind their end give no result for it',
    },
    {
      name: 'joined-stays-on-the-list',
      find: 'this.#early?.changed.delete(k, from)',
      put: '',
      shows: 'a session that is gone gives an early result',
    },
    {
      name: 'joined-has-not-changed',
      find: 'this.#early?.change(k, into, time, () => this.setDeadline(k))',
      put: '',
      shows: 'a join is told with the next row, not early',
    },
    {
      name: 'never-withdrawn',
      find: "k.put(this.#refined, 'withdrawn', session),",
      put: 'combining.drop(session),',
      shows: 'the results of a session that has joined another stay',
    },
    {
      name: 'made-behind-its-end',
      find: 'select(le(end, this.#wm), bounds.closes, end)',
      put: 'end',
      shows: 'a session that a late row makes gives its first result twice',
    },
    {
      name: 'end-is-not-noted',
      find: "k.put(this.#refined, 'late', i32(NONE))\n      say()",
      put: "k.put(this.#refined, 'late', i32(NONE))",
      shows: 'a corrected session gives its result again at its new end',
    },
  ],
}

export const givenResults: Room = {
  file: 'compiler/lower/operators/given-results.ts',
  tests,
  faults: [
    {
      name: 'never-given',
      find: "k.store(entries, 'emitted', group, i32(1))",
      put: '',
      shows: 'nothing is ever taken back',
    },
    {
      name: 'given-by-another',
      find: "k.store(this.#store.entries, 'emitted', group, i32(0))",
      put: '',
      shows: 'a group takes back what the one before it in its place came to',
    },
    {
      name: 'now-in-place-of-then',
      find: 'k.store(entries, field, group, load(entries, from[i], group))',
      put: 'if (i > 0) k.store(entries, field, group, load(entries, from[i], group))',
      shows: 'what is taken back is not what was handed out',
    },
  ],
}

export const runner: Room = {
  file: 'runtime/dag/runner.ts',
  tests: ['api/clock.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'push-does-not-look',
      find: 'this.tick()\n    this.#batch = batch',
      put: 'this.#batch = batch',
      shows: 'results by processing time wait for a timer, behind rows that came later',
    },
  ],
}
