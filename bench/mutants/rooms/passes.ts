/** Faults of the passes over kernels, and of what they are told about effects. */
import type { Room } from '../mutant.ts'

const tests = ['passes/kernel-passes.test', 'lower/streams.test', 'property/plans.test']

export const cse: Room = {
  file: 'compiler/passes/kernel/cse.ts',
  tests,
  faults: [
    {
      name: 'store-forgets-nothing',
      find: 'if (place) this.#known.changed(place)',
      put: '',
      shows: 'a counter that was read before it was stored is read from the old copy',
    },
    {
      name: 'loop-forgets-nothing',
      find: "if (stmt.kind === 'loop') this.#forgetAll(stmt.body)",
      put: '',
      shows: 'the second turn of a loop sees the values of the first',
    },
    {
      name: 'branch-is-remembered',
      find: 'while (this.#journal.length > mark) this.#takeBack()',
      put: '',
      shows: 'values of a branch that was not taken are used behind it',
    },
    {
      name: 'assigned-locals-are-known',
      find: 'if (this.#assigned.has(local.name)) return',
      put: '',
      shows: 'a local that was assigned has its first value again',
    },
    {
      name: 'alias-of-assigned-local',
      find: "if (expr.kind !== 'local' || !this.#assigned.has(expr.name)) this.#aliases.set",
      put: 'this.#aliases.set',
      shows: 'a copy of a counter counts on with it',
    },
    {
      name: 'effects-are-shared',
      find: 'else if (!hasEffect(expr)) this.#learnValue',
      put: 'else this.#learnValue',
      shows: 'the second of two equal calls writes no text',
      tests: ['passes/kernel-passes.test', 'kernel/host-ops.test'],
    },
    {
      name: 'set-forgets-nothing',
      find: "if (stmt.kind === 'set') this.#known.changed(stmt.local.name)",
      put: '',
      shows: 'what was made of a counter does not count on with it',
    },
    {
      name: 'changes-of-a-branch-forgotten',
      find: 'for (let i = changes; i < this.#changes.length; i++) this.#forgetDependents(this.#changes[i])',
      put: '',
      shows: 'what a branch stores is read from the old copy behind it',
    },
    {
      name: 'taken-branch-not-walked',
      find: 'if (branch) return this.block(branch)',
      put: 'if (branch) return branch',
      shows: 'what a branch that is taken for certain stores is read from the old copy behind it',
    },
    {
      name: 'loads-depend-on-nothing',
      find: "if (node.kind === 'load') this.#addDependent",
      put: 'if (node !== node) this.#addDependent',
      shows: 'a counter that was read before it was stored is read from the old copy',
    },
    {
      name: 'one-dependent-a-place',
      find: 'if (numbers) numbers.add(number)',
      put: 'if (numbers) return',
      shows: 'what was made of a counter later on does not count on with it',
    },
  ],
}

export const hoist: Room = {
  file: 'compiler/passes/kernel/hoist.ts',
  tests,
  faults: [
    {
      name: 'loads-of-any-row',
      find: "expr.index.kind === 'const' && !effects",
      put: '!effects',
      shows: 'every row is the first one',
    },
    {
      name: 'load-over-a-store',
      find: "expr.index.kind === 'const' && !effects.places.has(placeOf(expr.mem, expr.field))",
      put: "expr.index.kind === 'const'",
      shows: 'counters of the control block stand still',
    },
    {
      name: 'assigned-local',
      find: '!inside.has(expr.name) && !effects.locals.has(expr.name)',
      put: '!inside.has(expr.name)',
      shows: 'what depends on the row number is computed for the first row only',
    },
    {
      name: 'names-clash',
      find: 'for (let n = 2; this.#taken.has(name); n++)',
      put: 'for (let n = 2; n < 2; n++)',
      shows: 'some plans do not compile: a local is defined twice',
    },
  ],
}

