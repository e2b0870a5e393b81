/** Faults of sessions: how rows find them, how they are joined, and when they are due. */
import type { Room } from '../mutant.ts'

export const sessions: Room = {
  file: 'compiler/lower/lib/sessions.ts',
  tests: ['lower/windows.test', 'lower/emit.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'gap-joins',
      find: 'k.if(and(lt(time, end), isOpen), then)',
      put: 'k.if(and(le(time, end), isOpen), then)',
      shows: 'a row exactly a gap behind the last one joins its session',
    },
    {
      name: 'gap-before-joins',
      find: "k.breakIf(gt(end, this.of('first_time', session)), label)",
      put: "k.breakIf(ge(end, this.of('first_time', session)), label)",
      shows: 'a row exactly a gap before a session is not taken to the one before',
    },
    {
      name: 'ended-sessions-take-rows',
      find: 'k.if(and(lt(time, end), isOpen), then)',
      put: 'k.if(lt(time, end), then)',
      shows: 'a late row joins a session that has ended and has not left yet',
    },
    {
      name: 'never-bridges',
      find: "k.if(lt(time, this.of('first_time', session)), () => {\n        const before",
      put: 'k.if(lt(time, time), () => {\n        const before',
      shows: 'two sessions stay apart that a row comes between',
    },
    {
      name: 'first-row-stays',
      find: "k.if(lt(from, this.of('first_time', session)), () => this.put(k, 'first_time', session, from))",
      put: '',
      shows: 'a session begins when its first row came, not when that was',
    },
    {
      name: 'last-row-stays',
      find: "k.if(gt(from, this.of('last_time', session)), () => this.put(k, 'last_time', session, from))",
      put: '',
      shows: 'a session ends behind its first row',
    },
    {
      name: 'joined-ends-early',
      find: "this.put(k, 'last_time', into, this.of('last_time', from))",
      put: '',
      shows: 'two sessions that were joined end where the earlier did',
    },
    {
      name: 'list-loses-the-later',
      find: "this.put(k, 'later', into, behind)",
      put: '',
      shows: 'a session leaves, and the one behind it still names it',
    },
    {
      name: 'latest-not-hidden',
      find: '() => k.if(ge(latest, i32(0)), () => this.#hide(k, latest))',
      put: '() => {}',
      shows: 'a key finds the session before its latest',
    },
    {
      name: 'joined-is-not-the-latest',
      find: "k.store(entries, 'start', into, HOME)",
      put: '',
      shows: 'a key has no latest session any more: its next row begins another',
    },
    {
      name: 'due-as-it-was-made',
      find: "lt(load(this.head, 'deadline'), closes)",
      put: 'lt(closes, closes)',
      shows: 'a session is closed before the rows that prolonged it are old enough',
    },
    {
      name: 'closed-stays-in-the-list',
      find: "k.if(ge(later, i32(0)), () => this.put(k, 'earlier', later, i32(NONE)))\n    drop",
      put: 'drop',
      shows: 'rows look back to a session that has left, or to what has its place',
    },
    {
      name: 'rest-is-never-taken-in',
      find: 'this.takeIn(k, leave, walk)',
      put: '',
      shows: 'a session leaves before it has all values of the one that joined it',
    },
  ],
}
