/** The pipeline builder: every method returns a new stream and changes nothing. */
import { consolidate } from '../../../ir/logical/consolidate.ts'
import { deduplicate } from '../../../ir/logical/deduplicate.ts'
import { filter } from '../../../ir/logical/filter.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { distinctRows, latestRows } from '../../../ir/logical/keyed.ts'
import { asAppend, asChanges } from '../../../ir/logical/mode.ts'
import { project } from '../../../ir/logical/project.ts'
import { rank } from '../../../ir/logical/rank.ts'
import type { Relation } from '../../../ir/logical/relation.ts'
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import { sort } from '../../../ir/logical/sort.ts'
import { WINDOW_END, WINDOW_START, window } from '../../../ir/logical/window.ts'
import { type Columns, findColumn, type RowOf } from '../../../ir/schema.ts'
import { isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { compilePredicate, compileProjection } from '../lambda/index.ts'
import type { AggregatesOf } from './aggregate-types.ts'
import { columnsOf, keysOf, namedExprs, passed, unknownColumn } from './columns.ts'
import { ticksOf } from './duration.ts'
import {
  type AsAppend,
  type ChangesBy,
  type ChangesIn,
  type ChangesOf,
  type EarlyResults,
  type EmitOptions,
  type Latest,
  type PlainNames,
  periodOf,
} from './emit.ts'
import { Expression } from './expression.ts'
import { Grouped, type GroupedRows, WindowedRows } from './grouped.ts'
import { HistoryCollector, orderOf } from './history.ts'
import type { HistoryOf } from './history-types.ts'
import { JoinableStream } from './joinable.ts'
import { type Ranked, type RankOptions, rankOf, type SortKey } from './rank.ts'
import { type SortLimit, sortKeysOf } from './sort.ts'
import { nameParams, type PlanParts, renameParams } from './stream-params.ts'
import type { GroupScoped, NumberColumn, WindowColumnsOf } from './stream-types.ts'
import {
  type LookedUpColumns,
  type LookupJoinOptions,
  type LookupKeys,
  lookupIn,
  type Table,
} from './table.ts'
import type {
  ColumnsOf,
  Duration,
  Flat,
  LambdaColumn,
  NamesOf,
  ParamValues,
  SchemaOf,
  Typed,
} from './types.ts'
import { type CountWindow, type GroupedWindow, rowWindowOf, specOf, type TumblingWindow } from './windows.ts'

/** A stream of rows of schema `S`: a plan, not data; nothing runs until it is compiled and opened. */
export class Stream<S extends Columns> extends JoinableStream<S> {
  /** Keeps the rows for which the expression is true (SQL null logic: null drops the row). */
  where(predicate: (columns: ColumnsOf<S>) => Typed<'bool', boolean, 'row'>): Stream<S> {
    return this.#with(filter(this.node, Expression.plan(predicate(this.#columns()))))
  }

  /**
   * Keeps the rows for which a plain arrow function is true; it means exactly what JavaScript means by it. Values
   * from outside come in by name: `filter((f, p) => f.delay > p.limit, { limit: 15n })`. LDB-1003 where the function
   * cannot be compiled; the message underlines the part at fault.
   */
  filter(predicate: (row: RowOf<S>) => boolean): Stream<S>
  /** The same, with values from outside. */
  filter<const P extends ParamValues>(predicate: (row: RowOf<S>, params: P) => boolean, params: P): Stream<S>
  filter(predicate: (row: RowOf<S>, params: never) => boolean, params: ParamValues = {}): Stream<S> {
    const { names, values } = nameParams(this.params, params)
    const expr = renameParams(compilePredicate(predicate, this.schema, params), names)
    return new Stream(filter(this.node, expr, 'javascript'), values)
  }

  /** The columns of the next stream, as expressions over those of this one. */
  select<const O extends Readonly<Record<string, Typed>>>(
    columns: (columns: ColumnsOf<S>) => O,
  ): Stream<Flat<SchemaOf<O> & ChangesIn<S>>> {
    return this.#with(project(this.node, namedExprs(columns(this.#columns()))))
  }

  /** This stream with more columns, or with others under the same names. */
  with<const O extends Readonly<Record<string, Typed>>>(
    columns: (columns: ColumnsOf<S>) => O,
  ): Stream<Flat<Omit<S, keyof O> & SchemaOf<O>>> {
    const added = namedExprs(columns(this.#columns()))
    const kept = this.schema.filter(column => !added.some(one => one.name === column.name)).map(passed)
    return this.#with(project(this.node, [...kept, ...added]))
  }

  /**
   * The rows that a plain arrow function returns: `map(f => ({ late: f.delay > 15n, hours: f.minutes / 60 }))`. LDB-1003
   * where it cannot be compiled; the message underlines the part at fault.
   */
  map<O extends object>(
    f: (row: RowOf<S>) => O,
  ): Stream<{ readonly [K in keyof O & string]: LambdaColumn<O[K]> } & ChangesIn<S>>
  /** The same, with values from outside. */
  map<O extends object, const P extends ParamValues>(
    f: (row: RowOf<S>, params: P) => O,
    params: P,
  ): Stream<{ readonly [K in keyof O & string]: LambdaColumn<O[K]> } & ChangesIn<S>>
  map(f: (row: RowOf<S>, params: never) => object, params: ParamValues = {}): unknown {
    const { names, values } = nameParams(this.params, params)
    const columns = compileProjection(f, this.schema, params).map(({ name, expr }) => ({
      name,
      expr: renameParams(expr, names),
    }))
    return new Stream(project(this.node, columns, 'javascript'), values)
  }

  /**
   * Assigns each row to a window of its event time; adds the columns window_start and window_end, of the type of the time
   * column, the end not included. LDB-2002 where the size or the offset is no whole number of ticks of the column,
   * LDB-2003 where the size is not positive.
   */
  window<const K extends NamesOf<S, TimestampType>>(
    spec: TumblingWindow<K>,
  ): WindowedStream<Flat<S & WindowColumnsOf<S, K>>>
  /**
   * Assigns each row to all windows that hold its event time, or to its session; what follows aggregates the rows of each. The
   * results have the columns window_start and window_end. LDB-2003 where the slide or the step does not fit the size.
   */
  window<const K extends NamesOf<S, TimestampType>>(
    spec: GroupedWindow<K>,
  ): WindowedRows<S, WindowColumnsOf<S, K>>
  /**
   * Windows of so many rows of each group, in order of arrival; what follows aggregates them. The results have the column
   * window_number, which counts the windows of a group from 0 on, and no event time. LDB-2003 where the slide does not fit
   * the size, LDB-1001 where the rows belong to other windows.
   */
  window(spec: CountWindow): WindowedRows<S, NumberColumn>
  window<const K extends NamesOf<S, TimestampType>>(
    spec: TumblingWindow<K> | GroupedWindow<K> | CountWindow,
  ):
    | WindowedStream<Flat<S & WindowColumnsOf<S, K>>>
    | WindowedRows<S, WindowColumnsOf<S, K>>
    | WindowedRows<S, NumberColumn> {
    if (spec.kind === 'count') return new WindowedRows(this.#grouped(this.node, rowWindowOf(spec)))
    const type = findColumn(this.schema, spec.column)?.type
    if (!type || !isTimestamp(type)) throw unknownColumn(spec.column, this.schema, 'window')
    const windowed = window(this.node, specOf(spec, type))
    return spec.kind === 'tumble'
      ? new WindowedStream(windowed, this.params)
      : new WindowedRows(this.#grouped(windowed))
  }

  /**
   * Groups by columns; without a window the groups are emitted when the input ends. Nulls are one group, and so are NaNs.
   * LDB-1100 where a key is no column.
   */
  groupBy<const K extends keyof S & string>(...keys: readonly K[]): Grouped<S, Pick<S, K>> {
    return new Grouped(this.#grouped(this.node), keysOf(this.schema, keys))
  }

  /**
   * Each distinct row once, when it is first there; of some columns, or of all. Rows that are only added stay such. Of changes
   * a row comes when the first like it is added (0), and goes when the last one is taken back (1). LDB-9005 where a row is
   * taken back that is not there. Without windows it remembers all rows there have been.
   */
  distinct(): Stream<S>
  /** The same of some columns: the others are dropped. */
  distinct<const K extends PlainNames<S>>(
    ...keys: readonly [K, ...K[]]
  ): Stream<Flat<Pick<S, K> & ChangesIn<S>>>
  distinct(...keys: readonly string[]): unknown {
    return this.#with(distinctRows(this.node, keysOf(this.schema, keys)))
  }

  /**
   * The latest row of each key, by arrival, as changes: 0 a new key, 2 and 3 what its row was and what it is now. A row whose
   * column `deletes` is true deletes its key (1), with LDB-9005 where there is none. Nulls are values like others. Rows that
   * belong to windows are kept by key and window.
   */
  upsert<const K extends PlainNames<S>, const D extends NamesOf<S, 'bool'> = never>(
    keys: readonly [K, ...K[]],
    options: { readonly deletes?: D } = {},
  ): Stream<Flat<Latest<S, K, D>>> {
    return this.#with(latestRows(this.node, keysOf(this.schema, keys), options.deletes))
  }

  /**
   * Reads rows as changes: the column holds a code each, 0 insert, 1 delete, 2 update before, 3 update after. It becomes the
   * column `$op`. A row with another code, or null, is rejected with LDB-9006; a column that is no int8 is LDB-1200.
   */
  asChanges<const C extends NamesOf<S, 'int8'>>(column: C): Stream<Flat<ChangesBy<S, C>>> {
    return this.#with(asChanges(this.node, column))
  }

  /** Reads changes as rows that are only added, with their codes in a column of that name. LDB-1001 where they are no changes. */
  asAppend<const C extends string = 'op'>(column?: C): Stream<Flat<AsAppend<S, C>>> {
    return this.#with(asAppend(this.node, column ?? 'op'))
  }

  /**
   * Nets changes: what is added and taken back within a step vanishes, what is left comes at its end as inserts (0) and deletes
   * (1), in order of arrival; zeros are one, and so are NaNs. A step ends when the watermark passes a multiple of `every` since
   * 1970, or moves at all; without event time when the input ends. Or when a clock passes a multiple: rows behind that have no
   * event time. LDB-1001 where rows are no changes, or belong to windows; LDB-2001 for a duration without event time.
   */
  consolidate(every?: EarlyResults): Stream<S> {
    return this.#with(consolidate(this.node, every && periodOf(every, this.node.relation)))
  }

  /**
   * Leaves out rows whose key was let through less than `within` before or behind them, in event time; which of two comes
   * first is a matter of arrival. Nulls are one key, and so are NaNs. A row that comes so late that its duplicates may be
   * forgotten is late. LDB-1100 where a key is no column, LDB-2001 without event time.
   */
  deduplicate(keys: readonly (keyof S & string)[], within: Duration): Stream<S> {
    const column = eventTimeOf(this.node.relation)
    const type = findColumn(this.schema, column)?.type
    const ticks = type && isTimestamp(type) ? ticksOf(within, type) : 1n
    return this.#with(deduplicate(this.node, keysOf(this.schema, keys), column, ticks))
  }

  /**
   * The rows in the order of event time; those of one time by columns, if any are named, else as they came. A row leaves when
   * the watermark has passed it, and what comes behind the watermark is late: the order does not depend on that of arrival
   * while rows come no later than the source allows. Rows that wait are state: LDB-8013. LDB-2001 without event time, LDB-1001
   * where rows are changes.
   */
  sort(by: readonly SortKey<keyof S & string>[] = []): Stream<S> {
    const column = eventTimeOf(this.node.relation)
    return this.#with(sort(this.node, column, sortKeysOf(this.schema, by)))
  }

  /**
   * Each row with what it learns of others of its partition: those before it (`lag`, and totals of all up to it or of a frame), and
   * those behind it (`lead`). `orderBy` is the column of event time: rows are taken in its order once the watermark has passed
   * them, and what comes behind that is late; or 'arrival': as they come. Nulls are one partition. LDB-8013 where there are
   * more partitions or rows in wait than there may be; LDB-1001 where rows are changes.
   */
  over<
    const K extends keyof S & string,
    const O extends NamesOf<S, TimestampType>,
    const R extends Readonly<Record<string, Typed>>,
  >(
    by: { readonly partitionBy?: readonly K[]; readonly orderBy: O | 'arrival' },
    columns: (row: ColumnsOf<S>, over: HistoryOf) => R,
  ): Stream<Flat<Omit<S, keyof R> & SchemaOf<R>>> {
    const keys = keysOf(this.schema, by.partitionBy ?? [], 'over')
    const collector = new HistoryCollector(this.schema, orderOf(this.node.relation, by.orderBy))
    const results = namedExprs(columns(this.#columns(), collector.functions))
    return this.#with(collector.over(this.node, keys, results))
  }

  /**
   * The rows that come first, of each partition: `rank({ partitionBy: ['auction'], orderBy: [{ column: 'price', descending:
   * true }, 'at'], limit: 10, as: 'place' })`. Each row tells what it changes, as changes: 0 a row comes in, 1 one leaves, 2 and
   * 3 the rank of one before and after, or one that leaves for another. A new row displaces none that is equal. Rows of
   * tumbling windows are ranked within each, and may be given when it closes. LDB-3010 where a limit is needed and there is
   * none, LDB-9005 for a row that is taken back and not there. Results have the event time of their windows, if any.
   */
  rank<const O extends RankOptions<PlainNames<S>>>(options: O): Stream<Flat<Ranked<S, O>>> {
    return this.#with(rank(this.node, rankOf(this.schema, options)))
  }

  /** Of each key the row whose column is the least, as changes: `firstBy(['user'], 'at')` is the first by event time. */
  firstBy(keys: readonly PlainNames<S>[], column: PlainNames<S>): Stream<Flat<Ranked<S, object>>> {
    return this.rank({ partitionBy: keys, orderBy: [column], limit: 1 }) as never
  }

  /** The same with the greatest: the latest by event time, however late it comes. `upsert` keeps the last to arrive. */
  lastBy(keys: readonly PlainNames<S>[], column: PlainNames<S>): Stream<Flat<Ranked<S, object>>> {
    return this.rank({ partitionBy: keys, orderBy: [{ column, descending: true }], limit: 1 }) as never
  }

  protected override streamOf<R extends Columns>({ node, params }: PlanParts): Stream<R> {
    return new Stream(node, params)
  }

  /**
   * Adds to each row the columns of the row of a table that has the same key: `flights.lookup(airports, { origin: 'code' })`.
   * A key that is null or NaN is not there. A column of the table whose name this stream has, too, is called `right_` and its
   * name. Rows whose keys are not known yet wait for the answer of the table, and their time with them. LDB-3001 where columns
   * do not fit the key, LDB-1001 for changes, for rows with lists, and for rows that belong to windows.
   */
  lookup<R extends Columns, K extends keyof R & string, const O extends LookupJoinOptions = object>(
    table: Table<R, K>,
    keys: LookupKeys<S, R, K>,
    options?: O,
  ): Stream<LookedUpColumns<S, R, O>> {
    return this.#with(lookupIn(this.node, table.spec, keys as Readonly<Record<string, string>>, options))
  }

  #with<R extends Columns>(node: LogicalNode): Stream<R> {
    return new Stream(node, this.params)
  }

  #grouped(node: LogicalNode, window?: RowWindow): GroupedRows {
    return { node, window, streamOf: made => this.#with(made) }
  }

  #columns(): ColumnsOf<S> {
    return columnsOf(this.schema)
  }
}

/** A stream whose rows belong to windows. */
export class WindowedStream<S extends Columns> extends Stream<S> {
  /**
   * The rows of each window when it closes, by columns, those that are alike as they came; `limit`: so many of each window at
   * most. Windows leave in the order of their ends. What follows no longer belongs to windows.
   */
  override sort(by: readonly SortKey<keyof S & string>[] = [], { limit }: SortLimit = {}): Stream<S> {
    return new Stream(sort(this.node, undefined, sortKeysOf(this.schema, by), limit), this.params)
  }

  /** Each distinct row of a window once. */
  override distinct(): Stream<S>
  /** The same of some columns, and the bounds of the window: the others are dropped. */
  override distinct<const K extends PlainNames<S>>(
    ...keys: readonly [K, ...K[]]
  ): Stream<Flat<Pick<S, K | (('window_start' | 'window_end') & keyof S)> & ChangesIn<S>>>
  override distinct(...keys: readonly never[]): unknown {
    return super.distinct(...(keys as readonly never[] as readonly [never]))
  }

  /** Groups by columns inside of each window. LDB-1100 where a key is no column. */
  override groupBy<const K extends keyof S & string>(
    ...keys: readonly K[]
  ): Grouped<S, Pick<S, K | ('window_start' & keyof S) | ('window_end' & keyof S)>> {
    const others = keys.filter(key => key !== WINDOW_START && key !== WINDOW_END)
    return super.groupBy(...others) as unknown as Grouped<S, never>
  }

  /** One group for each window. */
  agg<const O extends Readonly<Record<string, Typed>>, const E extends EmitOptions = object>(
    aggregates: (columns: ColumnsOf<S>, aggregates: AggregatesOf) => O & GroupScoped<O>,
    options?: E,
  ): Stream<Flat<Pick<S, ('window_start' | 'window_end') & keyof S> & SchemaOf<O> & ChangesOf<E>>> {
    return this.groupBy().agg(aggregates as never, options) as never
  }
}

/** The first column of event time that is still there. */
const eventTimeOf = ({ time, schema }: Relation): string =>
  time?.columns.find(name => findColumn(schema, name)) ?? ''
