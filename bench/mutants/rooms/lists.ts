/** Faults of aggregates that keep values, and of the pool they keep them in. */
import type { Room } from '../mutant.ts'

const tests = ['lower/lists.test', 'property/plans.test']

export const nodePool: Room = {
  file: 'compiler/lower/lib/node-pool.ts',
  tests,
  faults: [
    {
      name: 'released-nodes-are-lost',
      find: "k.put(this.head, 'free', add(first, i32(1)))",
      put: '',
      shows: 'a query that runs for a day meets the limit of its state',
    },
    {
      name: 'released-nodes-count-as-used',
      find: "k.put(this.head, 'live', sub(this.#head('live'), count))",
      put: '',
      shows: 'a query that runs for a day meets the limit of its state',
    },
    {
      name: 'released-chain-loses-the-rest',
      find: "this.link(k, last, sub(this.#head('free'), i32(1)))",
      put: 'this.link(k, last, i32(END_OF_CHAIN))',
      shows: 'nodes that were given back before are never used again',
    },
    {
      name: 'released-texts-stay',
      find: 'k.store(this.nodes, field, node, i32(UNKNOWN_TEXT))',
      put: '',
      shows: 'texts of groups that have left fill up the room for those to come',
    },
    {
      name: 'texts-of-nodes-swept',
      find: 'mark(load(this.nodes, field, node))',
      put: '{}',
      shows: 'texts in lists become others when room for texts runs out',
    },
  ],
}

export const arrived: Room = {
  file: 'compiler/lower/accumulators/arrived.ts',
  tests,
  faults: [
    {
      name: 'one-more-than-the-limit',
      find: 'ge(this.#chain.count(entry), i32(limit ?? LIST_VALUES_MAX))',
      put: 'gt(this.#chain.count(entry), i32(limit ?? LIST_VALUES_MAX))',
      shows: 'a list is longer than its limit',
    },
    {
      name: 'condition-ignored',
      find: 'if (!condition) return mask',
      put: 'if (!condition || condition) return mask',
      shows: 'a list holds values of rows that its condition leaves out',
    },
    {
      name: 'panes-over-the-limit',
      find: 'k.if(lt(chain.count(into), i32(limit ?? LIST_VALUES_MAX)), () => copy(node))',
      put: 'copy(node)',
      shows: 'the list of a window of several panes is longer than its limit',
    },
    {
      name: 'too-many-unnoticed',
      find: "faults: [{ code: 'LDB-9007', when: this.#isBroken(entry) }]",
      put: 'faults: []',
      shows: 'a window with too many values gives a list of some of them',
    },
    {
      name: 'nodes-not-forgotten',
      find: 'this.#chain.forget(k, entry)',
      put: '{}',
      shows: 'a query that runs for a day meets the limit of its state',
    },
  ],
}

export const ranked: Room = {
  file: 'compiler/lower/accumulators/ranked.ts',
  tests,
  faults: [
    {
      name: 'ties-replace-the-first',
      find: 'k.breakIf(not(this.#beats(k, value, this.#read(k, next))), label)',
      put: 'k.breakIf(this.#beats(k, this.#read(k, next), value), label)',
      shows: 'of -0 and 0 the one that came last is first',
    },
    {
      name: 'last-stays',
      find: 'k.if(not(hasRoom), () => this.#chain.dropFirst(k, entry))',
      put: '',
      shows: 'more values than were asked for',
    },
    {
      name: 'panes-in-reverse',
      find: 'k.set(behind, this.#chain.insertCopy(k, into, behind, node))',
      put: 'this.#chain.insertCopy(k, into, behind, node)',
      shows: 'of equal values of a pane the one that came last is first',
    },
    {
      name: 'panes-keep-all',
      find: 'this.#chain.dropFirst(k, into)',
      put: 'k.break(label)',
      shows: 'windows of several panes have more values than were asked for',
    },
  ],
}

export const listResult: Room = {
  file: 'compiler/lower/accumulators/list-result.ts',
  tests,
  faults: [
    {
      name: 'separator-in-front',
      find: 'ne(node, chain.first(entry))',
      put: 'ne(node, i32(-1))',
      shows: 'a joined text begins with a separator and lacks its end',
    },
    {
      name: 'nulls-are-values',
      find: "k.store(bytesRegion, 'u8', add(flags, at), toInt(value.isNull))",
      put: "k.store(bytesRegion, 'u8', add(flags, at), i32(0))",
      shows: 'a null in a list is what lies under it',
    },
  ],
}
