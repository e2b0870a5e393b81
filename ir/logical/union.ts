/** union: the rows of several streams of one schema, each as it comes. */
import { MillraceError } from '../errors.ts'
import type { Column, Schema } from '../schema.ts'
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

export interface Union {
  readonly kind: 'union'
  readonly inputs: readonly LogicalNode[]
  readonly relation: Relation
}

/** Streams that one union may have: its watermark is the least of theirs, looked for at every row. */
export const UNION_INPUTS_MAX = 64

/**
 * Columns have the same names and types in the same order; one that may be null in any input may be null. LDB-1200 where
 * they differ, LDB-1001 where rows would mean different things.
 */
export function union(given: readonly LogicalNode[]): Union {
  const inputs = given.flatMap(one => (one.kind === 'union' ? one.inputs : [one]))
  const [first, ...others] = inputs
  if (!first || others.length === 0) throw new MillraceError('LDB-0001', 'a union of fewer than two streams')
  if (inputs.length > UNION_INPUTS_MAX)
    throw new MillraceError(
      'LDB-1001',
      `a union of ${inputs.length} streams; ${UNION_INPUTS_MAX} is the most`,
    )
  const relations = inputs.map(({ relation }) => relation)
  checkSameMode(relations)
  return {
    kind: 'union',
    inputs,
    relation: {
      schema: others.reduce((schema, { relation }) => joined(schema, relation.schema), first.relation.schema),
      time: timeOf(relations),
      isChangelog: first.relation.isChangelog,
    },
  }
}

function joined(schema: Schema, other: Schema): Schema {
  const isSame =
    schema.length === other.length &&
    schema.every(({ name, type }, i) => name === other[i].name && type === other[i].type)
  if (!isSame) {
    throw new MillraceError('LDB-1200', `a union of (${shown(schema)}) and (${shown(other)})`, {
      fix: 'select the same columns, of the same types and in the same order, from each stream',
    })
  }
  return schema.map((column, i) => ({ ...column, nullable: column.nullable || other[i].nullable }))
}

const shown = (schema: Schema): string => schema.map(({ name, type }: Column) => `${name} ${type}`).join(', ')

function checkSameMode(relations: readonly Relation[]): void {
  if (relations.some(({ isChangelog }) => isChangelog !== relations[0].isChangelog))
    throw new MillraceError('LDB-1001', 'a union of changes with rows that are only added')
  if (relations.some(({ time }) => time?.window))
    throw new MillraceError('LDB-1001', 'a union of rows that belong to windows', {
      fix: 'assign windows behind the union, or aggregate the rows of each window first',
    })
}

/** The columns that tell the time in all of them. */
function timeOf(relations: readonly Relation[]): Relation['time'] {
  const [first, ...others] = relations.map(({ time }) => time?.columns ?? [])
  const columns = first.filter(name => others.every(names => names.includes(name)))
  return columns.length > 0 ? { columns, window: undefined } : undefined
}

export const unionRule: OperatorRule<Union> = {
  inputs: node => node.inputs,
  exprs: () => [],
  print: ({ inputs }) => `union of ${inputs.length}`,
}
