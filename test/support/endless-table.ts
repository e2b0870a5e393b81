/** A table that has a row for two of three keys, whatever they are: what is in it follows from the key. */

import type { Value } from '../../ir/expr/expr.ts'
import { groupKey } from '../../ir/expr/order.ts'
import { hashText } from '../../ir/hash.ts'
import type { TableSpec } from '../../ir/logical/lookup.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import type { LookupSource } from '../../runtime/lookup/lookup-source.ts'
import type { ModelRow } from '../model/model.ts'

/** A table with keys of some types. */
export const endlessTable = (name: string, keys: readonly DataType[]): TableSpec => {
  const key: Schema = keys.map((type, i) => ({ name: `id${i}`, type, nullable: false }))
  const schema: Schema = [
    ...key,
    { name: 'size', type: 'int32', nullable: true },
    { name: 'weight', type: 'float64', nullable: false },
    { name: 'title', type: 'utf8', nullable: true },
  ]
  return { name, schema, key: key.map(one => one.name) }
}

/** The row of a key, if it has one; both zeros are one key. */
export function rowOfKey({ key }: TableSpec, values: readonly Value[]): ModelRow | undefined {
  const hash = hashText(JSON.stringify(values.map(groupKey)))
  const [first, second, third] = [0, 4, 8].map(at => Number.parseInt(hash.slice(at, at + 4), 16))
  if (first % 3 === 0) return undefined
  return {
    ...Object.fromEntries(key.map((name, i) => [name, values[i] === 0 ? 0 : values[i]])),
    size: second % 5 === 0 ? null : second % 11,
    weight: (third % 9) / 4,
    title: third % 4 === 0 ? null : `title ${third % 40}`.repeat(1 + (second % 3)),
  }
}

export const endlessSource = (table: TableSpec): LookupSource => ({
  query: keys =>
    keys
      .map(row =>
        rowOfKey(
          table,
          table.key.map(name => row[name] as Value),
        ),
      )
      .filter(row => row !== undefined),
})
