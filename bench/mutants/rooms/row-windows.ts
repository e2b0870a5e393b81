/** Faults of windows of rows: side by side, and overlapping in rings of panes. */
import type { Room } from '../mutant.ts'

const tests = ['lower/row-windows.test', 'property/plans.test']

export const rowWindow: Room = {
  file: 'ir/logical/row-window.ts',
  tests,
  faults: [
    {
      name: 'slide-may-be-larger',
      find: 'if (slideRows > sizeRows)',
      put: 'if (slideRows < 0)',
      shows: 'rows between two windows are lost without a word',
    },
    {
      name: 'panes-without-limit',
      find: 'if (panes > WINDOW_PANES_MAX)',
      put: 'if (panes < 0)',
      shows: 'a window of a million rows is combined for every row',
    },
    {
      name: 'panes-as-long-as-the-slide',
      find: 'sizeRows === undefined ? slideRows : greatestCommonDivisor(sizeRows, slideRows)',
      put: 'slideRows',
      shows: 'windows whose size is no whole number of slides have other rows',
    },
  ],
}

export const rowCounter: Room = {
  file: 'compiler/lower/lib/row-counter.ts',
  tests,
  faults: [
    {
      name: 'one-row-more',
      find: 'k.if(ge(filled, i32(this.#rule.every))',
      put: 'k.if(ge(filled, i32(this.#rule.every + 1))',
      shows: 'a window has a row too many',
    },
    {
      name: 'rows-stay',
      find: 'clear(group, group)',
      put: '',
      shows: 'a window has the rows of those before it',
    },
    {
      name: 'always-anew',
      find: 'if (!this.#rule.startsAnew) return',
      put: '',
      shows: 'results every so many rows are of those rows only',
    },
    {
      name: 'number-stays',
      find: "k.store(entries, 'number', group, add(load(entries, 'number', group), i64(1n)))",
      put: '',
      shows: 'every window of a group is its first',
    },
    {
      name: 'nothing-is-left',
      find: "gt(load(this.#groups.entries, 'filled', group), i32(0))",
      put: "gt(load(this.#groups.entries, 'filled', group), i32(-1))",
      shows: 'groups whose last window has left have another when the input ends',
    },
  ],
}

export const rowResults: Room = {
  file: 'compiler/lower/operators/row-results.ts',
  tests: ['lower/own-state.test', 'lower/emit.test', 'property/plans.test'],
  faults: [
    {
      name: 'nothing-is-taken-back',
      find: 'k.if(isKnown, () => change(before',
      put: 'k.if(bool(false), () => change(before',
      shows: 'a changelog adds up to more than there is',
    },
    {
      name: 'taken-back-is-the-new',
      find: "const before = new Map([...result()].map(([name, value]) => [name, bind(k, 'before', value)]))",
      put: 'const before = result()',
      shows: 'a changelog takes back what it never handed out',
    },
    {
      name: 'room-not-asked-for',
      find: 'k.if(le(output.room, i32(0)), () => cx.leave(Status.full))',
      put: '',
      shows: 'changes are written behind their region',
    },
    {
      name: 'no-room-for-lists',
      find: 'if (fills) cx.k.if(fills, () => this.#reserveOutput(cx, prepared, group))',
      put: 'if (fills) cx.k.if(fills, () => {})',
      shows: 'lists that leave with rows are written behind their room',
    },
  ],
}

export const clearedEntries: Room = {
  file: 'compiler/lower/operators/groups.ts',
  tests: ['lower/own-state.test', 'lower/exact.test'],
  faults: [
    {
      name: 'cleared-values-stay',
      find: 'this.held.forget(k, entry)',
      put: '',
      shows: 'values of windows of rows that have left take room for good',
    },
  ],
}

export const paneRing: Room = {
  file: 'compiler/lower/lib/pane-ring.ts',
  tests,
  faults: [
    {
      name: 'no-room-for-the-next-pane',
      find: 'k.if(and(fills, lt(',
      put: 'k.if(and(bool(false), lt(',
      shows: 'panes are written behind their table',
    },
    {
      name: 'no-room-for-the-result',
      find: 'k.if(this.#isFirst, () => this.#groups.reserve(k, leave, 2))',
      put: '',
      shows: 'the entry that panes are combined in is written behind its table',
    },
    {
      name: 'panes-of-the-last-result',
      find: '    clear(result, group)\n    this.#put',
      put: '    this.#put',
      shows: 'a window has the rows of those before it, of any group',
    },
    {
      name: 'full-pane-first',
      find: "const pane = k.let('pane', full)\n",
      put: "const pane = k.let('pane', this.#next(full))\n",
      shows: 'the oldest pane of a window is left out',
    },
    {
      name: 'pane-not-emptied',
      find: 'clear(oldest, group)',
      put: '',
      shows: 'a pane keeps the rows that it was used for before',
    },
    {
      name: 'pane-stays-full',
      find: "this.#put(k, 'pane', group, oldest)\n    this.#put(k, 'filled', group, i32(0))",
      put: "this.#put(k, 'pane', group, oldest)",
      shows: 'from the second pane on a window leaves with every row',
    },
    {
      name: 'every-pane-ends-a-window',
      find: "this.#put(k, 'until', group, i32(this.#shape.slidePanes))\n    this.#put(k, 'number', group, add",
      put: "this.#put(k, 'number', group, add",
      shows: 'windows leave before their slide is over',
    },
    {
      name: 'work-for-nothing',
      find: 'firing.spend(this.#shape.sizePanes * firing.combineRows)',
      put: '',
      shows: 'while panes are combined nothing else has its turn',
    },
    {
      name: 'a-pane-too-many-at-the-end',
      find: 'sub(i32(this.#shape.sizePanes + 1), until)',
      put: 'i32(this.#shape.sizePanes)',
      shows: 'what leaves when the input ends reaches back too far',
    },
    {
      name: 'number-of-the-last-result',
      find: "this.#put(k, 'number', load(this.head, 'result'), this.#of('number', group))",
      put: '',
      shows: 'windows that are combined step by step have the numbers of others',
    },
    {
      name: 'ring-forgets-the-oldest',
      find: "k.store(this.#groups.entries, 'next', added, this.#next(full))",
      put: "k.store(this.#groups.entries, 'next', added, full)",
      shows: 'a window has its last two panes only',
    },
    {
      name: 'panes-are-groups',
      find: "const isGroup = eq(load(this.#groups.entries, 'start', entry), HOME)",
      put: 'const isGroup = bool(true)',
      shows: 'when the input ends panes leave as if they were groups',
    },
    {
      name: 'whole-panes-are-said',
      find: 'or(isPartial, isBetween)',
      put: 'isPartial',
      shows: 'rows of whole panes are lost when the input ends',
    },
    {
      name: 'panes-taken-in-part',
      find: 'k.if(isWanted, () => when(k, walk.combine(result, pane), taken), next)',
      put: 'k.if(isWanted, () => (walk.combine(result, pane), taken()), next)',
      shows: 'of each pane of a window one value is counted',
      tests: ['lower/own-state.test', 'lower/exact.test'],
    },
    {
      name: 'budget-not-spent',
      find: 'const spend: Spend = rows => k.set(spent, add(spent, rows))',
      put: 'const spend: Spend = () => {}',
      shows: 'when the input ends nothing else has its turn',
    },
  ],
}
