/** Compiled aggregates mean what their functions mean in JavaScript, run over the rows one after the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThisContext } from 'node:vm'
import fc from 'fast-check'
import { compileFold, type FoldFunctions } from '../../../compiler/frontend/lambda/fold.ts'
import { MillraceError } from '../../../ir/errors.ts'
import { canFault } from '../../../ir/expr/can-fault.ts'
import type { Contribution } from '../../../ir/expr/contributions.ts'
import { RowFault, type Value } from '../../../ir/expr/expr.ts'
import { type Fold, foldResult, foldRows, printFold } from '../../../ir/expr/fold.ts'
import type { DataType } from '../../../ir/types.ts'
import { type FoldTexts, foldArgs, foldBodies, foldInit, foldRows as rowsOfArgs } from '../../gen/lambdas.ts'
import { functionOf } from '../../support/lambda-schema.ts'
import { runs } from '../../support/runs.ts'

const RUNS = runs(1_500)

type State = Readonly<Record<string, unknown>>
type Outcome = { readonly value: unknown } | 'fault'

/** A bigint that leaves int64. */
class Overflow extends Error {}

function fitsInt64(value: unknown): unknown {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) throw new Overflow()
  return value
}

function tried(work: () => unknown): Outcome {
  try {
    return { value: work() ?? null }
  } catch (error) {
    const isExpected = error instanceof Overflow || error instanceof RowFault
    // Errors of the other context are not instances of this one's classes.
    if (isExpected || ['TypeError', 'RangeError'].includes((error as Error).name)) return 'fault'
    throw error
  }
}

/** What is undefined is null in a state. */
const normal = (state: unknown): State =>
  Object.fromEntries(Object.entries(state as State).map(([name, value]) => [name, value ?? null]))

function oracleOf({ add, merge, result }: FoldTexts) {
  const fn = (params: string, { oracle }: { readonly oracle: string }) =>
    runInThisContext(`(${params}, $) => ${oracle}`) as (...args: readonly unknown[]) => unknown
  const [adds, merges, results] = [fn('s, x, y, z, w', add), fn('a, b', merge), fn('s', result)]
  return {
    add: (state: State, row: readonly Value[]) => normal(adds(state, ...row, fitsInt64)),
    merge: (a: State, b: State) => normal(merges(a, b, fitsInt64)),
    result: (state: State) => results(state, fitsInt64),
  }
}

function compiled({ add, merge, result }: FoldTexts): Fold | undefined {
  const functions: FoldFunctions = {
    init: () => foldInit,
    add: functionOf(`(s, x, y, z, w) => ${add.source}`),
    merge: functionOf(`(a, b) => ${merge.source}`),
    result: functionOf(`s => ${result.source}`),
  }
  try {
    return compileFold(functions, foldArgs)
  } catch (error) {
    if (
      error instanceof MillraceError &&
      ['LDB-1001', 'LDB-1003', 'LDB-1200', 'LDB-1201'].includes(error.code)
    )
      return undefined
    throw error
  }
}

const asRow = (values: readonly Value[], ...parts: readonly string[]): Contribution => ({
  values,
  time: 0n,
  lane: 0,
  parts,
})

/** The rows that the oracle takes, and its state behind them; the compiled aggregate refuses the same ones. */
function takeAll(fold: Fold, oracle: ReturnType<typeof oracleOf>, rows: readonly (readonly Value[])[]) {
  let state: State = normal(foldInit)
  const taken: Contribution[] = []
  for (const row of rows.filter(one => !one.includes(null))) {
    const next = tried(() => oracle.add(state, row))
    const ours = tried(() => foldRows(fold, foldArgs, [...taken, asRow(row)]))
    assert.equal(ours === 'fault', next === 'fault', `${printFold(fold)}\n on ${row.map(String).join()}`)
    if (next === 'fault') continue
    state = next.value as State
    taken.push(asRow(row))
    assert.deepEqual(ours, { value: Object.values(state) }, printFold(fold))
  }
  return { state, taken }
}

