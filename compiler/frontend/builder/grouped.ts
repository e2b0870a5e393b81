/** Groups of a stream, and rows of windows that are still to be grouped. */
import { aggregate } from '../../../ir/logical/aggregate.ts'
import { CHANGE } from '../../../ir/logical/emit.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { project } from '../../../ir/logical/project.ts'
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import type { Columns } from '../../../ir/schema.ts'
import type { AggregatesOf } from './aggregate-types.ts'
import { AggregateCollector, nameCalls } from './aggregates.ts'
import { columnsOf, keysOf, namedExprs, passed } from './columns.ts'
import { type ChangesOf, type EmitOptions, emitOf, rowsOf } from './emit.ts'
import type { Stream } from './stream.ts'
import type { GroupScoped } from './stream-types.ts'
import type { ColumnsOf, Flat, SchemaOf, Typed } from './types.ts'

/** The rows that are grouped, and what makes a stream of a plan over them. */
export interface GroupedRows {
  readonly node: LogicalNode
  /** Set where windows of rows are what is aggregated. */
  readonly window: RowWindow | undefined
  streamOf<R extends Columns>(node: LogicalNode): Stream<R>
}

/** Rows of a stream that belong to windows that are not known yet: their columns are `W` of what the rows are aggregated to. */
export class WindowedRows<S extends Columns, W extends Columns> {
  readonly #rows: GroupedRows

  /** @internal */
  constructor(rows: GroupedRows) {
    this.#rows = rows
  }

  /** Groups by columns inside of each window. LDB-1100 where a key is no column. */
  groupBy<const K extends keyof S & string>(...keys: readonly K[]): Grouped<S, Flat<W & Pick<S, K>>> {
    return new Grouped(this.#rows, keysOf(this.#rows.node.relation.schema, keys))
  }

  /** One group for each window. */
  agg<const O extends Readonly<Record<string, Typed>>, const E extends EmitOptions = object>(
    aggregates: (columns: ColumnsOf<S>, aggregates: AggregatesOf) => O & GroupScoped<O>,
    options?: E,
  ): Stream<Flat<W & SchemaOf<O> & ChangesOf<E>>> {
    return this.groupBy().agg(aggregates as never, options) as never
  }
}

/** Groups of a stream by the columns `K`. */
export class Grouped<S extends Columns, K extends Columns> {
  readonly #rows: GroupedRows
  readonly #keys: readonly string[]

  /** @internal */
  constructor(rows: GroupedRows, keys: readonly string[]) {
    this.#rows = rows
    this.#keys = keys
  }

  /** One row for each group: its keys, and what is computed from its aggregates. */
  agg<const O extends Readonly<Record<string, Typed>>, const E extends EmitOptions = object>(
    aggregates: (
      columns: ColumnsOf<S>,
      aggregates: AggregatesOf,
    ) => O & GroupScoped<O> & { [C in keyof K & keyof O]: never },
    options?: E,
  ): Stream<Flat<K & SchemaOf<O> & ChangesOf<E>>> {
    const { node, streamOf, window } = this.#rows
    const collector = new AggregateCollector()
    const columns = columnsOf<S>(node.relation.schema)
    const results = namedExprs(aggregates(columns, collector.functions))
    const { calls, exprs } = nameCalls(collector.calls, results)
    const grouped = aggregate(
      node,
      this.#keys,
      calls,
      emitOf(options, node.relation),
      rowsOf(options, window),
    )
    const keys = grouped.relation.schema.filter(
      ({ name }) => name !== CHANGE && !calls.some(one => one.name === name),
    )
    const isPlain = exprs.length === calls.length && exprs.every(({ name }, i) => name === calls[i].name)
    if (isPlain) return streamOf(grouped)
    return streamOf(project(grouped, [...keys.map(passed), ...exprs]))
  }
}
