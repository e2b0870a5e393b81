/**
 * interval_join: pairs rows of two streams whose keys are equal and whose event times are not too far apart; or rows that
 * belong to the same window. A row is kept until no partner of it can come any more. That is when the watermark of the
 * other side has passed the last time that one could have; a row that found none leaves then. Where nothing bounds the times,
 * so many rows are kept of each side, for ever: a row that has no partner is handed on at once, and taken back when one comes.
 */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { columnsOf, type Expr } from '../expr/expr.ts'
import { checkSchema } from '../schema.ts'
import { changeColumn } from './emit.ts'
import type { LogicalNode } from './index.ts'
import { columnsOfBoth, narrowed, orNull, printColumns, renamed, rightNames } from './join-columns.ts'
import { conditionOf, type JoinCondition, printCondition } from './join-condition.ts'
import { ANY_MODE, refuseCodes, withoutCode } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import { checkColumns, type EventTime, type Relation } from './relation.ts'
import type { TumblingWindow } from './window.ts'

export const joinTypes = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const
/**
 * Which rows a join gives. `inner`: pairs. `left`, `right`, `full`: also rows of that side, or of both, that have no
 * partner, with nulls in place of it. `semi`, `anti`: rows of the left side that have a partner, or have none.
 */
export type JoinType = (typeof joinTypes)[number]

export interface IntervalJoin {
  readonly kind: 'interval_join'
  readonly left: LogicalNode
  readonly right: LogicalNode
  readonly type: JoinType
  readonly condition: JoinCondition
  /** What columns of the right side are called behind the join. */
  readonly names: ReadonlyMap<string, string>
  /** The columns of results, where nobody reads the others. */
  readonly columns: readonly string[] | undefined
  /** The most rows that are kept of each side. Needed where the times bound nothing. */
  readonly maxRows: number | undefined
  readonly relation: Relation
}

export type JoinSide = 'left' | 'right'

/** Do results have the columns of the right side? */
export const isPaired = (type: JoinType): boolean => type !== 'semi' && type !== 'anti'

/** Are rows of a side handed on that have no partner? */
export const givesUnmatched = (type: JoinType, side: JoinSide): boolean =>
  type === 'full' || type === side || (type === 'anti' && side === 'left')

/** A join whose condition is over the columns of both sides, those of the right one by the names of `rightNames`. */
export function joinOn(
  left: LogicalNode,
  right: LogicalNode,
  {
    type,
    on,
    maxRows,
  }: { readonly type: JoinType; readonly on: Expr; readonly maxRows?: number | undefined },
): IntervalJoin {
  const names = rightNames(left.relation.schema, right.relation.schema)
  const both = checkSchema(columnsOfBoth(left.relation.schema, right.relation.schema, names))
  checkColumns(on, both, 'join')
  if (on.type !== 'bool')
    throw new MillraceError('LDB-1200', `the condition of a join is a bool, not ${on.type}`)
  checkWindows(left.relation, right.relation)
  if (maxRows !== undefined && !(Number.isSafeInteger(maxRows) && maxRows > 0))
    throw new MillraceError('LDB-0001', `a join that keeps ${maxRows} rows`)
  const condition = conditionOf(
    on,
    { left: left.relation, right: right.relation, names },
    maxRows !== undefined,
  )
  if (maxRows !== undefined && isTimed({ left, condition }))
    throw new MillraceError('LDB-0002', 'maxRows says nothing where the condition bounds the times of a join')
  return intervalJoin(left, right, { type, condition, names, maxRows })
}

export type JoinSpec = Pick<IntervalJoin, 'type' | 'condition' | 'names'> &
  Partial<Pick<IntervalJoin, 'columns' | 'maxRows'>>

export function intervalJoin(
  left: LogicalNode,
  right: LogicalNode,
  { type, condition, names, columns, maxRows }: JoinSpec,
): IntervalJoin {
  for (const { left: a, right: b } of condition.keys) {
    refuseList('a join', a.type)
    if (a.type !== b.type) throw new MillraceError('LDB-3001', `a join by ${a.type} and ${b.type}`)
  }
  for (const { name, type } of [...left.relation.schema, ...right.relation.schema])
    refuseList(`a join that keeps '${name}'`, type)
  for (const side of [left, right]) refuseCodes(side.relation, readExprs(condition), 'a join')
  const own = new Map(withoutCode(right.relation.schema).map(({ name }) => [name, names.get(name) ?? name]))
  const node = { kind: 'interval_join' as const, left, right, type, condition, names: own, columns, maxRows }
  return { ...node, relation: narrowed(relationOf(node), columns) }
}

const readExprs = ({ keys, residual }: JoinCondition): readonly Expr[] => [
  ...keys.flatMap(({ left, right }) => [left, right]),
  ...(residual ? [residual] : []),
]

/** Do times or windows bound how long rows are kept? */
export const isTimed = ({ left, condition }: Pick<IntervalJoin, 'left' | 'condition'>): boolean =>
  condition.range !== undefined || left.relation.time?.window !== undefined

