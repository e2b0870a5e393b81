/**
 * Aggregates of the user's own: a state of a few values, and expressions for what becomes of it. They read the fields of a
 * state and the arguments of a row as columns under the names given here, and nothing else: no column of the plan, no
 * parameter. All fields are computed from the state before.
 */
import { MillraceError } from '../errors.ts'
import { type Column, findColumn, type Schema } from '../schema.ts'
import { type DataType, isBytes } from '../types.ts'
import { canFault } from './can-fault.ts'
import { type Contribution, fold as foldParts } from './contributions.ts'
import { evaluate } from './evaluate.ts'
import { columnsOf, type Expr, type Literal, type Value, visit } from './expr.ts'
import type { FunctionName } from './functions/index.ts'
import { printExpr, printName } from './print.ts'

/** A field of the state, and what it is before the first row. */
export interface StateField extends Column {
  readonly init: Literal
}

/** One expression for each field. */
type Step = readonly Expr[]

export interface Fold {
  readonly state: readonly StateField[]
  /** The state behind a row. */
  readonly add: Step
  /** The state of the rows of two states, those of `b` behind those of `a`; both have rows. */
  readonly merge: Step | undefined
  /** The state without a row that it has. */
  readonly remove: Step | undefined
  readonly result: Expr
}

/** The definition that a call has. */
export function foldOf({ fold }: { readonly fold: Fold | undefined }): Fold {
  if (!fold) throw new Error('an aggregate without its definition')
  return fold
}

/** Fields that a state may have. */
export const STATE_FIELDS_MAX = 32

export const stateName = (field: string): string => `state_${field}`
export const argName = (number: number): string => `arg_${number}`
/** The fields of the two states that are merged. */
export const sideName = (side: 'a' | 'b', field: string): string => `${side}_${field}`

const stateOf = ({ state }: Pick<Fold, 'state'>, nameOf = stateName): Schema =>
  state.map(({ name, type, nullable }) => ({ name: nameOf(name), type, nullable }))

const argsOf = (types: readonly DataType[]): Schema =>
  types.map((type, i) => ({ name: argName(i), type, nullable: false }))

/** What each of the functions may read. */
export const scopesOf = (fold: Pick<Fold, 'state'>, argTypes: readonly DataType[]) => {
  const row = [...stateOf(fold), ...argsOf(argTypes)]
  const sides = (['a', 'b'] as const).flatMap(side => stateOf(fold, field => sideName(side, field)))
  return { add: row, remove: row, merge: sides, result: stateOf(fold) }
}

const stepsOf = ({ add, merge = [], remove = [], result }: Fold) => ({ add, remove, merge, result: [result] })

/** Can a row be refused, or a result? */
export const canFoldFault = (fold: Fold): boolean => Object.values(stepsOf(fold)).flat().some(canFault)

/** Throws LDB-1001 where a definition cannot be run; what the constructors of expressions leave open is a fault of ours. */
export function checkFold(fold: Fold, argTypes: readonly DataType[]): void {
  const { state, add, merge = add, remove = add } = fold
  if (state.length === 0 || state.length > STATE_FIELDS_MAX)
    throw refusal(`a state of ${state.length} fields; 1 to ${STATE_FIELDS_MAX} are possible`)
  for (const step of [add, merge, remove]) checkStep(fold, step)
  const scopes = scopesOf(fold, argTypes)
  for (const [name, exprs] of Object.entries(stepsOf(fold))) {
    const scope = scopes[name as keyof typeof scopes]
    const unknown = columnsOf(exprs).find(column => !findColumn(scope, column))
    if (unknown !== undefined) throw new Error(`${name} of an aggregate reads ${unknown}`)
  }
  checkTexts(fold)
}

/** Where states are merged and read there is no room for new texts. */
function checkTexts({ merge = [], result }: Fold): void {
  const reasons = [...merge.map(expr => refusedText(expr, 'merge')), refusedText(result, 'result')]
  const reason = reasons.find(one => one !== undefined)
  if (reason !== undefined) throw refusal(reason, TEXT_ADVICE)
}

