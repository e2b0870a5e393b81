/** A table that lies in memory: it answers at once. */
import type { Schema } from '../../ir/schema.ts'
import { batchFromRows, rowsOf } from '../io/rows.ts'
import { keyText } from './keys.ts'
import type { LookupSource, TableRow } from './lookup-source.ts'

/** Rows by key, of which the last of equal ones counts. They can be replaced and removed while queries read them. */
export class MemoryTable implements LookupSource {
  readonly #schema: Schema
  readonly #key: readonly string[]
  readonly #rows = new Map<string, TableRow>()

  /** @internal */
  constructor(schema: Schema, key: readonly string[], rows: readonly object[]) {
    this.#schema = schema
    this.#key = key
    this.set(rows)
  }

  /** The rows of these keys, at once. */
  query(keys: readonly TableRow[]): readonly TableRow[] {
    return keys.map(key => this.#rows.get(this.#textOf(key))).filter(row => row !== undefined)
  }

  /** Adds rows, or replaces those with the same keys. A query knows them after `live.invalidate`. LDB-5020 for one that does not fit. */
  set(rows: readonly object[]): void {
    for (const row of rowsOf(this.#schema, batchFromRows(this.#schema, rows)))
      this.#rows.set(this.#textOf(row), row)
  }

  /** Removes the rows of these keys. */
  delete(keys: readonly object[]): void {
    const schema = this.#schema.filter(({ name }) => this.#key.includes(name))
    for (const key of rowsOf(schema, batchFromRows(schema, keys))) this.#rows.delete(this.#textOf(key))
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size
  }

  #textOf(row: TableRow): string {
    return keyText(this.#key, row)
  }
}