test('random aggregates mean what JavaScript means', () => {
  let accepted = 0
  fc.assert(
    fc.property(foldBodies, rowsOfArgs, rowsOfArgs, (bodies, first, second) => {
      const fold = compiled(bodies)
      if (!fold) return
      accepted++
      const oracle = oracleOf(bodies)
      const [a, b] = [first, second].map(rows => takeAll(fold, oracle, rows))
      assert.deepEqual(
        tried(() => foldResult(fold, Object.values(a.state) as readonly Value[])),
        tried(() => oracle.result(a.state)),
        printFold(fold),
      )
      if (a.taken.length === 0 || b.taken.length === 0) return
      const rows = [...a.taken, ...b.taken.map(({ values }) => asRow(values, 'b'))]
      assert.deepEqual(
        tried(() => foldRows(fold, foldArgs, rows)),
        mapOutcome(tried(() => oracle.merge(a.state, b.state))),
        printFold(fold),
      )
    }),
    { numRuns: RUNS },
  )
  assert.ok(accepted > RUNS / 5, `only ${accepted} of ${RUNS} were accepted`)
})

const mapOutcome = (outcome: Outcome): Outcome =>
  outcome === 'fault' ? outcome : { value: Object.values(outcome.value as State) }

/** What becomes of a field of each state: its type, and whether it may be null. */
const typesOf = ({ state }: Fold): readonly string[] =>
  state.map(({ type, nullable }) => `${type}${nullable ? '?' : ''}`)

const foldOf = (add: string, init: unknown, types: readonly DataType[] = [], result = '() => 1'): Fold =>
  compileFold({ init: () => init as object, add: functionOf(add), result: functionOf(result) }, types)

test('a field that is null at first gets its type from what is made of it, through others too', () => {
  const add = '(s, x) => ({ last: s.now, now: s.now === null ? x : x + s.now })'
  assert.deepEqual(typesOf(foldOf(add, { last: null, now: null }, ['int32'])), ['float64?', 'float64?'])
})

test('behind a test for null a field that is null at first is what it is by then', () => {
  const adds: readonly (readonly [add: string, type: DataType])[] = [
    ['(s, x) => ({ b: s.b === null || x > s.b ? x : s.b })', 'utf8'],
    ['(s, x) => ({ b: s.b !== null && x < s.b ? s.b : x })', 'utf8'],
    ['(s, x) => ({ b: s.b === null ? x : s.b + x })', 'int64'],
    ['(s, x) => ({ b: s.b && s.b.length > 3 ? s.b.slice(1) : x })', 'utf8'],
    ['(s, x) => { if (s.b === null) return { b: x }; return { b: s.b * x } }', 'int64'],
    ['(s, x) => ({ b: Math.max(s.b ?? -Infinity, x) })', 'float64'],
  ]
  for (const [add, type] of adds) assert.deepEqual(typesOf(foldOf(add, { b: null }, [type])), [`${type}?`])
})

test('faults of what is not used are met by a field that is not always null', () => {
  const unused = (state: string): string => `(s, x) => { const unused = 10n / x; return ${state} }`
  const { add } = foldOf(unused('{ a: null, n: 1 }'), { a: 0, n: 0 }, ['int64'])
  assert.deepEqual(add.map(canFault), [false, true])
  const error = refusalOf(() => foldOf(unused('{ a: null, n: null }'), { a: 0, n: 0 }, ['int64']))
  assert.match(error.message, /beside nulls/)
})

test('a field may be null where any function says so', () => {
  const init = { n: 0, b: 0n, t: '', k: false }
  assert.deepEqual(typesOf(foldOf('s => s', init)), ['float64', 'int64', 'utf8', 'bool'])
  const add = '(s, x) => ({ ...s, b: x > 1 ? null : 7n, t: s.b === null ? undefined : s.t })'
  assert.deepEqual(typesOf(foldOf(add, init, ['float64'])), ['float64', 'int64?', 'utf8?', 'bool'])
})

test('what merge makes null is null in the state', () => {
  const fold = compileFold(
    {
      init: () => ({ n: 0 }),
      add: functionOf('s => s'),
      merge: functionOf('(a, b) => ({ n: a.n > b.n ? null : b.n })'),
      result: functionOf('s => s.n'),
    },
    [],
  )
  assert.deepEqual(typesOf(fold), ['float64?'])
  assert.equal(fold.result.nullable, true)
})