export const merge: Room = {
  file: 'compiler/passes/kernel/merge.ts',
  tests,
  faults: [
    {
      name: 'condition-may-change',
      find: 'if (disturbs(effectsOf([...first.then, ...first.else]), first.cond)) return undefined',
      put: '',
      shows: 'a step runs whose condition the step before has made false',
    },
    {
      name: 'joined-behind-a-return',
      find: 'endsControl(first) ? first : [...first, ...second]',
      put: '[...first, ...second]',
      shows: 'some plans do not compile: code that cannot be reached',
    },
  ],
}

export const dce: Room = {
  file: 'compiler/passes/kernel/dce.ts',
  tests,
  faults: [
    {
      name: 'effect-dropped',
      find: 'read.has(stmt.local.name) || hasEffect(stmt.value)',
      put: 'read.has(stmt.local.name)',
      shows: 'a text that is computed is never written',
      tests: ['passes/kernel-passes.test', 'kernel/host-ops.test'],
    },
    {
      name: 'block-of-a-break-dropped',
      find: 'left.has(stmt.label) ? [stmt] : stmt.body',
      put: 'left.has(stmt.label) ? stmt.body : [stmt]',
      shows: 'no plan compiles: a break names no block',
    },
    {
      name: 'else-branch-dropped',
      find: 'doesNothing(stmt.then) && doesNothing(stmt.else)',
      put: 'doesNothing(stmt.then)',
      shows: 'what happens otherwise does not happen',
    },
  ],
}

export const rules: Room = {
  file: 'compiler/passes/kernel/simplify.ts',
  tests,
  faults: [
    {
      name: 'minus-commutes',
      find: '(isZero(b) ? a : undefined)\nconst times',
      put: '(isZero(b) ? a : isZero(a) ? b : undefined)\nconst times',
      shows: '-x is x',
    },
    {
      name: 'or-with-false',
      find: "lattice('or.bool', a, b, false)",
      put: "lattice('or.bool', a, b, true)",
      shows: 'x or false is false',
    },
    {
      name: 'negation-never-overflows',
      find: "'subo.i64': (_a, b) => (isZero(b) ? bool(false) : undefined)",
      put: "'subo.i64': never",
      shows: 'the negated least integer is no fault',
      tests: ['passes/kernel-passes.test', 'frontend/functions.test'],
    },
    {
      name: 'choice-by-not-is-not-turned',
      find: 'cond: cond.args[0], then: otherwise, else: then',
      put: 'cond: cond.args[0], then, else: otherwise',
      shows: 'a CASE over a NOT takes the other branch',
    },
    {
      name: 'zeros-are-one',
      find: 'Object.is(then.value, otherwise.value)',
      put: 'then.value === otherwise.value',
      shows: 'a choice between 0 and -0 is always the first',
    },
    {
      name: 'absorption-by-the-other-op',
      find: 'whole.op === op && whole.args.some',
      put: 'whole.args.some',
      shows: 'x and (x or y) is x or y',
    },
  ],
}

export const exprNumbers: Room = {
  file: 'compiler/passes/kernel/numbers.ts',
  tests,
  faults: [
    {
      name: 'zeros-are-one',
      find: "Object.is(value, -0) ? '-0' : value",
      put: 'value',
      shows: 'one of two expressions with 0 and -0 has the value of the other',
    },
    {
      name: 'fields-are-one',
      find: 'this.#word(expr.field)',
      put: 'this.#word(expr.type)',
      shows: 'one field of an entry has the value of another of its type',
    },
    {
      name: 'types-are-one',
      find: '({ type, value }: Const)',
      put: '({ kind: type, value }: Const)',
      shows: 'some plans do not compile: a choice between longs is one between words',
    },
    {
      name: 'regions-are-one',
      find: 'this.#word(expr.mem.name)',
      put: 'this.#word(expr.mem.role)',
      shows: 'a field of one region has the value of that of another',
    },
    {
      name: 'conditions-are-one',
      find: "this.#pair(this.#word('?'), this.of(expr.cond))",
      put: "this.#word('?')",
      shows: 'of two choices between the same values the second goes as the first',
    },
    {
      name: 'pairs-collide',
      find: 'a * NUMBERS_MAX + b',
      put: 'a + b',
      shows: 'expressions that have nothing in common are taken for one',
    },
  ],
}

