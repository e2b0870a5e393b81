/** millrace: build a typed pipeline, compile it, run it. This is the only door of the engine. */

export type { CodeGeneration } from '../codegen/js/link.ts'
export type { Tier } from '../ir/abi.ts'
export { type ErrorInfo, errorRegistry, type LdbCode, MillraceError, type SourceSpan } from '../ir/errors.ts'
export type { ExtractField, TruncUnit } from '../ir/expr/functions/time.ts'
export type { DriftPolicy } from '../ir/logical/alignment.ts'
export type { AsofDirection, AsofType } from '../ir/logical/asof-join.ts'
export type { EmitStrategy } from '../ir/logical/emit.ts'
export type { JoinType } from '../ir/logical/interval-join.ts'
export type { LookupType } from '../ir/logical/lookup.ts'
export type { RankEmit, RankFunction } from '../ir/logical/rank.ts'
export type { BatchLimits, Limits } from '../ir/physical/program.ts'
export type { Column, Columns, ColumnType, RowOf, Schema } from '../ir/schema.ts'
export type {
  BytesType,
  DataType,
  DecimalType,
  ElementType,
  FloatType,
  IntegerType,
  JsValue,
  ListType,
  NumericType,
  SignedType,
  TimestampType,
  TimeUnit,
  UnsignedType,
} from '../ir/types.ts'
export type { FaultyRows, RowFault } from '../runtime/dag/faulty-rows.ts'
export type { LookupMetrics } from '../runtime/dag/lookups.ts'
export type { Counters } from '../runtime/dag/runner.ts'
export type { BatchInput } from '../runtime/io/inputs.ts'
export type { BreakerState } from '../runtime/lookup/breaker.ts'
export type { DeskCounters, LookupOptions } from '../runtime/lookup/desk.ts'
export type { LookupAnswer, LookupRequest, LookupSource, TableRow } from '../runtime/lookup/lookup-source.ts'
export type { MemoryTable } from '../runtime/lookup/memory-table.ts'
export { type VirtualClock, virtualClock, type WallClock } from '../runtime/time/clock.ts'
export { Analysis } from './analyze/analysis.ts'
export type { FaultCount } from './analyze/counts.ts'
export type {
  AnalysisReport,
  CodeOrigin,
  KernelAnalysis,
  OperatorAnalysis,
  OperatorTime,
  PipelineAnalysis,
  ShapeCount,
} from './analyze/report.ts'
export type { AnalyzeOptions } from './analyze/run-analysis.ts'
export type { EventTimeAnalysis, Moment, StateAnalysis } from './analyze/state.ts'
export type { CompileOptions, StageTimes } from './driver.ts'
export { type ExplainStage, explainStages } from './explain/explain.ts'
export type { KernelReport, PipelineReport } from './explain/pipelines.ts'
export type {
  CacheState,
  NativeChances,
  OperatorReport,
  ParameterReport,
  PlanReport,
} from './explain/report.ts'
export type { AggregateFilter, AggregatesOf, ListOptions } from './frontend/builder/aggregate-types.ts'
export type {
  AsofColumns,
  AsofOptions,
  NearestOptions,
  ProbedColumns,
  ProbeOptions,
  TemporalOptions,
} from './frontend/builder/asof-join.ts'
export { type Case, lit, when } from './frontend/builder/case.ts'
export { type NotNull, t } from './frontend/builder/column-types.ts'
export type {
  AsAppend,
  AsChanges,
  ChangeColumn,
  Changelog,
  ChangesBy,
  ChangesIn,
  ChangesOf,
  EarlyByClock,
  EarlyResults,
  EmitOptions,
  EveryRows,
  Latest,
  PlainNames,
} from './frontend/builder/emit.ts'
export {
  type AggregateDefinition,
  defineAggregate,
  type FoldArgument,
  type FoldValue,
  type ScalarsOnly,
  type ValuesOf,
} from './frontend/builder/fold.ts'
export type { Grouped, WindowedRows } from './frontend/builder/grouped.ts'
export type {
  CountedFrame,
  CountedRows,
  FrameOptions,
  HistoryOf,
  RangeFrame,
  RowFrame,
} from './frontend/builder/history-types.ts'
export type { JoinedColumns, JoinOptions } from './frontend/builder/join.ts'
export type { NumericMeet } from './frontend/builder/numeric-meet.ts'
export type {
  RankColumn,
  Ranked,
  RankedAtClose,
  RankNamed,
  RankOptions,
  SortBy,
  SortKey,
} from './frontend/builder/rank.ts'
export type { SortLimit } from './frontend/builder/sort.ts'
export { type SourceColumns, type SourceOptions, source } from './frontend/builder/source.ts'
export {
  Stream,
  type WindowedStream,
} from './frontend/builder/stream.ts'
export {
  type LookedUpColumns,
  type LookupJoinOptions,
  type LookupKeys,
  memoryTable,
  Table,
  table,
} from './frontend/builder/table.ts'
export type {
  ColumnsOf,
  Common as AnyExpr,
  Duration,
  Exact as DecimalExpr,
  ExprOf,
  Flat,
  Instant as TimestampExpr,
  LambdaColumn,
  LiteralOf,
  Logical as BoolExpr,
  NamesOf,
  Numeric as NumericExpr,
  Operand,
  Ordered as OrderedExpr,
  ParamValues,
  SchemaOf,
  Scope,
  Sequence as BytesExpr,
  Temporal as TimeExpr,
  Text as TextExpr,
  Typed,
  Wrapping as IntegerExpr,
} from './frontend/builder/types.ts'
export {
  type CountWindow,
  type CumulatingWindow,
  countWindow,
  cumulate,
  type GroupedWindow,
  type HoppingWindow,
  hop,
  type SessionWindow,
  session,
  type TumblingWindow,
  tumble,
} from './frontend/builder/windows.ts'
export { PlanCache, type PlanCacheCounters, type QueryOptions } from './plan-cache.ts'
export { CompiledQuery, compile, run, sharedPlans } from './query.ts'
export { LiveQuery } from './run/live.ts'
export { LiveSource, type Pushable } from './run/live-source.ts'
export type { HoldBack, OperatorMetrics, QueryMetrics } from './run/metrics.ts'
export type {
  Diagnostic,
  OpenOptions,
  OutputOptions,
  RunOptions,
  TierChoice,
  TierOptions,
} from './run/options.ts'
export { Run } from './run/run.ts'
export type {
  PartitionWatermark,
  PartitionWatermarks,
  SourceAlignment,
  SourceWatermark,
} from './run/watermarks.ts'
