/**
 * The modes of rows: `append` rows are only ever added; rows that are `changes` may take others back. A change has a weight:
 * +1 for what is added, -1 for what is taken back. The weights of all changes with the same columns add up to how often
 * that row is there.
 */
import { MillraceError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsOf } from '../expr/expr.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn, type Schema } from '../schema.ts'
import { CHANGE, changeColumn } from './emit.ts'
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import { keepTime, type Relation } from './relation.ts'

export type Mode = 'append' | 'changes'

export const modeOf = ({ isChangelog }: Relation): Mode => (isChangelog ? 'changes' : 'append')

export const ANY_MODE: readonly Mode[] = ['append', 'changes']

/** mode: the same rows read as changes by a column of codes, or changes read as rows that have the code in a column. */
export interface ModeChange {
  readonly kind: 'mode'
  readonly input: LogicalNode
  readonly to: Mode
  /** The column of the codes where rows are in append mode. */
  readonly column: string
  readonly relation: Relation
}

/** Rows whose column holds no code of a change, or null, are refused when they come, with LDB-9006. */
export function asChanges(input: LogicalNode, column: string): ModeChange {
  const { schema, isChangelog } = input.relation
  if (isChangelog) throw refusal('changes are read as changes once more', 'leave one of the two out')
  const found = findColumn(schema, column)
  if (!found) throw new MillraceError('LDB-1100', `no column '${column}' that says what a change is`)
  if (found.type !== changeColumn.type)
    throw new MillraceError('LDB-1200', `'${column}' is ${found.type}; codes of changes are int8`)
  return moded(input, 'changes', column)
}

export function asAppend(input: LogicalNode, column: string): ModeChange {
  if (!input.relation.isChangelog)
    throw refusal('rows that are only added have no codes of changes', 'leave asAppend out')
  return moded(input, 'append', column)
}

function moded(input: LogicalNode, to: Mode, column: string): ModeChange {
  const [from, name] = to === 'changes' ? [column, CHANGE] : [CHANGE, column]
  const { schema, time } = input.relation
  const renamed = schema.map(one => (one.name === from ? { ...changeColumn, name } : one))
  const names = new Map(schema.map(one => [one.name, one.name === from ? name : one.name]))
  const relation = {
    schema: checkSchema(renamed),
    time: keepTime(time, names),
    isChangelog: to === 'changes',
  }
  return { kind: 'mode', input, to, column, relation }
}

/** The names of the column of codes: before the operator and behind it. */
export const namesOf = ({ to, column }: ModeChange): { readonly from: string; readonly name: string } =>
  to === 'changes' ? { from: column, name: CHANGE } : { from: CHANGE, name: column }

/**
 * Refuses an expression that reads what a change is: what is taken back would differ from what was added, and weights would
 * not add up.
 */
export function refuseCodes({ isChangelog }: Relation, exprs: readonly Expr[], what: string): void {
  if (!isChangelog || !columnsOf(exprs).includes(CHANGE)) return
  throw refusal(
    `${what} reads '${CHANGE}', which says what a change is`,
    'read changes as rows: asAppend(..)',
  )
}

export const refusal = (reason: string, fix: string): MillraceError =>
  new MillraceError('LDB-1001', reason, { fix })

/** The columns of a change apart from its code. */
export const withoutCode = (schema: Schema): Schema => schema.filter(({ name }) => name !== CHANGE)

export const modeRule: OperatorRule<ModeChange> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ANY_MODE,
  print: ({ to, column }) => `read as ${to === 'append' ? 'rows' : 'changes'} by ${printName(column)}`,
}
