/** Faults of aggregates that keep all values of a group. */
import type { Room } from '../mutant.ts'

const tests = ['lower/lib.test', 'lower/exact.test', 'property/plans.test']

export const orderedMultiset: Room = {
  file: 'compiler/lower/lib/ordered-multiset.ts',
  tests,
  faults: [
    {
      name: 'equal-values-twice',
      find: 'k.breakIf(eq(order, i32(0)), label)',
      put: 'k.breakIf(eq(order, i32(2)), label)',
      shows: 'a value that comes again is another distinct one',
    },
    {
      name: 'last-row-leaves-its-node',
      find: "k.if(eq(nodes.of('rows', node), f64(0)), () => {",
      put: "k.if(gt(f64(0), nodes.of('rows', node)), () => {",
      shows: 'a value that was taken out as often as it came is still a distinct one',
    },
    {
      name: 'greatest-of-several-modes',
      find: 'eq(this.#most(left), most),',
      put: "gt(this.#most(left), nodes.of('rows', node)),",
      shows: 'of values that are equally frequent it is not the least',
    },
    {
      name: 'most-of-one-side',
      find: 'children.map(child => this.#most(child))',
      put: '[children[0]].map(child => this.#most(child))',
      shows: 'the most frequent value is not found among the larger ones',
    },
    {
      name: 'first-value-again-and-again',
      find: 'select(gt(node, NIL), node, BEHIND_LAST))',
      put: 'select(gt(node, NIL), NIL, BEHIND_LAST))',
      shows: 'a window of several panes with several values never closes',
    },
    {
      name: 'taking-never-ends',
      find: "k.put(this.nodes.head, 'next', NIL)",
      put: "k.put(this.nodes.head, 'next', BEHIND_LAST)",
      shows: 'of the panes of a window only the first is taken in',
    },
    {
      name: 'rows-of-a-pane-count-once',
      find: "{ value, stored: held }, nodes.of('rows', node))",
      put: '{ value, stored: held }, f64(1))',
      shows: 'what is frequent in a pane is not frequent in its window',
    },
    {
      name: 'room-for-what-is-there',
      find: 'k.if(eq(this.#find(k, root, value).node, NIL), () => this.nodes.askForOne(k, leave))',
      put: 'this.nodes.askForOne(k, leave)',
      shows: 'at its limit the state refuses values that it has',
    },
  ],
}

export const valueNodes: Room = {
  file: 'compiler/lower/lib/value-nodes.ts',
  tests,
  faults: [
    {
      name: 'forgotten-children-lost',
      find: 'k.if(ne(child, NIL), () => this.#plant(k, child))',
      put: 'k.if(eq(child, i32(-1)), () => this.#plant(k, child))',
      shows: 'of groups that leave only the roots are used again: state runs full',
    },
    {
      name: 'old-children',
      find: 'this.putChild(k, node, i32(side), NIL)',
      put: 'this.putChild(k, node, i32(side), this.child(node, i32(side)))',
      shows: 'a group begins with values of one that has left',
    },
    {
      name: 'forgotten-in-use',
      find: "k.put(this.head, 'live', sub(this.#head('live'), this.of('size', root)))",
      put: "k.put(this.head, 'live', sub(this.#head('live'), i32(1)))",
      shows: 'state is full of groups that have left',
    },
    {
      name: 'texts-of-the-forgotten',
      find: "k.if(gt(this.of('rows', at), f64(0)), () => each(at))",
      put: 'each(at)',
      shows: 'texts of groups that have left are never swept',
    },
    {
      name: 'forgotten-trees-are-in-use',
      find: "k.breakIf(eq(this.#head('forest'), NIL), label)",
      put: "k.breakIf(ge(this.#head('forest'), NIL), label)",
      shows: 'texts of trees that were forgotten as a whole are never swept',
    },
    {
      name: 'released-node-is-lost',
      find: "k.put(this.head, 'free', node)",
      put: "k.put(this.head, 'free', this.#head('free'))",
      shows: 'values that are taken out leave holes: ids run past the room',
    },
  ],
}

export const values: Room = {
  file: 'compiler/lower/accumulators/values.ts',
  tests: ['lower/exact.test', 'lower/combine.test', 'property/plans.test'],
  faults: [
    {
      name: 'values-of-nulls',
      find: "local(k, 'counts', contributes(contribution))",
      put: "local(k, 'counts', contribution.mask)",
      shows: 'what lies under a null is a value',
    },
    {
      name: 'groups-never-forgotten',
      find: 'this.#set.forget(k, this.#cell(k, entry))',
      put: 'this.#cell(k, entry).set(NIL)',
      shows: 'values of groups that left take room for good',
    },
    {
      name: 'no-room-for-the-first',
      find: 'when(k, contributes({ args, mask: TRUE }), () => this.#set.reserveAny(k, leave))',
      put: 'when(k, contributes({ args, mask: TRUE }), () => {})',
      shows: 'where values have no more room a group is made that has no rows',
    },
    {
      name: 'rank-below-zero',
      find: "atLeastZero(k.let('rank', rank))",
      put: "k.let('rank', rank)",
      shows: 'the value at the fraction 0 is null',
    },
    {
      name: 'distance-is-no-number',
      find: 'select(isNumber, add(low, mul(gap, part)), weighed)',
      put: 'add(low, mul(gap, part))',
      shows: 'between numbers that are far apart there is NaN or infinity',
    },
    {
      name: 'negative-zero',
      find: "scalar('float64', add(result, f64(0)), eq(root, NIL))",
      put: "scalar('float64', result, eq(root, NIL))",
      shows: 'a quantile is -0 or 0, as rows come',
    },
    {
      name: 'taken-back-is-added',
      find: 'andNot(counts, removes)',
      put: 'counts',
      shows: 'a value that is taken back stays',
      tests: ['lower/changed-values.test'],
    },
    {
      name: 'taken-back-that-is-not-there',
      find: 'not(this.#set.has(k, root, value))',
      put: 'FALSE',
      shows: 'a row is taken back whose value is not there',
      tests: ['lower/changed-values.test'],
    },
    {
      name: 'zeros-are-two',
      find: '{ ...value, value: add(value.value, f64(0)) }',
      put: 'value',
      shows: 'the least of zeros over changes has the sign of one that is gone',
      tests: ['lower/changed-values.test'],
    },
    {
      name: 'least-is-greatest',
      find: 'this.#set.least(k, root)',
      put: 'this.#set.greatest(k, root)',
      shows: 'min over changes is max',
      tests: ['lower/changed-values.test'],
    },
  ],
}

export const orderStatistics: Room = {
  file: 'ir/expr/order-statistics.ts',
  tests: ['lower/exact.test'],
  faults: [
    {
      name: 'last-of-equal-values',
      find: 'values.find(value =>',
      put: 'values.findLast(value =>',
      shows: 'of zeros the last to arrive is told',
    },
    {
      name: 'mode-of-the-first',
      find: 'compareValues(type, value, least) < 0 ? value : least',
      put: 'compareValues(type, value, least) < 0 ? least : least',
      shows: 'of values that are equally frequent the first to arrive is told',
    },
  ],
}
