/**
 * asof_join: each row of the left side with the one row of its key on the right side that is nearest to it in event time. A
 * row waits until the watermark of the right side says that no nearer one can come. As the right side is read by time, it may
 * be the versions of a table: each is valid until the next one of its key. A row may also be probed at several distances from
 * its own time, which gives one result for each.
 */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { columnsOf, type Expr } from '../expr/expr.ts'
import { printExpr, printName } from '../expr/print.ts'
import { type Column, checkSchema, findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { LogicalNode } from './index.ts'
import { columnsOfBoth, narrowed, orNull, printColumns, renamed, rightNames } from './join-columns.ts'
import { equalitiesOf, type KeyPair } from './join-condition.ts'
import { ANY_MODE, withoutCode } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import { checkColumns, type Relation } from './relation.ts'

export const asofTypes = ['inner', 'left'] as const
/** `inner`: rows that have found one. `left`: also those that have not, with nulls in place of it. */
export type AsofType = (typeof asofTypes)[number]

export const asofDirections = ['backward', 'forward', 'nearest'] as const
/**
 * Which row is taken: the last one that is not later, the first one that is not earlier, or the nearer of both. Of several at
 * one time `backward` takes the last to arrive and `forward` the first; of two that are equally near the earlier one is taken.
 */
export type AsofDirection = (typeof asofDirections)[number]

/** What an asof join is, apart from its sides. */
export interface AsofParts {
  readonly type: AsofType
  readonly direction: AsofDirection
  readonly keys: readonly KeyPair[]
  /** The columns of event time; absent where the row of a key is taken that came last. */
  readonly times: AsofTimes | undefined
  /** How far the row may be, at the most. */
  readonly toleranceTicks: bigint | undefined
  /** Does a row wait until no nearer one can come? */
  readonly waits: boolean
  /** Absent where a row is held against its own time, and gives one result. */
  readonly probes: Probes | undefined
}

export interface AsofTimes {
  readonly left: string
  readonly right: string
}

/** The distances at which a row is probed, in ascending order, and the column that tells them. */
export interface Probes {
  readonly offsets: readonly bigint[]
  readonly name: string
}

export interface AsofJoin extends AsofParts {
  readonly kind: 'asof_join'
  readonly left: LogicalNode
  readonly right: LogicalNode
  /** What columns of the right side are called behind the join. */
  readonly names: ReadonlyMap<string, string>
  /** The columns of results, where nobody reads the others. */
  readonly columns: readonly string[] | undefined
  readonly relation: Relation
}

/** Distances beyond are none: times lie within 63 bits. */
const TICKS_MAX = 1n << 61n
/** Distances that a row is probed at. */
const PROBES_MAX = 64

/** The keys of a condition over the columns of both sides, those of the right one by the names of `rightNames`. */
export function asofKeys(left: LogicalNode, right: LogicalNode, on: Expr): readonly KeyPair[] {
  const [l, r] = [left.relation, right.relation]
  const names = rightNames(l.schema, r.schema)
  checkColumns(on, checkSchema(columnsOfBoth(l.schema, r.schema, names)), 'asof join')
  const { keys, rest } = equalitiesOf(on, { left: l, right: r, names })
  if (rest.length === 0) return keys
  throw new MillraceError('LDB-1001', `the condition of an asof join says ${printExpr(rest[0])}`, {
    fix: 'say which columns are equal, and nothing else: filter either side before the join, or its results',
  })
}

/** The column of event time of a side: that which is named, or its first. LDB-2001 where it has no such. */
export function asofTime({ relation }: LogicalNode, side: string, named?: string): string {
  const times = relation.time?.columns ?? []
  const isTime = (name: string): boolean => {
    const type = findColumn(relation.schema, name)?.type
    return times.includes(name) && type !== undefined && isTimestamp(type)
  }
  const found = named ?? times.find(isTime)
  if (found !== undefined && isTime(found)) return found
  const what = named === undefined ? 'no event time' : `no watermark by '${named}'`
  throw new MillraceError('LDB-2001', `the ${side} side of an asof join has ${what}`, {
    fix: 'declare the time column of its source, and keep it up to the join',
  })
}

/** What columns of the right side are called is known where it was said before some were left out. */
export function asofJoin(
  left: LogicalNode,
  right: LogicalNode,
  { columns, names: known, ...parts }: AsofParts & Partial<Pick<AsofJoin, 'names' | 'columns'>>,
): AsofJoin {
  const { type, direction, keys, times, toleranceTicks, waits, probes } = parts
  checkSides(left.relation, right.relation, parts)
  checkTimes(left, right, parts)
  checkProbes(probes)
  const all = rightNames(left.relation.schema, right.relation.schema)
  const names = new Map(
    withoutCode(right.relation.schema).map(({ name }) => [name, (known ?? all).get(name) ?? name]),
  )
  const schema = checkSchema([
    ...left.relation.schema,
    ...(probes ? [probeColumn(probes)] : []),
    ...orNull(renamed(withoutCode(right.relation.schema), names), type === 'left'),
  ])
  // Rows that wait are in time by what they are joined by; others go on as they came.
  const time = times ? { columns: [times.left], window: undefined } : left.relation.time
  return {
    kind: 'asof_join',
    ...{ left, right, type, direction, keys, times, toleranceTicks, waits, probes, names, columns },
    relation: narrowed({ schema, time, isChangelog: false }, columns),
  }
}

const probeColumn = ({ name }: Probes): Column => ({ name, type: 'int64', nullable: false })

function checkSides(left: Relation, right: Relation, { direction, keys }: AsofParts): void {
  const refuse = (what: string, fix: string): never => {
    throw new MillraceError('LDB-1001', `an asof join of ${what}`, { fix })
  }
  if (left.isChangelog) refuse('changes on the left side', 'join rows that are only added')
  if (right.isChangelog && direction !== 'backward')
    refuse(`changes ${direction}`, 'join them backward: a row that is taken back is valid until then')
  if (left.time?.window || right.time?.window)
    refuse('rows that belong to windows', 'assign windows behind the join')
  for (const { type } of [...left.schema, ...right.schema]) refuseList('an asof join', type)
  for (const { left: a, right: b } of keys)
    if (a.type !== b.type) throw new MillraceError('LDB-3001', `an asof join by ${a.type} and ${b.type}`)
}

function checkTimes(left: LogicalNode, right: LogicalNode, parts: AsofParts): void {
  const { direction, times, toleranceTicks: tolerance, waits } = parts
  if (tolerance !== undefined && (tolerance < 0n || tolerance >= TICKS_MAX))
    throw new MillraceError('LDB-2003', `an asof join with a tolerance of ${tolerance} ticks`)
  if (!times) return
  const [l, r] = [asofTime(left, 'left', times.left), asofTime(right, 'right', times.right)]
  const [a, b] = [findColumn(left.relation.schema, l)?.type, findColumn(right.relation.schema, r)?.type]
  if (a !== b) throw new MillraceError('LDB-1200', `an asof join of times of ${a} and ${b}`)
  if (direction === 'backward' || !waits || tolerance !== undefined) return
  throw new MillraceError('LDB-3002', `an asof join ${direction} without a tolerance`, {
    fix: 'a row whose key has no later one would wait for ever: say how far it may be, or do not wait',
  })
}

function checkProbes(probes: Probes | undefined): void {
  if (!probes) return
  const { offsets } = probes
  const isAscending = offsets.every((offset, i) => i === 0 || offsets[i - 1] < offset)
  const isNear = offsets.every(offset => offset > -TICKS_MAX && offset < TICKS_MAX)
  if (offsets.length > 0 && offsets.length <= PROBES_MAX && isAscending && isNear) return
  throw new MillraceError('LDB-2003', `a row probed at (${offsets.join(', ')})`, {
    fix: `name ${PROBES_MAX} different offsets at the most`,
  })
}

/** The distances of the times that a row is held against from its own. */
export const offsetsOf = ({ probes }: AsofParts): readonly bigint[] => probes?.offsets ?? [0n]

/** The columns of each side that the join itself reads, by their own names. */
export function readByAsof({ keys, times, right }: AsofJoin): {
  readonly left: readonly string[]
  readonly right: readonly string[]
} {
  const code = right.relation.schema.filter(one => !withoutCode(right.relation.schema).includes(one))
  return {
    left: [...columnsOf(keys.map(pair => pair.left)), ...(times ? [times.left] : [])],
    right: [
      ...columnsOf(keys.map(pair => pair.right)),
      ...(times ? [times.right] : []),
      ...code.map(({ name }) => name),
    ],
  }
}

export const asofJoinRule: OperatorRule<AsofJoin> = {
  inputs: node => [node.left, node.right],
  exprs: ({ keys }) => keys.flatMap(({ left, right }) => [left, right]),
  accepts: ANY_MODE,
  print: ({ type, direction, keys, times, toleranceTicks, waits, probes, names, columns }) => {
    const parts = [
      ...keys.map(({ left, right }) => `${printExpr(left)} = right ${printExpr(right)}`),
      times ? `${printName(times.left)} by right ${printName(times.right)}` : 'latest of right',
    ]
    const how = [
      ...(toleranceTicks === undefined ? [] : [`within ${toleranceTicks}`]),
      ...(probes ? [`at (${probes.offsets.join(', ')}) as ${printName(probes.name)}`] : []),
      ...(waits ? [] : ['at once']),
    ]
    return `${[type, 'asof join', direction, 'on', parts.join(' and '), ...how].join(' ')}${printColumns(names, columns)}`
  },
}
