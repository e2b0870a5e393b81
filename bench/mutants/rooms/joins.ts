/** Faults of joins: of the rows they keep, of the times of their sides, of what two rows that meet come to, of their conditions. */
import type { Room } from '../mutant.ts'

const tests = ['lower/joins.test', 'property/joins.test']

export const rowLog: Room = {
  file: 'compiler/lower/lib/row-log.ts',
  tests,
  faults: [
    {
      name: 'newest-of-another-key',
      find: "      eq(load(this.rows, 'key', row), key),\n    ])",
      put: "      eq(load(this.rows, 'key', row), load(this.rows, 'key', row)),\n    ])",
      shows: 'what a place holds now that was given to another key is taken for a partner',
    },
    {
      name: 'links-to-newer-rows',
      find: 'const isOlder = and(ge(before, i32(0)), lt(this.#age(before), this.#age(row)))',
      put: 'const isOlder = ge(before, i32(0))',
      shows: 'a chain goes on in places that were given away, or without end',
    },
    {
      name: 'rows-that-may-drop-stay',
      find: "      k.if(not(owner.mayDrop(row)), () => this.#raise(k, 'staying'))",
      put: "      k.if(owner.mayDrop(row), () => this.#raise(k, 'staying'))",
      shows: 'too little room for the rows that stay',
    },
    {
      name: 'chains-are-not-made-anew',
      find: "          k.store(rows, 'before', to, this.#newestAmongMoved(k, owner, base, key))",
      put: "          k.store(rows, 'before', to, i32(NO_ROW))",
      shows: 'behind a growth only the newest row of a key finds partners',
    },
    {
      name: 'gone-rows-count-for-ever',
      find: "    for (const field of ['gone', 'oldest', 'counted'",
      put: "    for (const field of ['oldest', 'counted'",
      shows: 'more rows may be kept than were said',
    },
  ],
}

export const joinTimes: Room = {
  file: 'compiler/lower/join-times.ts',
  tests,
  faults: [
    {
      name: 'past-a-tick-early',
      find: 'to, reach + 1n)',
      put: 'to, reach)',
      shows: 'a partner at the last time comes in vain',
    },
    {
      name: 'past-by-the-own-side',
      find: "field('past', 1 - side), to,",
      put: "field('past', side), to,",
      shows: 'rows are forgotten that partners are still to come for',
    },
    {
      name: 'results-are-not-behind-what-is-kept',
      find: "field('kept', side), to, reach > 0n ? reach : 0n)",
      put: "field('kept', side), to, 0n)",
      shows: 'a window behind a join finds its rows late',
    },
    {
      name: 'idle-sides-hold-back',
      find: 'select(and(this.isOut(side, own), gt(met, own)), met, own)',
      put: 'select(and(this.isOut(side, own), gt(own, met)), met, own)',
      shows: 'rows wait for a side that has nothing',
    },
  ],
}

export const joinSide: Room = {
  file: 'compiler/lower/operators/join-side.ts',
  tests,
  faults: [
    {
      name: 'taken-back-is-there',
      find: "return this.retracts ? ne(load(this.log.rows, 'gone', row), i32(0)) : FALSE",
      put: 'return FALSE',
      shows: 'rows that were taken back find partners',
    },
    {
      name: 'changes-leave-with-their-partners',
      find: 'return this.retracts ? and(isPast, lt(this.timeAt(row), this.#times.timeOf(this.#number))) : isPast',
      put: 'return isPast',
      shows: 'what is taken back in time is not there any more',
    },
    {
      name: 'only-alone-at-first',
      find: 'const wants = this.#mayLosePartners ? isOpen : and(isOpen, eq(this.partnersOf(row), i32(0)))',
      put: 'const wants = and(isOpen, eq(this.partnersOf(row), i32(0)))',
      shows: 'a row whose only partner is taken back never leaves alone',
    },
    {
      name: 'partners-only-grow',
      find: '() => this.setPartners(k, row, sub(count, i32(1))),',
      put: '() => this.setPartners(k, row, count),',
      shows: 'a row whose last partner is gone is not alone again',
    },
  ],
}

export const joinResults: Room = {
  file: 'compiler/lower/operators/join-results.ts',
  tests,
  faults: [
    {
      name: 'alone-stays-told',
      find: 'k.if(and(eq(had, i32(0)), not(isLess)), () =>',
      put: 'k.if(and(eq(had, i32(9)), not(isLess)), () =>',
      shows: 'a row that was told alone is never taken back',
    },
    {
      name: 'anti-comes-with-partners',
      find: "const isGone = type === 'semi' ? isLess : not(isLess)",
      put: 'const isGone = isLess',
      shows: 'a row of the left side comes twice instead of going',
    },
    {
      name: 'semi-for-each-partner',
      find: "if (type === 'semi') k.if(eq(found, i32(0)), () => output.emit(this.#told(own, isLess)))",
      put: "if (type === 'semi') output.emit(this.#told(own, isLess))",
      shows: 'a row comes as often as it has partners',
    },
  ],
}

export const joinCondition: Room = {
  file: 'ir/logical/join-condition.ts',
  tests,
  faults: [
    {
      name: 'strict-bounds-are-loose',
      find: "fn === 'gt' ? ticks + 1n : undefined",
      put: "fn === 'gt' ? ticks : undefined",
      shows: 'a pair at a bound that is not included',
    },
    {
      name: 'bounds-the-wrong-way',
      find: 'bound(fn, second.column, first.column, second.ticks - first.ticks)',
      put: 'bound(fn, second.column, first.column, first.ticks - second.ticks)',
      shows: 'rows that far on the other side meet',
    },
    {
      name: 'the-rest-is-forgotten',
      find: 'residual: rest.length > 1 ? call(',
      put: 'residual: rest.length > 9 ? call(',
      shows: 'of several conditions that are left only one counts',
    },
  ],
}
