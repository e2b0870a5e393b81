/** What the tests of types share: a stream with columns of many types, and a check that two types are the same. */
import { type Columns, type RowOf, type Stream, source, t } from '../../compiler/index.ts'

export type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
export type RowIn<Q> =
  Q extends Stream<infer S extends Columns> ? { [K in keyof RowOf<S>]: RowOf<S>[K] } : never
/** Compiles only if the two types are the same. */
export const same = <A, B>(_proof: Same<A, B>): void => {}

export const trades = source(
  'trades',
  {
    at: t.timestamp('us'),
    symbol: t.utf8,
    price: t.float64,
    quantity: t.int64,
    venue: t.utf8.orNull,
    flags: t.uint8,
    small: t.int16,
    huge: t.uint64,
    open: t.bool,
    day: t.date.orNull,
    payload: t.binary,
    fee: t.decimal(9, 2).orNull,
  },
  { time: 'at', outOfOrderness: '5s' },
)