/** For people: which join it is, and by what. */
export function explainJoin({ left, condition: { range }, maxRows }: IntervalJoin): string {
  if (left.relation.time?.window) return 'window join: both sides are in the same windows'
  if (!range) return `regular join: nothing bounds the times, ${maxRows} rows of each side are kept`
  const kept = [range.upper, -range.lower].map(ticks => `${ticks} ticks`)
  return `interval join: the times are bound, rows of the left side are kept for ${kept[0]}, of the right for ${kept[1]}`
}

/** May a result be taken back? */
function givesChanges(node: Unrelated): boolean {
  const { left, right, type } = node
  if (left.relation.isChangelog || right.relation.isChangelog) return true
  return !isTimed(node) && type !== 'inner' && type !== 'semi'
}

function checkWindows(left: Relation, right: Relation): void {
  const [a, b] = [left, right].map(({ time }) => time?.window)
  if (!a && !b) return
  const isSame =
    a?.isInRows &&
    b?.isInRows &&
    a.type === b.type &&
    isSameGrid(a.spec as TumblingWindow, b.spec as TumblingWindow)
  if (isSame) return
  throw new MillraceError(
    'LDB-1001',
    'a join of rows that belong to windows, and not both to the same tumbling ones',
    {
      fix: 'assign the same tumbling windows on both sides; or aggregate the windows of each first, and join the results by the bounds of their windows',
    },
  )
}

const isSameGrid = (a: TumblingWindow, b: TumblingWindow): boolean =>
  a.sizeTicks === b.sizeTicks && a.offsetTicks === b.offsetTicks

type Unrelated = Omit<IntervalJoin, 'relation'>

function relationOf(node: Unrelated): Relation {
  const { left, right, names, type } = node
  const [leftIsOuter, rightIsOuter] = [
    type === 'right' || type === 'full',
    type === 'left' || type === 'full',
  ]
  const ofLeft = orNull(withoutCode(left.relation.schema), leftIsOuter)
  const ofRight = orNull(renamed(withoutCode(right.relation.schema), names), rightIsOuter)
  const isChangelog = givesChanges(node)
  const columns = isPaired(type) ? [...ofLeft, ...ofRight] : withoutCode(left.relation.schema)
  return {
    schema: checkSchema([...(isChangelog ? [changeColumn] : []), ...columns]),
    time: timeOf(node),
    isChangelog,
  }
}

/** The times by which rows were joined keep what the watermark promises, where they are not null. */
function timeOf(node: Unrelated): EventTime | undefined {
  const { left, right, type, names } = node
  if (type === 'full' || !isTimed(node)) return undefined
  const [l, r] = timesOf(node)
  const nameOf = (name: string): string => names.get(name) ?? name
  const leftTimes = type === 'right' ? [] : [l]
  const rightTimes = type === 'inner' || type === 'right' ? [nameOf(r)] : []
  const window = (type === 'right' ? right : left).relation.time?.window
  const isRenamed = window && type === 'right'
  return {
    columns: [...leftTimes, ...rightTimes],
    window: isRenamed ? { ...window, start: nameOf(window.start), end: nameOf(window.end) } : window,
  }
}

/** The columns of event time by which rows are joined, each by its own name; where rows are kept for ever there are none. */
export function timesOf({
  left,
  right,
  condition: { range },
}: Pick<IntervalJoin, 'left' | 'right' | 'condition'>): readonly [string, string] {
  if (range) return [range.left, range.right]
  const [a, b] = [left, right].map(({ relation: { time } }) => time?.window?.end)
  if (a === undefined || b === undefined) throw new Error('a join without times')
  return [a, b]
}

/** The columns of each side that the join reads, by their own names: all of rows that may be taken back. */
export function readBySide({
  left,
  right,
  condition,
  names,
}: IntervalJoin): Readonly<Record<JoinSide, readonly string[]>> {
  const times = isTimed({ left, condition }) ? timesOf({ left, right, condition }) : []
  const residual = columnsOf(condition.residual ? [condition.residual] : [])
  const read = (side: JoinSide): readonly string[] => columnsOf(condition.keys.map(pair => pair[side]))
  const all = ({ relation: { schema, isChangelog } }: LogicalNode): readonly string[] =>
    isChangelog ? schema.map(({ name }) => name) : []
  const ofRight = [...names].flatMap(([own, name]) => (residual.includes(name) ? [own] : []))
  const rightOnly = new Set(names.values())
  return {
    left: [
      ...read('left'),
      ...times.slice(0, 1),
      ...windowOf(left),
      ...all(left),
      ...residual.filter(name => !rightOnly.has(name)),
    ],
    right: [...read('right'), ...times.slice(1), ...windowOf(right), ...all(right), ...ofRight],
  }
}

const windowOf = ({ relation: { time } }: LogicalNode): readonly string[] =>
  time?.window ? [time.window.start, time.window.end] : []

export const intervalJoinRule: OperatorRule<IntervalJoin> = {
  inputs: node => [node.left, node.right],
  exprs: ({ condition }) => readExprs(condition),
  accepts: ANY_MODE,
  print: ({ type, condition, names, columns, maxRows }) =>
    `${type} join on ${printCondition(condition)}${printColumns(names, columns)}${maxRows === undefined ? '' : ` keeps ${maxRows} rows of each`}`,
}