/** Why an expression cannot stand there, if it cannot. */
export function refusedText(expr: Expr, where: 'merge' | 'result'): string | undefined {
  if (makesText(expr)) return `${where} makes a text`
  const isOther = where === 'merge' && isBytes(expr.type) && !isKept(expr)
  return isOther ? 'merge gives a text that neither state has' : undefined
}

export const TEXT_ADVICE =
  'choose between texts that the state has; make texts in `add`, or of what comes out'

const refusal = (reason: string, fix = 'keep less, or use several aggregates'): MillraceError =>
  new MillraceError('LDB-1001', `an aggregate of your own: ${reason}`, { fix })

function checkStep({ state }: Fold, step: Step): void {
  const isFitting = ({ type, nullable }: StateField, i: number): boolean =>
    step[i]?.type === type && (nullable || !step[i].nullable)
  if (step.length !== state.length || !state.every(isFitting))
    throw new Error('the functions of an aggregate give other fields than its state has')
}

/** What gives one of its arguments as it is. */
const choosers: ReadonlySet<FunctionName> = new Set([
  'case',
  'coalesce',
  'nullif',
  'js_require',
  'js_sequence',
])

/** Does an expression need room for a text? */
export function makesText(expr: Expr): boolean {
  let found = false
  visit(expr, node => {
    if (!isBytes(node.type) || node.kind === 'column' || node.kind === 'literal') return
    if (node.kind !== 'call' || !choosers.has(node.fn)) found = true
  })
  return found
}

/** Is a text surely one that a column has? */
function isKept(expr: Expr): boolean {
  if (expr.kind === 'call') return expr.args.every(arg => !isBytes(arg.type) || isKept(arg))
  return expr.kind === 'column' || (expr.kind === 'literal' && expr.value === null)
}

export const printFold = (fold: Fold): string => `${printSteps(fold)}; result ${printExpr(fold.result)}`

/** The state and what becomes of it, whatever is made of that. */
export function printSteps({ state, add, merge, remove }: Fold): string {
  const step = (name: string, exprs: Step | undefined): readonly string[] => {
    const fields = exprs?.map((expr, i) => `${printName(state[i].name)}: ${printExpr(expr)}`)
    return fields ? [`${name} {${fields.join(', ')}}`] : []
  }
  const fields = state.map(
    ({ name, type, nullable, init }) =>
      `${printName(name)} ${type}${nullable ? '?' : ''} = ${printExpr(init)}`,
  )
  const steps = [...step('add', add), ...step('merge', merge), ...step('remove', remove)]
  return [`state {${fields.join(', ')}}`, ...steps].join('; ')
}

type State = readonly Value[]

function compute(exprs: Step, columns: Schema, values: readonly Value[]): State {
  const byName = new Map(columns.map(({ name }, i) => [name, values[i]]))
  const unknown = (name: string): never => {
    throw new Error(`an aggregate reads ${name}`)
  }
  const column = (name: string): Value => byName.get(name) ?? null
  return exprs.map(expr => evaluate(expr, { column, param: unknown }))
}

/** A row, or one that is taken back. */
interface Taken extends Contribution {
  readonly isTakenBack?: boolean
}

/** The state behind rows and parts of rows; that before the first row where there are none. */
export function foldRows(fold: Fold, argTypes: readonly DataType[], rows: readonly Taken[]): State {
  const scopes = scopesOf(fold, argTypes)
  const start = fold.state.map(({ init }) => init.value)
  const taken = (state: State, { values, isTakenBack = false }: Taken): State =>
    compute(isTakenBack ? (fold.remove ?? []) : fold.add, scopes.add, state.concat(values))
  const state = foldParts<State | undefined>(rows, {
    none: undefined,
    add: (held, more) => more.reduce(taken, held ?? start),
    join: (held, part) =>
      held && part ? compute(fold.merge ?? [], scopes.merge, held.concat(part)) : (part ?? held),
  })
  return state ?? start
}

/** What a state comes to. */
export const foldResult = (fold: Fold, state: State): Value =>
  compute([fold.result], stateOf(fold), state)[0] ?? null
