/** All planted faults: a room for each source file. A fault is named `room/fault`. */
import { mutantsOf } from '../mutant.ts'
import * as aggregates from './aggregates.ts'
import * as alignment from './alignment.ts'
import * as asof from './asof.ts'
import * as changes from './changes.ts'
import { changeRows, consolidate, entryList } from './consolidate.ts'
import * as decimals from './decimals.ts'
import { deduplicate } from './deduplicate.ts'
import { eventTime } from './event-time.ts'
import * as exact from './exact.ts'
import * as folds from './fold.ts'
import * as groups from './groups.ts'
import { hash, hashTable } from './hash-table.ts'
import * as order from './history.ts'
import { interpreter, opTable } from './interpreter.ts'
import * as joins from './joins.ts'
import { jsEmitter } from './js-emitter.ts'
import { jsSpeller } from './js-speller.ts'
import * as lists from './lists.ts'
import { llvmAccess, llvmEmitter } from './llvm-emitter.ts'
import { llvmSpeller } from './llvm-speller.ts'
import * as lookups from './lookups.ts'
import * as lowering from './lowering.ts'
import * as memory from './memory.ts'
import { heap, openWindows, sharedPanes } from './open-windows.ts'
import * as partitions from './partitions.ts'
import * as passes from './passes.ts'
import * as pipeline from './pipeline.ts'
import * as ranks from './rank.ts'
import * as refined from './refined-windows.ts'
import { rewrite } from './rewriting.ts'
import * as rows from './row-windows.ts'
import { sessions } from './sessions.ts'
import * as sketches from './sketches.ts'
import * as textFunctions from './text-functions.ts'
import * as texts from './texts.ts'
import * as union from './union.ts'
import { weightedTree } from './weighted-tree.ts'

export const mutants = mutantsOf({
  'js-emitter': jsEmitter,
  'js-speller': jsSpeller,
  'llvm-emitter': llvmEmitter,
  'llvm-access': llvmAccess,
  'llvm-speller': llvmSpeller,
  interpreter,
  'op-table': opTable,
  cse: passes.cse,
  hoist: passes.hoist,
  merge: passes.merge,
  dce: passes.dce,
  rules: passes.rules,
  'expr-numbers': passes.exprNumbers,
  effects: passes.effects,
  rewrite,
  'law-book': passes.lawBook,
  'hash-table': hashTable,
  hash,
  consolidate,
  'entry-list': entryList,
  'change-rows': changeRows,
  deduplicate,
  'join-key': asof.joinKey,
  'time-chains': asof.timeChains,
  'asof-versions': asof.asofVersions,
  'asof-sureness': asof.asofSureness,
  'asof-waiting': asof.asofWaiting,
  'asof-leaving': asof.asofLeaving,
  'asof-stage': asof.asofStage,
  sort: order.sort,
  'sorted-rows': order.sortedRows,
  history: order.history,
  'history-rows': order.historyRows,
  'history-behind': order.historyBehind,
  'history-range': order.historyRange,
  'history-span': order.historySpan,
  'row-chain': order.rowChain,
  'wide-sum': order.wideSum,
  'row-log': joins.rowLog,
  'join-times': joins.joinTimes,
  lookup: lookups.lookupRows,
  'lookup-breaker': lookups.lookupBreaker,
  'lookup-cache': lookups.lookupCache,
  'lookup-desk': lookups.lookupDesk,
  'lookup-times': lookups.lookupTimes,
  'join-side': joins.joinSide,
  'join-results': joins.joinResults,
  'join-condition': joins.joinCondition,
  'input-times': union.inputTimes,
  edges: union.edges,
  alignment: alignment.alignment,
  'aligned-rows': alignment.alignedRows,
  'aligned-reading': alignment.alignedReading,
  'aligned-runner': alignment.alignedRunner,
  entrance: union.entrance,
  rounds: union.rounds,
  'awake-sources': union.awakeSources,
  'waiting-rows': union.waitingRows,
  sources: union.sources,
  'node-pool': lists.nodePool,
  arrived: lists.arrived,
  ranked: lists.ranked,
  'list-result': lists.listResult,
  'open-windows': openWindows,
  'shared-panes': sharedPanes,
  sessions,
  'row-window': rows.rowWindow,
  'row-counter': rows.rowCounter,
  'pane-ring': rows.paneRing,
  'row-results': rows.rowResults,
  'cleared-entries': rows.clearedEntries,
  heap,
  grid: refined.grid,
  'each-window': refined.eachWindow,
  'changed-groups': refined.changedGroups,
  'refined-windows': refined.refinedWindows,
  refinement: refined.refinement,
  'early-results': refined.earlyResults,
  'refined-sessions': refined.refinedSessions,
  'given-results': refined.givenResults,
  interner: texts.interner,
  bytes: texts.bytes,
  utf8: texts.utf8,
  utf16: texts.utf16,
  'case-map': texts.caseMap,
  'decimal-kernels': decimals.decimalKernels,
  'decimal-door': decimals.decimalDoor,
  'decimal-types': decimals.decimalTypes,
  parts: textFunctions.parts,
  'date-format': textFunctions.dateFormat,
  'regexp-kernels': textFunctions.regexpKernels,
  'regexp-automaton': textFunctions.automaton,
  'regexp-bytes': textFunctions.bytes,
  'regexp-match': textFunctions.matching,
  accumulator: aggregates.accumulators,
  count: aggregates.count,
  sum: aggregates.sum,
  extreme: aggregates.extremes,
  edge: aggregates.edges,
  bits: aggregates.bits,
  products: aggregates.products,
  distinct: sketches.distinct,
  quantile: sketches.quantile,
  'ordered-multiset': exact.orderedMultiset,
  'weighted-tree': weightedTree,
  'rank-changes': ranks.rankChanges,
  'rank-position': ranks.rankPosition,
  'ranked-rows': ranks.rankedRows,
  'closing-ranks': ranks.closingRanks,
  'row-copies': ranks.rowCopies,
  'sort-order': ranks.sortOrder,
  rank: ranks.rankStage,
  'ranked-partitions': ranks.rankedPartitions,
  'first-row': ranks.firstRow,
  'value-nodes': exact.valueNodes,
  values: exact.values,
  'order-statistics': exact.orderStatistics,
  'aggregate-table': aggregates.aggregateTable,
  weighted: changes.weighted,
  'exact-sum': changes.exactSum,
  fold: folds.folding,
  'fold-reader': folds.foldReader,
  'fold-table': folds.foldTable,
  latest: changes.latest,
  mode: changes.mode,
  'group-key': groups.groupKey,
  aggregate: groups.aggregateStage,
  'group-accumulators': groups.groupAccumulators,
  groups: groups.groups,
  'pending-group': groups.pendingGroup,
  'pending-key': groups.pendingKey,
  partitions: partitions.partitions,
  recency: partitions.recency,
  'event-time': eventTime,
  window: pipeline.windowStage,
  output: pipeline.output,
  push: pipeline.push,
  pipeline: pipeline.pipeline,
  'row-loops': pipeline.rowLoops,
  filter: pipeline.filter,
  'row-frame': pipeline.rowFrame,
  value: pipeline.values,
  executor: pipeline.executor,
  runner: refined.runner,
  'row-counts': lowering.rowCounts,
  finish: lowering.finish,
  comparison: lowering.comparisons,
  narrow: memory.narrow,
  'young-pipeline': memory.youngPipeline,
})
