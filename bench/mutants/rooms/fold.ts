/** Faults of aggregates of the user's own: of what is kept of them, and of how they are read. */
import type { Room } from '../mutant.ts'

export const folding: Room = {
  file: 'compiler/lower/accumulators/fold.ts',
  tests: ['lower/fold.test', 'property/plans.test'],
  faults: [
    {
      name: 'faults-of-what-is-left-out',
      find: 'const faults = guarded(faultsOf(state), counts)',
      put: 'const faults = faultsOf(state)',
      shows: 'a row with a null among the arguments is refused for what lies under it',
    },
    {
      name: 'first-row-is-never-refused',
      find: 'const isSafe = !this.#fold.add.some(canFault) && !this.#mustHaveResult',
      put: 'const isSafe = true',
      shows: 'a group is made for a row that is refused',
    },
    {
      name: 'nulls-are-given',
      find: 'when(k, counts, () => {',
      put: 'when(k, bool(true), () => {',
      shows: 'a row with a null among the arguments changes the state',
    },
    {
      name: 'results-need-not-follow',
      find: 'return this.#store.needsResults && canFault(this.#fold.result)',
      put: 'return false',
      shows: 'a result that is a fault leaves with a row',
    },
    {
      name: 'result-of-the-row-that-is-left-out',
      find: 'choose(cx.k, counts, { ...value, faults: [] }, before[i])',
      put: 'choose(cx.k, bool(true), { ...value, faults: [] }, before[i])',
      shows: 'a row that does not count is refused for the result that it would have had',
    },
    {
      name: 'added-is-removed',
      find: 'choose(cx.k, removes, removed[i], value)',
      put: 'choose(cx.k, removes, value, removed[i])',
      shows: 'rows are removed that are added, and added where they are taken back',
    },
    {
      name: 'merged-without-rows',
      find: 'k.if(this.#isSet(seen, from), () =>',
      put: 'k.if(bool(true), () =>',
      shows: 'merge is asked about a state without rows',
    },
    {
      name: 'merged-with-the-start',
      find: 'this.#isSet(seen, into),\n        () => this.#merge(k, into, from),',
      put: 'bool(true),\n        () => this.#merge(k, into, from),',
      shows: 'the first pane of a window is merged with a state that has no rows',
    },
    {
      name: 'sides-exchanged',
      find: 'a: this.#keptState(k, into), b: this.#keptState(k, from)',
      put: 'a: this.#keptState(k, from), b: this.#keptState(k, into)',
      shows: 'merge has the later state first',
    },
    {
      name: 'merge-never-faults',
      find: 'this.#broken = store.combines && merge.some(canFault)',
      put: 'this.#broken = false',
      shows: 'what a merge that faults has left is handed out as a result',
    },
    {
      name: 'last-fault-of-merge',
      find: 'select(ne(into, i32(0)), into, select(ne(from, i32(0)), from, faultBits(faults)))',
      put: 'faultBits(faults)',
      shows: 'a fault is forgotten with the next pane',
    },
    {
      name: 'old-flags-stay',
      find: 'for (const flag of [this.#seen, this.#broken]) if (flag) this.#put(k, flag, entry, i32(0))',
      put: 'if (this.#broken) this.#put(k, this.#broken, entry, i32(0))',
      shows: 'a group begins with the texts of one that has left',
    },
    {
      name: 'start-is-not-kept',
      find: 'else this.#write(k, entry, i, this.#start(k)[i])',
      put: 'else if (this.#nulls[i]) this.#put(k, this.#nulls[i] ?? "", entry, i32(0))',
      shows: 'a group begins with the numbers of one that has left',
    },
    {
      name: 'null-scalars-are-values',
      find: 'if (flag) this.#put(k, flag, entry, toInt(value.isNull))',
      put: 'if (flag) this.#put(k, flag, entry, i32(0))',
      shows: 'a field that became null has a value',
    },
    {
      name: 'null-texts-are-texts',
      find: 'isNever(value.isNull) ? text : keyOfText(text, value.isNull)',
      put: 'text',
      shows: 'a field that became null has a text',
    },
    {
      name: 'texts-of-the-start-are-read-from-state',
      find: 'if (!seen || !this.#keepsTexts) return kept',
      put: 'if (seen) return kept',
      shows: 'before the first row a text is any that the state holds',
    },
    {
      name: 'faults-are-null',
      find: 'plan: { ...cx.plan, lenient: false }',
      put: 'plan: cx.plan',
      shows: "with `faults: 'null'` a state is null that its type says is not",
    },
  ],
}

export const foldReader: Room = {
  file: 'compiler/frontend/lambda/fold.ts',
  tests: ['frontend/lambda/fold.test', 'lower/fold.test'],
  faults: [
    {
      name: 'nulls-of-merge-are-not-seen',
      find: 'refine(field, [add, merge, remove], i)',
      put: 'refine(field, [add], i)',
      shows: 'a field that merge makes null is not null',
    },
    {
      name: 'numbers-stay-narrow',
      find: 'return asDouble(expr)',
      put: 'return expr',
      shows: 'a number of an int8 column cannot be kept',
    },
    {
      name: 'timestamps-stay',
      find: "return convert(asInt64(expr), 'int64')",
      put: 'return expr',
      shows: 'a timestamp cannot be kept',
    },
    {
      name: 'another-type-is-kept',
      find: 'if (type !== undefined && expr.type !== type)',
      put: 'if (type === undefined)',
      shows: 'a state whose fields change their types is no refusal that names the place',
    },
    {
      name: 'missing-fields-are-not-found',
      find: 'if (!fields.some(field => field.name === name))',
      put: 'if (fields.length === 0)',
      shows: 'a field that the state does not have is dropped',
    },
    {
      name: 'one-side-twice',
      find: 'wholeOf(fields, name => sideName(side, name))',
      put: "wholeOf(fields, name => sideName('a', name))",
      shows: 'merge sees the same state twice',
    },
  ],
}

export const foldTable: Room = {
  file: 'ir/expr/fold.ts',
  tests: ['lower/fold.test', 'frontend/lambda/fold.test'],
  faults: [
    {
      name: 'texts-are-made-in-merge',
      find: 'if (makesText(expr)) return',
      put: "if (makesText(expr) && where === 'result') return",
      shows: 'a plan cannot be lowered, and nothing says why',
    },
    {
      name: 'texts-of-neither-state',
      find: "where === 'merge' && isBytes(expr.type) && !isKept(expr)",
      put: "where === 'merge' && isBytes(expr.type) && makesText(expr)",
      shows: 'a text that merge writes down is lost',
    },
    {
      name: 'steps-without-remove',
      find: "const steps = [...step('add', add), ...step('merge', merge), ...step('remove', remove)]",
      put: "const steps = [...step('add', add), ...step('merge', merge)]",
      shows: 'aggregates that remove in two ways share a state, and a plan',
    },
    {
      name: 'start-is-not-printed',
      find: 'printExpr(init)',
      put: 'type',
      shows: 'aggregates that begin in two ways share a state, and a plan',
    },
  ],
}