test('numbers of any column become doubles, and timestamps bigints', () => {
  const add = '(s, x, day, at) => ({ x: day > 3 ? x : day, at })'
  const fold = foldOf(add, { x: 0, at: 0n }, ['uint8', 'date', 'timestamp[ms]'])
  assert.deepEqual(typesOf(fold), ['float64', 'int64'])
})

type Refused = readonly [add: string, code: string, slice: string, says: RegExp]

const refused: readonly Refused[] = [
  ['(s, x) => ({ n: s.m + x })', 'LDB-1100', 'm', /no field of the state 'm'/],
  ['(s, x) => ({ n: s.n + x * rate })', 'LDB-1003', 'rate', /captured[\s\S]*as an argument of `add`/],
  ['(s, x) => ({ m: x })', 'LDB-1003', 'x', /no field 'm'[\s\S]*init/],
  ['(s, x) => ({})', 'LDB-1003', '{}', /field 'n' of the state is missing/],
  ['(s, x) => x', 'LDB-1003', 'x', /must be an object/],
  ['(s, x) => ({ n: String(x) })', 'LDB-1200', 'String(x)', /is a number, and here a string/],
  ['(s, x) => ({ n: x > 1 ? 1n : 1 })', 'LDB-1200', 'x > 1 ? 1n : 1', /bigint or number/],
  ['(s, x, y) => ({ n: y })', 'LDB-1003', 'y', /not given so many arguments/],
  ['(s, { x }) => ({ n: x })', 'LDB-1003', '{ x }', /single value/],
  ['(s, x = 1) => ({ n: x })', 'LDB-1003', 'x = 1', /default/],
  ['(s, ...xs) => s', 'LDB-1003', '...xs', /single value/],
  ['(s, x) => { s = x; return s }', 'LDB-1003', 's', /assigned/],
  ['(s, x) => ({ n: s })', 'LDB-1003', 's', /whole state[\s\S]*s\.n/],
  ['(s, x) => ({ n: s[x] })', 'LDB-1003', 'x', /which field/],
  ['(s, x) => { for (;;) {} }', 'LDB-1003', 'for (;;) {}', /loops/],
]

function refusalOf(compile: () => unknown): MillraceError {
  try {
    compile()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('it was compiled')
}

for (const [add, code, slice, says] of refused) {
  test(`${add}  -> ${code}`, () => {
    const error = refusalOf(() => foldOf(add, { n: 0 }, ['float64']))
    assert.equal(error.code, code, error.message)
    assert.equal(error.span?.text, add)
    assert.equal(error.span?.text.slice(error.span.start, error.span.end), slice)
    assert.match(error.message, says)
  })
}

test('states and results that have no type, or another than these, are refused', () => {
  const initials: readonly (readonly [unknown, RegExp])[] = [
    [7, /no object/],
    [[1], /no object/],
    [null, /no object/],
    [{ n: [1] }, /an array/],
    [{ n: undefined }, /undefined/],
    [{ n: new Date(0) }, /object/],
    [{ n: 1n << 63n }, /int64/],
    [{ n: '\ud800' }, /well-formed/],
    [{ n: null }, /always null/],
  ]
  for (const [init, says] of initials) {
    const error = refusalOf(() => foldOf('s => s', init))
    assert.equal(error.code, 'LDB-1200')
    assert.match(error.message, says)
  }
  const texts = refusalOf(() => foldOf('s => s', { t: '' }, [], 's => s.t.trim() === "a"'))
  assert.equal(texts.code, 'LDB-1001')
  assert.match(texts.message, /result makes a text/)
  for (const result of [
    's => null',
    's => (s.n > 1 ? 1 : "a")',
    '(s, x) => s.n',
    's => s',
    's => ({ n: s.n })',
  ])
    assert.match(refusalOf(() => foldOf('s => s', { n: 0 }, ['float64'], result)).code, /LDB-1003|LDB-1200/)
  assert.match(refusalOf(() => foldOf('(s, x) => ({ n: x })', { n: null }, ['binary'])).message, /bytes/)
})
