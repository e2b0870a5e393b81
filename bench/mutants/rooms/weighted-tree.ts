/** Faults of trees that are balanced by weight. */
import type { Room } from '../mutant.ts'

export const weightedTree: Room = {
  file: 'compiler/lower/lib/weighted-tree.ts',
  tests: ['lower/lib.test', 'lower/exact.test', 'lower/rank.test', 'property/plans.test'],
  faults: [
    {
      name: 'never-balanced',
      find: 'k.if(gt(max(left, right), mul(min(left, right), i32(SIDES_RATIO))), () =>',
      put: 'k.if(gt(max(left, right), mul(min(left, right), i32(1 << 20))), () =>',
      shows: 'values that come in order make a row cost as much as all before it',
    },
    {
      name: 'inner-part-stays',
      find: 'ge(inner, mul(outer, i32(PARTS_RATIO)))',
      put: 'lt(inner, i32(0))',
      shows: 'lifting the heavy side makes the other one heavy: trees get deep',
    },
    {
      name: 'lifted-child-loses-its-parent',
      find: "nodes.put(k, 'parent', child, parent)",
      put: "nodes.put(k, 'parent', child, node)",
      shows: 'what is above a rotation is not brought up to date, or the kernel never ends',
    },
    {
      name: 'heir-without-children',
      find: 'nodes.putChild(k, heir, i32(side), child)',
      put: 'nodes.putChild(k, heir, i32(side), NIL)',
      shows: 'what is below a node goes with it',
    },
    {
      name: 'heir-that-is-a-child',
      find: 'select(eq(above, node), heir, above)',
      put: 'select(eq(above, NIL), heir, above)',
      shows: 'counts are brought up to date from a node on that has gone',
    },
    {
      name: 'neighbour-is-the-child',
      find: '() => k.set(next, this.outermost(k, next, other)),',
      put: '() => k.set(next, this.outermost(k, next, side)),',
      shows: 'the next of several values is left out',
    },
    {
      name: 'rank-off-by-a-node',
      find: "k.breakIf(lt(before, nodes.of('rows', node)), label)",
      put: "k.breakIf(lt(before, add(nodes.of('rows', node), nodes.of('rows', node))), label)",
      shows: 'quantiles are one value too small where a rank is the first of a value',
    },
  ],
}
