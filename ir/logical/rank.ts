/**
 * rank: the rows of each partition that come first in an order, with their ranks. It tells with each row what has changed, as
 * changes; or of rows in windows, when they close, what came first in each.
 */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { type Column, checkSchema, findColumn, type Schema } from '../schema.ts'
import { CHANGE, changeColumn } from './emit.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE, refusal, withoutCode } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import { checkOrder, printOrder, type SortColumn } from './ordering.ts'
import type { AssignedWindow, Relation } from './relation.ts'

/**
 * How rows are counted. `row_number`: 1, 2, 3, equal rows in order of arrival; `rank`: 1, 1, 3, one more than the rows that
 * come before; `dense_rank`: 1, 1, 2, one more than the different ones among those.
 */
export type RankFunction = 'row_number' | 'rank' | 'dense_rank'
const rankFunctions: readonly RankFunction[] = ['row_number', 'rank', 'dense_rank']

/** With each row what it changes; or, of rows in windows, what came first when they close. */
export type RankEmit = 'update' | 'close'
const rankEmits: readonly RankEmit[] = ['update', 'close']

export interface RankSpec {
  readonly by: RankFunction
  readonly partitionBy: readonly string[]
  readonly orderBy: readonly SortColumn[]
  /** Ranks up to `offset` are left out, and those behind `offset + limit`. */
  readonly limit: number | undefined
  readonly offset: number
  /** The column of the rank; without one only rows that come and go are told. */
  readonly as: string | undefined
  readonly emit: RankEmit
}

export interface Rank extends RankSpec {
  readonly kind: 'rank'
  readonly input: LogicalNode
  /** The window whose end closes the ranking. */
  readonly window: AssignedWindow | undefined
  readonly relation: Relation
}

/** The last rank that may be asked for: with one row all ranks behind it may change. */
export const RANK_MAX = 1_000_000

export function rank(input: LogicalNode, spec: RankSpec): Rank {
  const { relation } = input
  const { schema, time } = relation
  const window = time?.window
  const { by, partitionBy, orderBy, limit, offset, as, emit } = spec
  checkSpec(spec)
  checkOrder(relation, orderBy, 'a ranking')
  for (const { name, type } of schema) refuseList(`a ranking of rows with '${name}'`, type)
  for (const name of partitionBy) {
    if (!findColumn(schema, name)) throw new MillraceError('LDB-1100', `no column '${name}' to rank within`)
    if (name === CHANGE) throw refusal(`a ranking within '${CHANGE}'`, 'leave it out of partitionBy')
  }
  if (as === CHANGE) throw refusal(`'${CHANGE}' as the name of a rank`, 'give the rank another name')
  checkBounds(spec, window)
  const isBound = (name: string): boolean => name === window?.start || name === window?.end
  return {
    kind: 'rank',
    input,
    by,
    partitionBy: partitionBy.filter(name => !isBound(name)),
    orderBy,
    limit,
    offset,
    as,
    emit,
    window,
    relation: {
      schema: checkSchema([
        ...withoutCode(schema),
        ...rankColumns(spec),
        ...(emit === 'update' ? [changeColumn] : []),
      ]),
      time: window && { columns: [window.start, window.end], window: undefined },
      isChangelog: emit === 'update',
    },
  }
}

const rankColumns = ({ as }: RankSpec): readonly Column[] =>
  as === undefined ? [] : [{ name: as, type: 'int64', nullable: false }]

function checkSpec({ by, limit, offset, emit }: RankSpec): void {
  if (!rankEmits.includes(emit))
    throw new MillraceError('LDB-0001', `emit is '${emit}'`, { fix: `use ${rankEmits.join(', ')}` })
  if (!rankFunctions.includes(by))
    throw new MillraceError('LDB-0001', `a ranking by '${by}'`, { fix: `use ${rankFunctions.join(', ')}` })
  const isCount = (n: number, least: number): boolean => Number.isInteger(n) && n >= least
  if (!isCount(offset, 0) || (limit !== undefined && !isCount(limit, 1)))
    throw new MillraceError('LDB-0001', `a ranking with limit ${limit} and offset ${offset}`, {
      fix: 'limit is a whole number above 0, offset one that is not below',
    })
  if (offset + (limit ?? 0) > RANK_MAX)
    throw new MillraceError('LDB-0001', `ranks up to ${offset + (limit ?? 0)}; ${RANK_MAX} is the most`)
}

function checkBounds({ limit, emit }: RankSpec, window: AssignedWindow | undefined): void {
  if (emit === 'close' && !window)
    throw refusal(
      "a ranking that emits on 'close', of rows that belong to no windows",
      "assign the rows to windows: .window(tumble(..)), or emit an 'update' with each row",
    )
  if (emit === 'update' && limit === undefined)
    throw new MillraceError(
      'LDB-3010',
      'a ranking without `limit` that tells with each row what it changes',
      {
        fix: "say how many ranks are wanted: `limit`; or assign the rows to windows and emit on 'close'",
      },
    )
  if (window && !window.isInRows)
    throw refusal(
      `a ranking of rows in ${window.spec.kind} windows, of which each may belong to several`,
      'use tumbling windows, or rank what the rows of each window are aggregated to',
    )
}

/** The rank behind the last that is told; undefined where all are. */
export const lastRankOf = ({ limit, offset }: RankSpec): number | undefined =>
  limit === undefined ? undefined : offset + limit

/** Can all rows that will ever be told be found among the first ones? Not where one of those may be taken back. */
export const keepsFirstOnly = (node: Rank): boolean =>
  node.limit !== undefined && !node.input.relation.isChangelog

/** Is the row that leaves replaced by the one that enters, and none between them changes? Then both are an update. */
export const replacesRows = ({ by, as, limit }: RankSpec): boolean =>
  by === 'row_number' && (as === undefined || limit === 1)

/** Is one row of each partition all that is ever told, and kept? */
export const keepsOneRow = (node: Rank): boolean =>
  node.by === 'row_number' && lastRankOf(node) === 1 && keepsFirstOnly(node) && node.window === undefined

/** What is kept of a row: all but what its partition and its window say. */
export function restOf({ input, partitionBy, window }: Rank): Schema {
  const known = [...partitionBy, window?.start, window?.end]
  return withoutCode(input.relation.schema).filter(({ name }) => !known.includes(name))
}

export const rankRule: OperatorRule<Rank> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ANY_MODE,
  print: ({ by, partitionBy, orderBy, limit, offset, as, emit, window }) => {
    const within = [...(window ? [window.start, window.end] : []), ...partitionBy].map(printName).join(', ')
    const bounds = `${limit === undefined ? '' : ` limit ${limit}`}${offset === 0 ? '' : ` offset ${offset}`}`
    return `${by} within (${within}) order by ${printOrder(orderBy)}${bounds}${as === undefined ? '' : ` as ${printName(as)}`}${emit === 'close' ? ' emit close' : ''}`
  },
}
