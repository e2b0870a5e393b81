/**
 * What a join gives: for two rows that meet or part, and for a row that has no partner. Where times are bound, a row is
 * alone for good when its time has passed; where they are not, it is as long as it has no partner.
 */
import { and, bool, eq, i32, type KernelBuilder, not, select } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { changes } from '../../../ir/logical/emit.ts'
import { type IntervalJoin, isPaired, isTimed } from '../../../ir/logical/interval-join.ts'
import type { RowColumns } from '../expr/index.ts'
import type { EagerOutput } from '../stage.ts'
import { isNever } from '../value.ts'
import { asChange } from './change-rows.ts'
import type { JoinRows } from './join-side.ts'

/** Where a row comes in, whether it is taken back, and where results go. */
interface Place {
  readonly k: KernelBuilder
  readonly input: number
  readonly isLess: Expr
  readonly output: EagerOutput
}

/** Two rows: their columns together and apart, how many partners the row found before, and how many the other one had. */
interface Meeting {
  readonly both: RowColumns
  readonly own: RowColumns
  readonly theirs: RowColumns
  readonly found: Expr
  readonly had: Expr
}

export class JoinResults {
  readonly #node: IntervalJoin
  readonly #sides: readonly [JoinRows, JoinRows]

  constructor(node: IntervalJoin, sides: readonly [JoinRows, JoinRows]) {
    this.#node = node
    this.#sides = sides
  }

  /** Is the first partner of a row of the left side enough, since no row is ever taken back? */
  get isOnce(): boolean {
    return !isPaired(this.#node.type) && !this.#sides.some(({ retracts }) => retracts)
  }

  meet(place: Place, meeting: Meeting): void {
    if (isPaired(this.#node.type)) this.#meetAsPair(place, meeting)
    else this.#meetOnLeft(place, meeting)
  }

  /** A partner that was alone is told as that no more, and one that is alone again is. */
  #meetAsPair({ k, input, isLess, output }: Place, { both, theirs, had }: Meeting): void {
    const other = this.#sides[1 - input]
    const tells = other.givesUnmatched && !isTimed(this.#node)
    if (tells)
      k.if(and(eq(had, i32(0)), not(isLess)), () => output.emit(this.alone(1 - input, theirs, bool(true))))
    output.emit(this.#told(both, isLess))
    if (tells)
      k.if(and(eq(had, i32(1)), isLess), () => output.emit(this.alone(1 - input, theirs, bool(false))))
  }

  /** `semi` tells of rows that have a partner, `anti` of those that have none: there with the first, gone with the last. */
  #meetOnLeft({ k, input, isLess, output }: Place, { own, theirs, found, had }: Meeting): void {
    const { type } = this.#node
    if (input === 0) {
      if (type === 'semi') k.if(eq(found, i32(0)), () => output.emit(this.#told(own, isLess)))
      return
    }
    if (type === 'anti' && isTimed(this.#node)) return
    const turns = isNever(isLess) ? eq(had, i32(0)) : eq(had, select(isLess, i32(1), i32(0)))
    const isGone = type === 'semi' ? isLess : not(isLess)
    k.if(turns, () => output.emit(this.#told(theirs, isGone)))
  }

  /** The result of a row that has no partner. */
  alone(input: number, columns: RowColumns, isGone: Expr): RowColumns {
    const own = this.#sides[input].asResult(columns)
    const all = isPaired(this.#node.type) ? new Map([...own, ...this.#sides[1 - input].nulls]) : own
    return this.#told(all, isGone)
  }

  #told(columns: RowColumns, isGone: Expr): RowColumns {
    if (!this.#node.relation.isChangelog) return columns
    return asChange(columns, select(isGone, i32(changes.delete), i32(changes.insert)))
  }
}
