/** What operators of the model hand to each other. */
import type { Expr, Value } from '../../ir/expr/expr.ts'
import type { Span } from './windows.ts'

export type ModelRow = Readonly<Record<string, Value>>

export interface Item {
  readonly row: ModelRow
  /** In order of time; absent where rows belong to none. */
  readonly windows?: readonly Span[]
  /** Number of the source row it comes from, -1 behind an aggregation. */
  readonly origin: number
}

/** Takes rows and watermarks, hands both on. All know what a clock shows before any acts on it, at ticks. */
export interface Operator {
  row(item: Item): void
  watermark(time: bigint): void
  clock(now: bigint): void
  tick(): void
}

/** What operators share. */
export interface Surroundings {
  /** Numbers of the rows that were late. */
  readonly late: number[]
  /** Of those that are counted and nothing else. */
  readonly lateUntold: number[]
  /** Runs the work on a row; a fault sends the row to the errors. */
  guard(item: Item, work: () => void): void
  value(expr: Expr, row: ModelRow): Value
}
