/** Faults of sessions: how their panes are found, and when they are due. */
import type { Room } from '../mutant.ts'

export const sessions: Room = {
  file: 'compiler/lower/lib/sessions.ts',
  tests: ['lower/windows.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'gap-joins',
      find: 'lt(sub(later, earlier), i64(this.#rule.reach))',
      put: 'le(sub(later, earlier), i64(this.#rule.reach))',
      shows: 'a row exactly a gap behind the last one joins its session',
    },
    {
      name: 'first-row-stays',
      find: "k.if(lt(from, this.#of('first_time', group)), () => k.store(entries, 'first_time', group, from))",
      put: '',
      shows: 'a session begins when its first row came, not when that was',
    },
    {
      name: 'last-row-stays',
      find: "k.if(gt(from, this.#of('last_time', group)), () => k.store(entries, 'last_time', group, from))",
      put: '',
      shows: 'a session ends behind the first row of its last pane',
    },
    {
      name: 'due-as-it-was-made',
      find: "lt(load(this.head, 'deadline'), closes)",
      put: 'lt(closes, closes)',
      shows: 'a session is closed before the rows that prolonged it are old enough',
    },
    {
      name: 'every-pane-is-the-last',
      find: 'k.if(lt(next, i32(0)), () => {',
      put: 'k.if(le(next, next), () => {',
      shows: 'a session is closed in the middle',
    },
    {
      name: 'only-the-last-pane',
      find: "() => k.put(this.head, 'result', previous),",
      put: '() => {},',
      shows: 'push never returns: the first pane of a session is not found',
    },
    {
      name: 'end-of-the-first-pane',
      find: "k.store(this.#groups.entries, 'last_time', result, this.#of('last_time', pane))",
      put: '',
      shows: 'a session ends where its first pane does',
    },
    {
      name: 'pane-is-kept',
      find: 'walk.drop(pane)',
      put: '',
      shows: 'the panes of a closed session hold rows that come later',
    },
    {
      name: 'no-session-behind',
      find: "find(k.let('start', add(start, i64(reach))))",
      put: "find(k.let('start', sub(start, i64(reach))))",
      shows: 'a row just before an open session is late',
    },
    {
      name: 'any-neighbour-holds',
      find: "this.#meet(from, this.#of('first_time', behind))",
      put: "le(from, this.#of('first_time', behind))",
      shows: 'a late row begins a session beside one that is open',
    },
  ],
}
