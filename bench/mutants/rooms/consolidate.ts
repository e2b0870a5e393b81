/** Faults of changes that are netted in steps, of the list in which they wait, and of what their codes say. */
import type { Room } from '../mutant.ts'

const tests = ['lower/consolidate.test', 'property/plans.test']

export const consolidate: Room = {
  file: 'compiler/lower/operators/consolidate.ts',
  tests,
  faults: [
    {
      name: 'nothing-is-netted',
      find: "add(load(entries, 'weight', entry), by)",
      put: "sub(load(entries, 'weight', entry), by)",
      shows: 'a row that comes and goes comes twice',
    },
    {
      name: 'vanished-rows-wait',
      find: "k.if(eq(load(entries, 'weight', entry), f64(0)), () => {",
      put: "k.if(eq(load(entries, 'weight', entry), f64(9)), () => {",
      shows: 'push never returns: a row that came to nothing is given without end',
    },
    {
      name: 'deletes-are-inserts',
      find: 'select(isLess, i32(changes.delete), i32(changes.insert))',
      put: 'i32(changes.insert)',
      shows: 'what is taken back comes once more',
    },
    {
      name: 'step-ends-never',
      find: "k.put(this.#step, 'ends', step?.end ?? i64(NEVER))",
      put: "k.put(this.#step, 'ends', i64(NEVER))",
      shows: 'all changes wait for the end of input',
    },
    {
      name: 'half-a-step',
      find: "const ends = load(this.#step, 'ends')",
      put: "const ends = load(this.#step, 'began')",
      shows: 'changes leave before their step ends',
    },
    {
      name: 'end-of-input-unheard',
      find: 'or(isPast, eq(this.#time, i64(MAX_TIME)))',
      put: 'isPast',
      shows: 'what waits for the clock is lost when the input ends',
    },
    {
      name: 'clock-unheard',
      find: "this.#steps?.clock === 'processing' ? load(clockTime.mem, clockTime.field) : this.#time",
      put: 'this.#time',
      shows: 'what waits for the clock waits for the end of input',
    },
    {
      name: 'late-by-their-own-step',
      find: "k.put(timeRegion, 'out_wm', began)",
      put: "k.put(timeRegion, 'out_wm', this.#time)",
      shows: 'rows that the watermark has passed in their step are late for windows behind',
    },
    {
      name: 'unknown-texts',
      find: 'key.texts.length === 0 ? known',
      put: 'key.texts.length >= 0 ? known',
      shows: 'a row with a new text is never found again',
    },
    {
      name: 'no-room-asked-for',
      find: 'this.#table.reserve(k, leave)',
      put: '',
      shows: 'rows are written behind the table',
    },
    {
      name: 'budget-unheard',
      find: "k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))",
      put: '',
      shows: 'while a large step is given out nothing else has its turn',
      tests: ['lower/consolidate.test'],
    },
  ],
}

export const entryList: Room = {
  file: 'compiler/lower/lib/entry-list.ts',
  tests: ['lower/early.test', ...tests],
  faults: [
    {
      name: 'linked-one-way',
      find: "put(behind, 'before', 'last', before)",
      put: '',
      shows: 'an entry that leaves the middle of the list takes those before it along',
    },
    {
      name: 'last-of-all',
      find: 'this.#link(k, entry, i32(NONE))',
      put: '',
      shows: 'the list has one entry: each takes the place of all before',
    },
  ],
}

export const changeRows: Room = {
  file: 'compiler/lower/operators/change-rows.ts',
  tests: ['lower/changes.test', 'property/plans.test'],
  faults: [
    {
      name: 'update-before-takes-nothing-back',
      find: 'or(eq(code, i32(changes.delete)), eq(code, i32(changes.updateBefore)))',
      put: 'eq(code, i32(changes.delete))',
      shows: 'what is updated is counted twice',
    },
  ],
}
