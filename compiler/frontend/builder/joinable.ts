/** What brings streams together: the rows of several, pairs of them, and the nearest of another. */
import type { Value } from '../../../ir/expr/expr.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import type { Columns, Schema } from '../../../ir/schema.ts'
import {
  type AsofColumns,
  type AsofOptions,
  asofStreams,
  type ProbedColumns,
  type ProbeOptions,
  probedStreams,
  type TemporalOptions,
  temporalStreams,
} from './asof-join.ts'
import { type JoinedColumns, type JoinOptions, joinStreams, unionStreams } from './join.ts'
import type { Stream } from './stream.ts'
import type { PlanParts } from './stream-params.ts'
import type { SameColumns, UnionOf } from './stream-types.ts'
import type { ColumnsOf, Typed } from './types.ts'

/** A plan so far, and how it is brought together with others. */
export abstract class JoinableStream<S extends Columns> {
  /**
   * The logical plan so far.
   * @internal
   */
  readonly node: LogicalNode
  /**
   * The values of its parameters.
   * @internal
   */
  readonly params: ReadonlyMap<string, Value>

  /** @internal */
  constructor(node: LogicalNode, params: ReadonlyMap<string, Value> = new Map()) {
    this.node = node
    this.params = params
  }

  /** The columns of its rows. */
  get schema(): Schema {
    return this.node.relation.schema
  }

  /**
   * The rows of this stream and of others as they come, each in the order of its own. Their columns must have the same
   * names and types in the same order (LDB-1200); one that may be null in any of them may be null. The watermark is the
   * least of theirs.
   */
  union<O extends SameColumns<S>>(...others: readonly Stream<O>[]): Stream<UnionOf<S, O>> {
    return this.streamOf(unionStreams(this, others))
  }

  /**
   * Pairs rows of this stream with those of another for which a condition holds. It says which expressions are equal, and how
   * far apart the event times may be: `clicks.join(buys, (click, buy) => click.user.eq(buy.user).and(buy.at.between(click.at,
   * click.at.plus('1h'))))`; whatever else it says is held against each pair. Rows that belong to the same tumbling windows on
   * both sides need no times. Nulls and NaN equal nothing. A row is kept until the watermark of the other side has passed the
   * last time that a partner could have; `type` says what becomes of one that found none. A column of the other stream whose
   * name this one has, too, is called `right_` and its name. LDB-3002 where the times are not bound from both sides, LDB-2001
   * where a side has none.
   */
  join<R extends Columns, const O extends JoinOptions = object>(
    other: Stream<R>,
    on: (left: ColumnsOf<S>, right: ColumnsOf<R>) => Typed<'bool', boolean, 'row'>,
    options?: O,
  ): Stream<JoinedColumns<S, R, O>> {
    return this.streamOf(joinStreams(this, other, on as never, options))
  }

  /**
   * Each row of this stream with the one row of another that has its key and is nearest in event time: `trades.asofJoin(quotes,
   * (trade, quote) => trade.symbol.eq(quote.symbol))`. The condition says which expressions are equal, and nothing else
   * (LDB-1001); nulls and NaN equal nothing. A row waits until no nearer one can come by the watermark of the other stream, of
   * which rows are kept from the last of each key on that may still be asked for. Results have the event time of this stream.
   * LDB-2001 where a side has none, LDB-3002 where rows wait for later ones without a tolerance.
   */
  asofJoin<R extends Columns, const O extends AsofOptions<S, R> = object>(
    other: Stream<R>,
    on: (left: ColumnsOf<S>, right: ColumnsOf<R>) => Typed<'bool', boolean, 'row'>,
    options?: O,
  ): Stream<AsofColumns<S, R, O>> {
    return this.streamOf(asofStreams({ left: this, other, on: on as never }, options as never))
  }

  /**
   * Each row of this stream with the version of a table that was valid at its event time: `orders.temporalJoin(rates, (order,
   * rate) => order.currency.eq(rate.currency))`. A version is valid from its event time until that of the next one of its key;
   * what changes take back is valid until then. One that comes late is a late row: what was given stands. LDB-2001 where a side
   * has no event time and versions are taken by it.
   */
  temporalJoin<R extends Columns, const O extends TemporalOptions<S, R> = object>(
    table: Stream<R>,
    on: (row: ColumnsOf<S>, version: ColumnsOf<R>) => Typed<'bool', boolean, 'row'>,
    options?: O,
  ): Stream<AsofColumns<S, R, O>> {
    return this.streamOf(temporalStreams({ left: this, other: table, on: on as never }, options as never))
  }

  /**
   * What another stream was at several distances from the event time of each row: `trades.probe(quotes, (trade, quote) =>
   * trade.symbol.eq(quote.symbol), { offsets: ['0s', '5s'] })` gives a row for each, with the last row of its key that is not
   * later, once it is sure. The column `offset` tells the distance in ticks. LDB-2001 where a side has no event time.
   */
  probe<R extends Columns, const O extends ProbeOptions<S, R>>(
    other: Stream<R>,
    on: (left: ColumnsOf<S>, right: ColumnsOf<R>) => Typed<'bool', boolean, 'row'>,
    options: O,
  ): Stream<ProbedColumns<S, R, O>> {
    return this.streamOf(probedStreams({ left: this, other, on: on as never }, options as never))
  }

  /** @internal */
  protected abstract streamOf<R extends Columns>(parts: PlanParts): Stream<R>
}
