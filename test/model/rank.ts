/** Rankings of the model: behind each row the whole ranking is made anew, and held against what it was before. */
import { RowFault, type Value } from '../../ir/expr/expr.ts'
import { compareValues, groupKey } from '../../ir/expr/order.ts'
import { CHANGE, changes } from '../../ir/logical/emit.ts'
import type { SortColumn } from '../../ir/logical/ordering.ts'
import { type Rank, replacesRows } from '../../ir/logical/rank.ts'
import { type DataType, isFloat } from '../../ir/types.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { MIN_TIME, passed, type Span } from './windows.ts'

interface Partition {
  readonly window: Span | undefined
  /** In order of arrival. */
  readonly rows: readonly ModelRow[]
}

export class Ranking implements Operator {
  readonly #node: Rank
  readonly #next: Operator
  readonly #run: Surroundings
  readonly #partitions = new Map<string, Partition>()
  readonly #types: ReadonlyMap<string, DataType>
  #time = MIN_TIME

  constructor(node: Rank, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
    this.#types = new Map(node.input.relation.schema.map(({ name, type }) => [name, type]))
  }

  row(item: Item): void {
    this.#run.guard(item, () => {
      const [window] = item.windows ?? []
      const isLate = (time: bigint): boolean => window !== undefined && window.end <= time
      if (isLate(this.#time) || (item.mark !== undefined && isLate(item.mark)))
        this.#run.late.push(item.origin)
      else this.#take(item.row, window)
    })
  }

  #take({ [CHANGE]: code, ...row }: ModelRow, window: Span | undefined): void {
    const { partitionBy } = this.#node
    const key = [String(window?.end), ...partitionBy.map(name => groupKey(row[name]))].join('|')
    const known = this.#partitions.get(key)?.rows ?? []
    const isGone = code === changes.delete || code === changes.updateBefore
    const rows = isGone ? without(known, row) : [...known, this.#kept(row)]
    this.#partitions.set(key, { window, rows })
    if (this.#node.emit === 'update') this.#tell(this.#ranked(known), this.#ranked(rows), isGone)
  }

  /** Partitions have one zero each. */
  #kept(row: ModelRow): ModelRow {
    const { partitionBy } = this.#node
    const isKey = (name: string): boolean =>
      partitionBy.includes(name) && isFloat(this.#types.get(name) ?? 'bool')
    const columns = Object.entries(row).map(([name, value]) => [name, isKey(name) && value === 0 ? 0 : value])
    return Object.fromEntries(columns)
  }

  /** All rows in their order with their ranks. */
  #ranked(rows: readonly ModelRow[]): ReadonlyMap<ModelRow, number> {
    const sorted = rows.toSorted((a, b) => this.#compare(a, b))
    const before = (row: ModelRow): readonly ModelRow[] => sorted.filter(one => this.#compare(one, row) < 0)
    const ranks = {
      row_number: (_: ModelRow, i: number) => i + 1,
      rank: (row: ModelRow) => before(row).length + 1,
      dense_rank: (row: ModelRow) =>
        before(row).filter((one, i, all) => i === 0 || this.#compare(all[i - 1], one) < 0).length + 1,
    }
    return new Map(sorted.map((row, i) => [row, ranks[this.#node.by](row, i)]))
  }

  #compare(a: ModelRow, b: ModelRow): number {
    const orders = this.#node.orderBy.map(column => compareBy(column, this.#types.get(column.name), a, b))
    return orders.find(order => order !== 0) ?? 0
  }

  #isTold(rank: number | undefined): rank is number {
    const { offset, limit = Number.POSITIVE_INFINITY } = this.#node
    return rank !== undefined && rank > offset && rank <= offset + limit
  }

  /** From the last rank on where a row came, from the first on where one went. */
  #tell(before: ReadonlyMap<ModelRow, number>, after: ReadonlyMap<ModelRow, number>, isGone: boolean): void {
    const rows = [...(isGone ? before : after).keys()]
    const told = (isGone ? rows : rows.toReversed()).map(row => {
      const [was, is] = [before.get(row), after.get(row)]
      return { row, was: this.#isTold(was) ? was : undefined, is: this.#isTold(is) ? is : undefined }
    })
    const leaving = told.filter(({ was, is }) => was !== undefined && is === undefined)
    const entering = told.filter(({ was, is }) => was === undefined && is !== undefined)
    const isReplaced = replacesRows(this.#node) && leaving.length > 0 && entering.length > 0
    for (const { row, was, is } of told) {
      if (was !== undefined && is !== undefined) {
        if (was === is || this.#node.as === undefined) continue
        this.#give(row, was, changes.updateBefore)
        this.#give(row, is, changes.updateAfter)
      } else if (was !== undefined) this.#give(row, was, isReplaced ? changes.updateBefore : changes.delete)
      else if (is !== undefined) this.#give(row, is, isReplaced ? changes.updateAfter : changes.insert)
    }
  }

  #give(row: ModelRow, rank: number, code: number | undefined): void {
    const { as } = this.#node
    const ranked = as === undefined ? row : { ...row, [as]: BigInt(rank) }
    this.#next.row({ row: code === undefined ? ranked : { ...ranked, [CHANGE]: code }, origin: -1 })
  }

  watermark(time: bigint): void {
    this.#time = time
    for (const end of this.#endsUpTo(time))
      for (const [key, { window, rows }] of [...this.#partitions]) {
        if (window?.end !== end) continue
        this.#partitions.delete(key)
        if (this.#node.emit === 'close')
          for (const [row, rank] of this.#ranked(rows))
            if (this.#isTold(rank)) this.#give(row, rank, undefined)
      }
    this.#next.watermark(passed(this.#node.window?.spec, 0n, time))
  }

  #endsUpTo(time: bigint): readonly bigint[] {
    const ends = [...this.#partitions.values()].flatMap(({ window }) => window?.end ?? [])
    return [...new Set(ends)].filter(end => end <= time).toSorted((a, b) => (a < b ? -1 : 1))
  }

  clock(now: bigint): void {
    this.#next.clock(now)
  }

  tick(): void {
    this.#next.tick()
  }
}

/** Of rows that are equal the last to come is the first to go. */
function without(rows: readonly ModelRow[], row: ModelRow): readonly ModelRow[] {
  const isSame = (one: ModelRow): boolean =>
    Object.keys(row).every(name => groupKey(one[name]) === groupKey(row[name]))
  const at = rows.findLastIndex(isSame)
  if (at < 0) throw new RowFault('LDB-9005')
  return rows.toSpliced(at, 1)
}

function compareBy(
  { name, descending, nullsFirst }: SortColumn,
  type: DataType | undefined,
  a: ModelRow,
  b: ModelRow,
): number {
  const [x, y]: readonly Value[] = [a[name], b[name]]
  if (x === null || y === null) return (Number(x === null) - Number(y === null)) * (nullsFirst ? -1 : 1)
  return compareValues(type ?? 'bool', x, y) * (descending ? -1 : 1)
}
