/** Groups of a stream, and rows that belong to windows which are not known yet: what is aggregated is a stream again. */
import type { LogicalNode } from '../../../ir/logical/index.ts'
import type { Columns } from '../../../ir/schema.ts'
import type { AggregatesOf } from './aggregate-types.ts'
import { keysOf } from './columns.ts'
import type { ChangesOf, EmitOptions } from './emit.ts'
import { type Grouping, groupedPlan } from './grouped-plan.ts'
import type { Stream } from './stream.ts'
import type { GroupScoped } from './stream-types.ts'
import type { ColumnsOf, Flat, SchemaOf, Typed } from './types.ts'

/** The stream of a plan. */
export type MakeStream = (node: LogicalNode) => Stream<never>

/** Rows of a stream that belong to windows that are not known yet: their columns are `W` of what the rows are aggregated to. */
export class WindowedRows<S extends Columns, W extends Columns> {
  readonly #rows: Omit<Grouping, 'keys'>
  readonly #make: MakeStream

  /** @internal */
  constructor(rows: Omit<Grouping, 'keys'>, make: MakeStream) {
    this.#rows = rows
    this.#make = make
  }

  /** Groups by columns inside of each window. LDB-1100 where a key is no column. */
  groupBy<const K extends keyof S & string>(...keys: readonly K[]): Grouped<S, Flat<W & Pick<S, K>>> {
    return new Grouped({ ...this.#rows, keys: keysOf(this.#rows.node.relation.schema, keys) }, this.#make)
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
  readonly #grouping: Grouping
  readonly #make: MakeStream

  /** @internal */
  constructor(grouping: Grouping, make: MakeStream) {
    this.#grouping = grouping
    this.#make = make
  }

  /** One row for each group: its keys, and what is computed from its aggregates. */
  agg<const O extends Readonly<Record<string, Typed>>, const E extends EmitOptions = object>(
    aggregates: (
      columns: ColumnsOf<S>,
      aggregates: AggregatesOf,
    ) => O & GroupScoped<O> & { [C in keyof K & keyof O]: never },
    options?: E,
  ): Stream<Flat<K & SchemaOf<O> & ChangesOf<E>>> {
    return this.#make(groupedPlan(this.#grouping, aggregates, options)) as never
  }
}
