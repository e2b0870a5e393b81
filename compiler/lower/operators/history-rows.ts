/**
 * What a row learns of single rows before it: those at some distance are in the chain of their partition, those that have some
 * number in it are kept by the partition for good.
 */
import { literal } from '../../../ir/expr/expr.ts'
import { eq, ge, i32, type KernelBuilder, not } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { type NamedCall, type Placed, readBy, type Shifted } from '../../../ir/logical/history-call.ts'
import { type Column, findColumn, type Schema } from '../../../ir/schema.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import type { Interner } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import type { Reach, RowChain } from '../lib/row-chain.ts'
import type { ExprScope } from '../scope.ts'
import { choose, FALSE, orElse, type Value } from '../value.ts'
import { valueIn } from './history-frames.ts'

/** The rows of a partition that have some number in it. */
interface Numbered {
  readonly number: number
  readonly kept: KeptRow
}

/** The row under way: the partition it is of, and how many rows came before it there. */
export interface Current {
  readonly entry: Expr
  readonly rows: Expr
  readonly columns: RowColumns
}

export class HistoryRows {
  readonly chain: RowChain | undefined
  readonly #calls: readonly (NamedCall & { readonly call: Shifted | Placed })[]
  readonly #numbered: readonly Numbered[]
  #entries: Mem | undefined

  /** `chainOf`: the chain of rows that are read at a distance, of which so many columns are. */
  constructor(
    calls: readonly NamedCall[],
    schema: Schema,
    texts: Interner | undefined,
    chainOf: (columns: Schema, reach: Omit<Reach, 'keepsMore'>) => RowChain | undefined,
  ) {
    this.#calls = calls.flatMap(({ name, call }) => (call.kind === 'aggregate' ? [] : [{ name, call }]))
    const distances = calls.map(distanceOf)
    const kept = calls.flatMap(({ call }, n) => (distances[n] > 0 ? readBy(call) : []))
    this.chain = chainOf(columnsIn(schema, kept), reachOf(distances))
    this.#numbered = numbersOf(calls).map(number => {
      const read = calls.flatMap(({ call }) => (numberIn(call) === number ? readBy(call) : []))
      return { number, kept: new KeptRow(columnsIn(schema, read), texts, `row_${number}`) }
    })
  }

  get fields(): FieldSpecs {
    return Object.assign({ ...this.chain?.fields }, ...this.#numbered.map(({ kept }) => kept.fields))
  }

  place(entries: Mem): void {
    this.chain?.place(entries)
    this.#entries = entries
  }

  get #mem(): Mem {
    if (!this.#entries) throw new Error('the rows of partitions have no place yet')
    return this.#entries
  }

  /** What the row is kept as, where it has one of the numbers. */
  want(k: KernelBuilder, { columns, rows }: Current): readonly WantedRow[] {
    return this.#numbered.map(({ number, kept }) => kept.want(k, columns, isNumber(rows, number)))
  }

  /** The next row of the partition is the one under way; its texts were interned. */
  enter(k: KernelBuilder, { entry, rows }: Current, numbered: readonly WantedRow[]): void {
    this.chain?.enter(k, entry, rows)
    this.#numbered.forEach(({ number, kept }, n) => {
      k.if(isNumber(rows, number), () => kept.store(k, this.#mem, entry, numbered[n]))
    })
  }

  values(cx: ExprScope, row: Current): readonly (readonly [string, Value])[] {
    return this.#calls.map(({ name, call }) => [name, this.#value(cx, row, call)])
  }

  #value(cx: ExprScope, row: Current, call: Shifted | Placed): Value {
    const { k } = cx
    switch (call.kind) {
      case 'last':
        return valueIn(row.columns, call.column)
      case 'nth':
        return this.#placed(k, row, call)
      default: {
        const otherwise = call.otherwise ?? literal(null, valueIn(row.columns, call.column).type)
        const isThere = k.let('is_there', ge(row.rows, i32(call.offset)))
        return choose(
          k,
          isThere,
          this.#before(row, call.offset, call.column),
          lowerExpr(cx, row.columns, otherwise),
        )
      }
    }
  }

  /** A column of the row so many before; of the row itself where that is none. */
  #before(row: Current, distance: number, column: string): Value {
    if (!this.chain || distance === 0) return valueIn(row.columns, column)
    return valueIn(this.chain.read(this.chain.at(row.entry, distance, row.rows)), column)
  }

  #placed(
    k: KernelBuilder,
    row: Current,
    { number, column, frame }: Extract<Placed, { kind: 'nth' }>,
  ): Value {
    const known = this.#numberedValue(row, number, column)
    if (frame.kind !== 'rows') return known
    const slid = this.#before(row, frame.preceding + 1 - number, column)
    return choose(k, k.let('has_slid', ge(row.rows, i32(frame.preceding))), slid, known)
  }

  /** Null before there is a row of that number. */
  #numberedValue({ entry, rows }: Current, number: number, column: string): Value {
    const kept = this.#numbered.find(one => one.number === number)?.kept
    if (!kept) throw new Error(`row ${number} of partitions is not kept`)
    const value = valueIn(kept.read(this.#mem, entry), column)
    const isMissing = number === 1 ? FALSE : not(ge(rows, i32(number - 1)))
    return { ...value, isNull: orElse(value.isNull, isMissing) }
  }

  /** The columns of the row so many before. */
  at(row: Current, distance: number): RowColumns {
    if (!this.chain || distance === 0) return row.columns
    return this.chain.read(this.chain.at(row.entry, distance, row.rows))
  }
}

/** How far back a call reads the chain. */
function distanceOf({ call }: NamedCall): number {
  if (call.kind === 'lag') return call.offset
  if (call.kind === 'lead' || call.frame.kind !== 'rows') return 0
  return call.kind === 'nth' ? call.frame.preceding + 1 - call.number : call.frame.preceding
}

function reachOf(distances: readonly number[]): Omit<Reach, 'keepsMore'> {
  const read = [...new Set(distances)].filter(distance => distance > 0)
  return { rows: Math.max(0, ...read), distances: read.toSorted((a, b) => a - b) }
}

/** Up to where the rows of a partition are counted, so that all know whether there were enough of them. */
export const countedOf = (calls: readonly NamedCall[]): number =>
  Math.max(0, ...calls.map(distanceOf), ...numbersOf(calls), ...calls.map(precedingOf)) + 1

const precedingOf = ({ call }: NamedCall): number =>
  'frame' in call && call.frame.kind === 'rows' ? call.frame.preceding : 0

const numberIn = (call: NamedCall['call']): number | undefined =>
  call.kind === 'nth' ? call.number : undefined

const numbersOf = (calls: readonly NamedCall[]): readonly number[] => [
  ...new Set(calls.flatMap(({ call }) => numberIn(call) ?? [])),
]

const isNumber = (rows: Expr, number: number): Expr => eq(rows, i32(number - 1))

const columnsIn = (schema: Schema, names: readonly string[]): readonly Column[] =>
  [...new Set(names)].flatMap(name => findColumn(schema, name) ?? [])
