/**
 * Every function of the function table on edge values: kernels say on every back end what `evaluate` says. Which
 * argument types a function takes is found by asking it.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { MillraceError } from '../../ir/errors.ts'
import { call, cast } from '../../ir/expr/build.ts'
import { canFault } from '../../ir/expr/can-fault.ts'
import { isCastable } from '../../ir/expr/cast.ts'
import { type Expr, literal, type Value, visit } from '../../ir/expr/expr.ts'
import { type FunctionName, functionNames, functionRow } from '../../ir/expr/functions/index.ts'
import { extractFields, truncUnits } from '../../ir/expr/functions/time.ts'
import { printExpr } from '../../ir/expr/print.ts'
import { parsePattern } from '../../ir/expr/regexp/parse.ts'
import type { Schema } from '../../ir/schema.ts'
import { type DataType, dataTypes } from '../../ir/types.ts'
import { timeFormats } from '../gen/calls.ts'
import { backends, type TestBackend } from '../support/backends.ts'
import { ExprKernel, isSameOutcome, type Outcome, outcomeOf, type Row } from '../support/expr-kernel.ts'
import { isQuick } from '../support/runs.ts'
import { valueEdges } from '../support/value-edges.ts'

after(closeNativeCompiler)

/** Expressions over columns of one list of types, and the rows they run on. */
interface Group {
  readonly columns: Schema
  readonly exprs: readonly Expr[]
  readonly rows: readonly Row[]
}

/** Combinations of edge values are thinned to about this many rows. */
const ROWS_MAX = 200

const edgesOf = (type: DataType): readonly Value[] => valueEdges.get(type) ?? []

function rowsOf(types: readonly DataType[]): readonly Row[] {
  const all = types.reduce<Row[]>(
    (rows, type) => rows.flatMap(row => edgesOf(type).map(value => [...row, value])),
    [[]],
  )
  // A step that shares no factor with the lengths of the lists meets all values of each.
  const step = Math.max(1, Math.floor(all.length / ROWS_MAX)) | 1
  return all.filter((_, i) => i % step === 0)
}

const columnsOf = (types: readonly DataType[]): Schema =>
  types.map((type, i) => ({ name: `c${i}`, type, nullable: true }))

/** The expression, or undefined where the types do not fit. */
function attempt(build: () => Expr): Expr | undefined {
  try {
    return build()
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'LDB-1200') return undefined
    throw error
  }
}

function groupOf(
  types: readonly DataType[],
  made: (args: readonly Expr[]) => readonly (Expr | undefined)[],
): Group {
  const columns = columnsOf(types)
  const args = columns.map(({ name, type, nullable }): Expr => ({ kind: 'column', name, type, nullable }))
  return { columns, exprs: made(args).filter(expr => expr !== undefined), rows: rowsOf(types) }
}

const everyCall = (args: readonly Expr[]): readonly (Expr | undefined)[] =>
  functionNames.map(name => attempt(() => call(name, ...args)))

const named = (fn: FunctionName, names: readonly string[], arg: Expr): readonly (Expr | undefined)[] =>
  names.map(name => attempt(() => call(fn, literal(name, 'utf8'), arg)))

const patterns = ['', 'a', '(a)|(b)', '^(.)(.*)$', '(\\w+?)(\\W*)', '[^a]+', '(?:[α-ω]|日)+'] as const

const patternCalls = (arg: Expr): readonly (Expr | undefined)[] =>
  patterns.flatMap(text => {
    const pattern = literal(text, 'utf8')
    const groups = Array.from({ length: parsePattern(text).groups + 1 }, (_, group) =>
      attempt(() => call('regexp_extract', arg, pattern, literal(BigInt(group), 'int64'))),
    )
    return [attempt(() => call('regexp_matches', arg, pattern)), ...groups]
  })

function unary(type: DataType): Group {
  return groupOf([type], ([arg]) => [
    ...everyCall([arg]),
    ...dataTypes.filter(to => isCastable(type, to)).flatMap(to => [cast(arg, to), cast(arg, to, true)]),
    ...named('date_trunc', truncUnits, arg),
    ...named('extract', extractFields, arg),
    ...timeFormats.map(format => attempt(() => call('date_format', arg, literal(format, 'utf8')))),
    ...patternCalls(arg),
  ])
}