export const effects: Room = {
  file: 'ir/kernel/effects.ts',
  tests,
  faults: [
    {
      name: 'words-of-bytes-are-apart',
      find: "mem.role === 'bytes' ?",
      put: "mem.role === 'params' ?",
      shows: 'a text that was written byte by byte is read as the words from before',
    },
    {
      name: 'inner-blocks-do-nothing',
      find: 'visit(block, stmt => {',
      put: 'block.forEach(stmt => {',
      shows: 'what a branch stores is read from the old copy behind it',
    },
    {
      name: 'calls-do-nothing',
      find: "stmt.kind === 'let' && hasEffect(stmt.value) ? effectPlace : undefined",
      put: 'undefined',
      shows: 'the bytes of a computed text are those from before',
    },
  ],
}

export const lawBook: Room = {
  file: 'ir/kernel/verify.ts',
  tests: ['kernel/verify.test'],
  faults: [
    {
      name: 'return-between-apply-and-end',
      find: "if (phase === phaseOrder.apply) this.#fail(5, 'a return",
      put: "if (phase > phaseOrder.emit) this.#fail(5, 'a return",
      shows: 'an operator that counts a row twice after a full output is not found out',
    },
    {
      name: 'store-in-reserve',
      find: "stmt.mem.role === 'state' && phase === phaseOrder.reserve",
      put: "stmt.mem.role === 'state' && phase < phaseOrder.reserve",
      shows: 'an operator that changes state before it returns is not found out',
    },
    {
      name: 'parameters-may-be-stored',
      find: "stmt.mem.role === 'input' || stmt.mem.role === 'params'",
      put: "stmt.mem.role === 'input'",
      shows: 'a kernel that changes its parameters is not found out',
    },
    {
      name: 'continue-is-a-way-out',
      find: 'stmt.label !== label && !inner.includes(stmt.label)',
      put: '!inner.includes(stmt.label)',
      shows: 'a loop that never ends is not found out',
    },
    {
      name: 'boxed-longs',
      find: 'known.loopDepth < this.#loopDepth',
      put: 'known.loopDepth > this.#loopDepth',
      shows: 'a kernel that allocates at each turn is not found out',
    },
    {
      name: 'else-branch-not-read',
      find: 'Math.max(this.#block(stmt.then, phase), this.#block(stmt.else, phase))',
      put: 'this.#block(stmt.then, phase)',
      shows: 'what an else branch does wrong is not found out',
    },
    {
      name: 'jump-between-apply-and-end',
      find: 'if (phase === phaseOrder.apply && target.phase === NO_PHASE)',
      put: 'if (phase > phaseOrder.emit && target.phase === NO_PHASE)',
      shows: 'an operator that leaves its row half done is not found out',
    },
    {
      name: 'block-begins-anew',
      find: '() => this.#block(stmt.body, phase))',
      put: '() => this.#block(stmt.body, NO_PHASE))',
      shows: 'what a block inside of apply does wrong is not found out',
    },
    {
      name: 'loop-begins-anew',
      find: 'const end = this.#block(body, phase)',
      put: 'const end = this.#block(body, NO_PHASE)',
      shows: 'what a loop inside of apply does wrong is not found out',
    },
    {
      name: 'local-outlives-its-block',
      find: 'for (const known of defined) known.isHere = false',
      put: '',
      shows: 'a pass that uses what a branch computed behind it is not found out',
    },
    {
      name: 'label-outlives-its-block',
      find: "this.#labels.set(label, { kind: 'left', phase })",
      put: '',
      shows: 'a break of a loop that is behind it is not found out',
    },
  ],
}
