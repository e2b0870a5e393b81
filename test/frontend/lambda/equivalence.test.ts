/** A compiled function means what JavaScript means by it: on every row the same value, a fault where it throws. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThisContext } from 'node:vm'
import fc from 'fast-check'
import {
  compilePredicate,
  compileProjection,
  type RowFunction,
} from '../../../compiler/frontend/lambda/index.ts'
import { MillraceError } from '../../../ir/errors.ts'
import type { Expr, Value } from '../../../ir/expr/expr.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import {
  lambdaColumns,
  lambdaParams,
  lambdaRows,
  predicateBodies,
  projectionBodies,
  type Text,
} from '../../gen/lambdas.ts'
import { backends } from '../../support/backends.ts'
import {
  ExprKernel,
  isSameOutcome,
  isSameValue,
  type Outcome,
  outcomeOf,
  type Row,
} from '../../support/expr-kernel.ts'
import { runs } from '../../support/runs.ts'

const RUNS = runs(2_000)
const KERNEL_RUNS = runs(120)
const ROWS = 8
const rows = fc.array(lambdaRows, { minLength: ROWS, maxLength: ROWS })

/** A bigint that leaves int64. */
class Overflow extends Error {}

function fitsInt64(value: unknown): unknown {
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) throw new Overflow()
  return value
}

type Oracle = (row: object, params: object, check: typeof fitsInt64) => unknown

/** What JavaScript says; `fault` where it throws. */
function oracleOf({ oracle }: Text, read: (result: unknown) => unknown): (row: Row) => Outcome {
  const fn = runInThisContext(`(f, p, $) => ${oracle}`) as Oracle
  return row => {
    const f = Object.fromEntries(lambdaColumns.map(({ name }, i) => [name, row[i]]))
    try {
      return { value: (read(fn(f, lambdaParams, fitsInt64)) ?? null) as Value, faults: [] }
    } catch (error) {
      // Errors of the other context are not instances of this one's classes.
      const expected = ['TypeError', 'RangeError'].includes((error as Error).name)
      if (expected || error instanceof Overflow) return { value: null, faults: ['thrown'] }
      throw error
    }
  }
}

const isSame = (a: Outcome, b: Outcome): boolean =>
  a.faults.length > 0 || b.faults.length > 0
    ? a.faults.length > 0 && b.faults.length > 0
    : isSameValue(a.value, b.value)

interface Compiled {
  readonly expr: Expr
  readonly oracle: (row: Row) => Outcome
}

/** undefined where the function is refused, with a code that says why. */
function compiled(
  body: Text,
  compile: (fn: RowFunction) => Expr,
  read: (result: unknown) => unknown,
): Compiled | undefined {
  const fn = runInThisContext(`(f, p) => ${body.source}`) as RowFunction
  try {
    return { expr: compile(fn), oracle: oracleOf(body, read) }
  } catch (error) {
    if (error instanceof MillraceError && ['LDB-1003', 'LDB-1200', 'LDB-1201'].includes(error.code))
      return undefined
    throw error
  }
}

const asPredicate = (body: Text): Compiled | undefined =>
  compiled(body, fn => compilePredicate(fn, lambdaColumns, lambdaParams), Boolean)
const asProjection = (body: Text): Compiled | undefined =>
  compiled(
    body,
    fn => compileProjection(fn, lambdaColumns, lambdaParams)[0].expr,
    result => (result as { x: unknown }).x,
  )

const show = (row: Row): string => lambdaColumns.map(({ name }, i) => `${name}=${String(row[i])}`).join(' ')

function checkMeaning({ expr, oracle }: Compiled, row: Row): void {
  const want = oracle(row)
  const got = outcomeOf(expr, lambdaColumns, row, lambdaParams)
  assert.ok(
    isSame(got, want),
    `${printExpr(expr)}\n on ${show(row)}\n is ${inspect(got)}, not ${inspect(want)}`,
  )
}

const inspect = ({ value, faults }: Outcome): string =>
  faults.length > 0 ? faults.join() : Object.is(value, -0) ? '-0' : `${typeof value} ${String(value)}`

for (const [what, bodies, compile] of [
  ['predicates', predicateBodies, asPredicate],
  ['projections', projectionBodies, asProjection],
] as const) {
  test(`random ${what} mean what JavaScript means`, () => {
    let accepted = 0
    fc.assert(
      fc.property(bodies, rows, (body, some) => {
        const one = compile(body)
        if (!one) return
        accepted++
        for (const row of some) checkMeaning(one, row)
      }),
      { numRuns: RUNS },
    )
    assert.ok(accepted > RUNS / 3, `only ${accepted} of ${RUNS} were accepted`)
  })
}

const kernelBackends = backends.filter(backend => backend.name !== 'native')

test('kernels of random functions do what the functions mean', async () => {
  const all = fc.oneof(predicateBodies.map(asPredicate), projectionBodies.map(asProjection))
  await fc.assert(
    fc.asyncProperty(all, rows, async (one, some) => {
      if (!one) return
      for (const backend of kernelBackends) {
        const kernel = new ExprKernel(lambdaColumns, [one.expr], ROWS)
        const outcomes = await kernel.run(backend, some, lambdaParams)
        some.forEach((row, i) => {
          const want = outcomeOf(one.expr, lambdaColumns, row, lambdaParams)
          assert.ok(
            isSameOutcome(outcomes[i][0], want),
            `${backend.name}: ${printExpr(one.expr)}\n on ${show(row)}`,
          )
        })
      }
    }),
    { numRuns: KERNEL_RUNS },
  )
})
