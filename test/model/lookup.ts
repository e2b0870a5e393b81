/** Lookups of the model: each row asks the table itself. */
import type { Value } from '../../ir/expr/expr.ts'
import type { Lookup } from '../../ir/logical/lookup.ts'
import { rowOfKey } from '../support/endless-table.ts'
import type { Item } from './operator.ts'
import { MIN_TIME } from './windows.ts'

/** The row with what was found, or undefined where it goes no further. */
export function lookedUpFor(node: Lookup, item: Item): Item | undefined {
  const { table, type, names, relation } = node
  const key = node.on.map(name => item.row[name])
  const found = key.some(isVoid) ? undefined : rowOfKey(table, key)
  if (!found && type === 'inner') return undefined
  const added = table.schema.map(({ name }): [string, Value] => [
    names.get(name) ?? name,
    found?.[name] ?? null,
  ])
  const all = { ...item.row, ...Object.fromEntries(added) }
  const columns = relation.schema.map(({ name }): [string, Value] => [name, all[name]])
  return { ...item, row: Object.fromEntries(columns), mark: MIN_TIME }
}

const isVoid = (value: Value): boolean => value === null || Number.isNaN(value)