const mixed: readonly (readonly DataType[])[] = [
  ['int32', 'float64'],
  ['int64', 'int32'],
  ['uint32', 'int8'],
  ['float32', 'float64'],
  ['int64', 'float64'],
  ['timestamp[ms]', 'timestamp[us]'],
  ['timestamp[s]', 'date'],
  ['timestamp[ns]', 'int64'],
  ['utf8', 'float64'],
  ['utf8', 'int64'],
  ['decimal(6,2)', 'decimal(18,3)'],
  ['decimal(6,2)', 'int16'],
  ['decimal(18,3)', 'int8'],
  ['decimal(6,2)', 'float64'],
]

const wide: readonly (readonly DataType[])[] = [
  ['bool', 'bool', 'bool'],
  ['bool', 'float64', 'float64'],
  ['bool', 'int64', 'int64'],
  ['bool', 'utf8', 'utf8'],
  ['bool', 'int32', 'float64'],
  ['float64', 'float64', 'float64'],
  ['int64', 'int64', 'int64'],
  ['utf8', 'utf8', 'utf8'],
  ['utf8', 'int32', 'int32'],
  ['utf8', 'float64', 'float64'],
  ['utf8', 'utf8', 'int8'],
]

const groups: readonly Group[] = [
  ...dataTypes.map(unary),
  ...[...dataTypes.map(type => [type, type]), ...mixed, ...wide].map(types => groupOf(types, everyCall)),
].filter(group => group.exprs.length > 0)

function isHosted(expr: Expr): boolean {
  let hosted = false
  visit(expr, one => {
    if (one.kind === 'call' && functionRow(one.fn).host) hosted = true
  })
  return hosted
}

/** A group, and what its expressions mean on its rows. */
interface Suite extends Group {
  readonly lenient: boolean
  readonly wanted: readonly (readonly Outcome[])[]
}

function suiteOf(group: Group, lenient: boolean): Suite {
  const { columns, rows } = group
  // Only what can fault has another meaning in a lenient plan.
  const exprs = lenient ? group.exprs.filter(canFault) : group.exprs
  const wanted = exprs.map(expr => rows.map(row => outcomeOf(expr, columns, row, {}, lenient)))
  return { columns, rows, exprs, lenient, wanted }
}

const suites = [false, true].flatMap(lenient => groups.map(group => suiteOf(group, lenient)))

async function check(backend: TestBackend, { columns, exprs, rows, lenient, wanted }: Suite): Promise<void> {
  const tried = backend.name === 'native' ? exprs.filter(expr => !isHosted(expr)) : exprs
  if (tried.length === 0) return
  const options = { lenient, unoptimised: backend.name === 'interp' }
  const outcomes = await new ExprKernel(columns, tried, rows.length, options).run(backend, rows)
  exprs.forEach((expr, e) => {
    const at = tried.indexOf(expr)
    if (at < 0) return
    rows.forEach((row, i) => {
      if (isSameOutcome(outcomes[i][at], wanted[e][i])) return
      assert.deepEqual(outcomes[i][at], wanted[e][i], `${printExpr(expr)} on (${row.map(show).join(', ')})`)
    })
  })
}

const show = (value: Value): string =>
  Object.is(value, -0) ? '-0' : typeof value === 'string' ? JSON.stringify(value) : String(value)

test('the generated cases reach every function', () => {
  const reached = new Set<string>()
  for (const { exprs } of groups) {
    for (const expr of exprs) visit(expr, one => one.kind === 'call' && reached.add(one.fn))
  }
  assert.deepEqual(
    functionNames.filter(name => !reached.has(name)),
    [],
  )
})

/** Types whose kernels differ from those of another type only in constants. */
const variants: ReadonlySet<DataType> = new Set([
  'int8',
  'int16',
  'uint8',
  'uint16',
  'timestamp[s]',
  'timestamp[us]',
  'timestamp[ns]',
])

/** Native code takes long to make: not for lenient plans, whose ops are the same, nor for pairs of such types. */
const isTried = (backend: TestBackend, { lenient, columns }: Suite): boolean =>
  backend.name !== 'native' ||
  (!lenient && (columns.length === 1 || columns.some(({ type }) => !variants.has(type))))

for (const backend of backends) {
  const skip = isQuick && backend.name === 'native' && 'each function takes a compilation'
  test(`every function on edge values: ${backend.name}`, { skip }, async () => {
    for (const suite of suites) if (isTried(backend, suite)) await check(backend, suite)
  })
}
