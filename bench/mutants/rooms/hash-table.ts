/** Faults of the hash table that kernels are built with, and of its hash. */
import type { Room } from '../mutant.ts'

export const hashTable: Room = {
  file: 'compiler/lower/lib/table.ts',
  tests: ['lower/lib/table', 'lower/lib/interner'],
  faults: [
    {
      name: 'probe-does-not-wrap',
      find: '})\n      k.set(slot, and(add(slot, i32(1)), mask))',
      put: '})\n      k.set(slot, add(slot, i32(1)))',
      shows: 'a key whose probe passes the end of the index is not found again: its group is there twice',
    },
    {
      name: 'place-does-not-wrap',
      find: 'k.breakIf(le(before, i32(EMPTY)), label)\n      k.set(slot, and(add(slot, i32(1)), mask))',
      put: 'k.breakIf(le(before, i32(EMPTY)), label)\n      k.set(slot, add(slot, i32(1)))',
      shows: 'an entry is written behind the index',
    },
    {
      name: 'stale-slot-is-believed',
      find: "and(eq(load(this.index, 'hash', at), hash), gt(tag, i32(EMPTY)))",
      put: "eq(load(this.index, 'hash', at), hash)",
      shows: 'a group that has left takes rows',
    },
    {
      name: 'free-list-lost',
      find: "k.put(this.head, 'free', load(this.entries, 'next', entry))",
      put: "k.put(this.head, 'free', i32(0))",
      shows: 'ids run out, entries are written behind the table',
    },
    {
      name: 'remove-forgets-live',
      find: "k.put(this.head, 'live', sub(this.#head('live'), i32(1)))",
      put: '',
      shows: 'a stream with few groups at a time meets the limit of groups',
    },
    {
      name: 'room-one-too-many',
      find: "gt(add(this.#head('used'), i32(count)), this.#head('room'))",
      put: "gt(this.#head('used'), this.#head('room'))",
      shows: 'one group more than there is memory for',
    },
    {
      name: 'load-factor-of-one',
      find: 'shru(add(newMask, i32(1)), i32(1))',
      put: 'add(newMask, i32(1))',
      shows: 'twice as many entries as there is memory for',
    },
    {
      name: 'growth-passes-the-limit',
      find: "min32(powerOfTwo(k, rules.wanted(k), ROOM_MIN), load(controlBlock, 'limit'))",
      put: 'powerOfTwo(k, rules.wanted(k), ROOM_MIN)',
      shows: 'a table grows into the memory of others',
    },
    {
      name: 'growth-does-not-switch',
      find: "k.put(head, 'base', newBase)",
      put: '',
      shows: 'all groups are lost when the table grows',
    },
    {
      name: 'growth-forgets-used',
      find: "k.put(head, 'used', this.#head('new_used'))",
      put: '',
      shows: 'after a growth the index fills up until a probe never ends',
    },
    {
      name: 'place-saved-behind-the-yield',
      find: 'save()\n      returnIfBudgetSpent(k, spent)',
      put: 'returnIfBudgetSpent(k, spent)\n      save()',
      shows: 'work that was stopped does its last step twice',
    },
    {
      name: 'stale-slots-move',
      find: "k.if(gt(tag, i32(EMPTY)), () => {\n        const entry = k.let('entry', sub(tag, i32(1)))\n        each(",
      put: "k.if(ne(tag, i32(EMPTY)), () => {\n        const entry = k.let('entry', sub(tag, i32(1)))\n        each(",
      shows: 'groups that have left come back when the table grows',
    },
    {
      name: 'used-not-counted',
      find: 'k.put(this.head, counter, add(this.#head(counter), isEmpty))',
      put: '',
      shows: 'the index fills up with stale slots until a probe never ends',
    },
    {
      name: 'used-counted-twice',
      find: 'k.put(this.head, counter, add(this.#head(counter), isEmpty))',
      put: 'k.put(this.head, counter, add(this.#head(counter), i32(1)))',
      shows: 'a table with few groups at a time grows all the same',
    },
    {
      name: 'stale-slots-not-used-again',
      find: 'le(before, i32(EMPTY))',
      put: 'eq(before, i32(EMPTY))',
      shows: 'a table is rebuilt again and again, though it does not grow',
    },
    {
      name: 'slot-not-vacated',
      find: "this.#vacate(k, load(this.entries, 'place', entry))\n    k.store",
      put: 'k.store',
      shows: 'a group that has left is found again',
    },
    {
      name: 'empty-under-a-probe',
      find: 'k.if(eq(tagAt(and(add(slot, i32(1)), mask)), i32(EMPTY)), () => {',
      put: 'k.if(ge(mask, i32(EMPTY)), () => {',
      shows: 'a group behind one that has left is not found again: it is there twice',
    },
    {
      name: 'next-slot-does-not-wrap',
      find: 'tagAt(and(add(slot, i32(1)), mask))',
      put: 'tagAt(add(slot, i32(1)))',
      shows: 'a group whose probe passes the end of the index is not found again',
    },
    {
      name: 'emptied-before-the-first',
      find: 'k.set(slot, and(sub(slot, i32(1)), mask))',
      put: 'k.set(slot, sub(slot, i32(1)))',
      shows: 'slots before the index are read and written',
    },
    {
      name: 'slots-in-use-emptied',
      find: 'k.breakIf(ne(tagAt(slot), i32(STALE)), label)',
      put: 'k.breakIf(eq(tagAt(slot), i32(EMPTY)), label)',
      shows: 'groups in use are lost',
    },
    {
      name: 'emptied-but-stale',
      find: 'mark(EMPTY)\n',
      put: '',
      shows: 'slots that nobody counts fill the index',
    },
    {
      name: 'emptied-slots-stay-counted',
      find: "k.put(this.head, 'used', sub(this.#head('used'), i32(1)))",
      put: '',
      shows: 'an empty table grows all the same',
    },
    {
      name: 'next-growth-goes-on',
      find: "['new_mask', 'cleared', 'moved', 'new_used']",
      put: "['new_mask', 'cleared', 'moved']",
      shows: 'each growth counts the slots of the one before as well',
    },
  ],
}

export const hash: Room = {
  file: 'compiler/lower/lib/hash.ts',
  tests: ['lower/lib/hash'],
  faults: [
    {
      name: 'high-word-left-out',
      find: 'return [low(value), high(value)]',
      put: 'return [low(value), low(value)]',
      shows: 'keys that differ in the high word only share a bucket: a table becomes a list',
    },
    {
      name: 'reads-past-the-text',
      find: 'sub(end, i32(3))',
      put: 'sub(end, i32(0))',
      shows: 'the hash of a text depends on what lies behind it: one text is two groups',
    },
    {
      name: 'mix-too-far',
      find: 'xor(hash, shru(hash, i32(15)))',
      put: 'xor(hash, shru(hash, i32(31)))',
      shows: 'the low bits of a hash know little of the key: tables become slow',
    },
    {
      name: 'two-words-are-exact',
      find: 'words.length === 1',
      put: 'words.length <= 2',
      shows: 'two keys of 64 bits that hash alike are one group',
      tests: ['lower/streams.test'],
    },
    {
      name: 'zeros-are-two-groups',
      find: "op('bits.f64', select(eq(x, f64(0)), f64(0), x))",
      put: "op('bits.f64', x)",
      shows: '0 and -0 are two groups',
      tests: ['lower/streams.test', 'property/corpus.test', 'property/plans.test'],
    },
  ],
}
