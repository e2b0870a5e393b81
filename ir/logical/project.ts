/** project: computes the columns of the next relation from those of this one. */
import { MillraceError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { printExpr, printName } from '../expr/print.ts'
import { checkSchema } from '../schema.ts'
import { CHANGE, changeColumn } from './emit.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE, refuseCodes } from './mode.ts'
import type { Language, OperatorRule } from './operator.ts'
import { checkColumns, keepTime, type Relation } from './relation.ts'

export interface NamedExpr {
  readonly name: string
  readonly expr: Expr
}

export interface Project {
  readonly kind: 'project'
  readonly input: LogicalNode
  readonly columns: readonly NamedExpr[]
  /** For people; no part of the plan's identity. */
  readonly language: Language
  readonly relation: Relation
}

export function project(
  input: LogicalNode,
  wanted: readonly NamedExpr[],
  language: Language = 'sql',
): Project {
  const { isChangelog } = input.relation
  const named = wanted.find(({ name }) => name === CHANGE)?.expr
  const columns = isChangelog && !named ? [...wanted, { name: CHANGE, expr: changeRef }] : wanted
  if (isChangelog && named && !(named.kind === 'column' && named.name === CHANGE))
    throw new MillraceError(
      'LDB-1001',
      `'${CHANGE}' says what a row of a changelog is and cannot be computed`,
    )
  for (const { name, expr } of columns) {
    checkColumns(expr, input.relation.schema, name)
    if (name !== CHANGE) refuseCodes(input.relation, [expr], `'${name}'`)
  }
  const schema = columns.map(({ name, expr }) => ({ name, type: expr.type, nullable: expr.nullable }))
  const rename = new Map(
    columns.flatMap(({ name, expr }) => (expr.kind === 'column' ? [[expr.name, name]] : [])),
  )
  const time = keepTime(input.relation.time, rename)
  const relation = { schema: checkSchema(schema), time, isChangelog }
  return { kind: 'project', input, columns, language, relation }
}

/** What a row is of a changelog goes on with it. */
const changeRef: Expr = { kind: 'column', ...changeColumn }

export const projectRule: OperatorRule<Project> = {
  inputs: node => [node.input],
  exprs: node => node.columns.map(({ expr }) => expr),
  accepts: ANY_MODE,
  print: node => `project ${node.columns.map(printColumn).join(', ')}`,
}

const printColumn = ({ name, expr }: NamedExpr): string =>
  expr.kind === 'column' && expr.name === name ? printName(name) : `${printExpr(expr)} as ${printName(name)}`
