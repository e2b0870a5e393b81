/** Random aggregates of the user's own, as expressions: what arrow functions are compiled to, and more. */
import fc from 'fast-check'
import { type Aggregate, aggregateOver } from '../../ir/expr/aggregates.ts'
import { call } from '../../ir/expr/build.ts'
import { type Expr, type Literal, literal, nullOf, rewrite } from '../../ir/expr/expr.ts'
import { type Fold, makesText, type StateField, scopesOf, sideName, stateName } from '../../ir/expr/fold.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, dataTypes, isBytes } from '../../ir/types.ts'
import { exprOf } from './exprs.ts'
import { valuesOf } from './values.ts'

type Arb<T> = fc.Arbitrary<T>

const DEPTH = 1

const fieldOf = (name: string): Arb<StateField> =>
  fc
    .tuple(fc.constantFrom('float64', 'int64', 'int64', 'utf8', 'utf8', 'bool'), fc.boolean())
    .chain(([type, nullable]) => initialOf(type, nullable).map(init => ({ name, type, nullable, init })))

const initialOf = (type: DataType, nullable: boolean): Arb<Literal> =>
  fc.oneof(
    valuesOf(type).map(value => literal(value, type)),
    ...(nullable ? [fc.constant(nullOf(type))] : []),
  )

/** An aggregate reads no parameters. */
const withoutParams = (expr: Expr): Expr =>
  rewrite(expr, one => (one.kind === 'param' ? (constants.get(one.type)?.(one.nullable) ?? one) : one))

const constants = new Map(
  dataTypes.map(type => {
    const [value] = fc.sample(valuesOf(type), { numRuns: 1, seed: 1 })
    return [type as DataType, (nullable: boolean): Expr => (nullable ? nullOf(type) : literal(value, type))]
  }),
)

const exprOn = (type: DataType, scope: Schema): Arb<Expr> => exprOf(type, scope, DEPTH).map(withoutParams)

/** What a field that is never null becomes. */
const fitting = ({ type, nullable, init }: StateField, expr: Expr): Expr =>
  nullable || !expr.nullable ? expr : call('coalesce', expr, literal(init.value, type))

const ref = ({ name, type, nullable }: Column): Expr => ({ kind: 'column', name, type, nullable })

/** A text stays or is another one: what is made of it again and again would grow beyond all limits. */
function textOn(field: StateField, scope: Schema): Arb<Expr> {
  const others = scope.filter(({ name, type }) => !isBytes(type) || !name.startsWith(stateName('')))
  const kept = ref({ ...field, name: stateName(field.name) })
  return fc
    .tuple(exprOn('bool', scope), exprOn('utf8', others), fc.boolean())
    .map(([test, text, isChosen]) => (isChosen ? call('case', test, text, kept) : text))
}

const stepOf = (state: readonly StateField[], scope: Schema): Arb<readonly Expr[]> =>
  fc.tuple(
    ...state.map(field =>
      (field.type === 'utf8' ? textOn(field, scope) : exprOn(field.type, scope)).map(expr =>
        fitting(field, expr),
      ),
    ),
  )

/** One side or the other, where it must be one of both; else anything. */
function mergedOf(state: readonly StateField[], scope: Schema): Arb<readonly Expr[]> {
  const sides = (field: StateField): readonly Expr[] =>
    (['a', 'b'] as const).map(side => ref({ ...field, name: sideName(side, field.name) }))
  const chosen = (field: StateField): Arb<Expr> =>
    exprOn('bool', scope).map(test => {
      const [a, b] = sides(field)
      return call('case', makesText(test) ? literal(false, 'bool') : test, a, b)
    })
  const merged = (field: StateField): Arb<Expr> =>
    fc.oneof(
      chosen(field),
      ...(isBytes(field.type) ? [] : [exprOn(field.type, scope).map(expr => fitting(field, expr))]),
    )
  return fc.tuple(
    ...state.map(field => merged(field).map(expr => (makesText(expr) ? sides(field)[1] : expr))),
  )
}

const resultOf = (state: readonly StateField[], scope: Schema): Arb<Expr> =>
  fc
    .constantFrom(...state)
    .chain(({ name, type, nullable }) =>
      exprOn(type, scope).map(
        (expr): Expr => (makesText(expr) ? { kind: 'column', name: stateName(name), type, nullable } : expr),
      ),
    )

function definitionOf(argTypes: readonly DataType[], isChangelog: boolean): Arb<Fold> {
  const states = fc
    .integer({ min: 1, max: 3 })
    .chain(count => fc.tuple(...Array.from({ length: count }, (_, i) => fieldOf(`f${i}`))))
  return states.chain(state => {
    const scopes = scopesOf({ state }, argTypes)
    return fc.record(
      {
        state: fc.constant(state),
        add: stepOf(state, scopes.add),
        merge: mergedOf(state, scopes.merge),
        remove: isChangelog ? stepOf(state, scopes.remove) : fc.constant(undefined),
        result: resultOf(state, scopes.result),
      },
      { noNullPrototype: true },
    )
  })
}

/** A call over some arguments, of which those that a condition leaves out are null. */
export const foldsOver = (
  args: Arb<readonly Expr[]>,
  where: Arb<Expr | undefined>,
  isChangelog: boolean,
): Arb<Aggregate> =>
  fc.tuple(args, where).chain(([exprs, cond]) =>
    definitionOf(
      exprs.map(({ type }) => type),
      isChangelog,
    ).map(fold => aggregateOver({ fn: 'fold', fold }, cond ? filteredBy(exprs, cond) : exprs)),
  )

const filteredBy = (args: readonly Expr[], cond: Expr): readonly Expr[] =>
  (args.length > 0 ? args : [literal(true, 'bool')]).map(arg => call('case', cond, arg, nullOf(arg.type)))
