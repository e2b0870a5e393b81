/** DuckDB on one thread, the rows in a table of its own before anything is timed; only the query is. */
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import type { Answer, Cell } from './answer.ts'
import { type BenchType, cellOf, type Data } from './data.ts'
import type { Subject } from './subject.ts'

/** Times are whole numbers of ticks: DuckDB is spared the conversion. */
const types: Readonly<Record<BenchType, DuckDBType>> = {
  float64: DOUBLE,
  int32: INTEGER,
  int64: BIGINT,
  'timestamp[ms]': BIGINT,
  utf8: VARCHAR,
}
/** Rows of a vector of DuckDB. */
const CHUNK_ROWS = 2048

/** Over one table, `data`. */
export const duckDb = (sql: string, data: Data): Promise<Subject> => duckDbOver(sql, { data })

/** Over tables by their names. */
export async function duckDbOver(sql: string, tables: Readonly<Record<string, Data>>): Promise<Subject> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  for (const [name, data] of Object.entries(tables)) await load(connection, name, data)
  const query = await connection.prepare(sql)
  return {
    name: 'duckdb',
    rows: Object.values(tables).reduce((sum, { rows }) => sum + rows, 0),
    async answer() {
      return (await query.runAndReadAll()).getRows() as Cell[][] satisfies Answer
    },
    async pass() {
      await query.run()
    },
  }
}

async function load(connection: DuckDBConnection, name: string, { rows, columns }: Data): Promise<void> {
  const declared = columns.map(column => `${column.name} ${types[column.type]}`)
  await connection.run(`create table ${name} (${declared.join(', ')})`)
  const appender = await connection.createAppender(name)
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const length = Math.min(CHUNK_ROWS, rows - from)
    const chunk = DuckDBDataChunk.create(columns.map(({ type }) => types[type]))
    chunk.setColumns(columns.map(column => Array.from({ length }, (_, i) => cellOf(column, from + i))))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}
