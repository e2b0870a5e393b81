/**
 * What the condition of a join comes to: pairs of expressions that must be equal, a range for the difference of two event
 * times, and what is left. That is how the planner sees which join it is, and what state it needs.
 */
import { MillraceError } from '../errors.ts'
import { call } from '../expr/build.ts'
import { columnsOf, type Expr, rewrite } from '../expr/expr.ts'
import { printExpr, printName } from '../expr/print.ts'
import { findColumn, type Schema } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { Relation } from './relation.ts'

/** Two expressions that are equal, each over the columns of its own side. */
export interface KeyPair {
  readonly left: Expr
  readonly right: Expr
}

/** `lower <= right - left <= upper`, in ticks of both columns. */
export interface TimeRange {
  readonly left: string
  readonly right: string
  readonly lower: bigint
  readonly upper: bigint
}

export interface JoinCondition {
  readonly keys: readonly KeyPair[]
  /** Absent where rows of one window are joined. */
  readonly range: TimeRange | undefined
  /** Over the columns of both sides, by the names that they have behind the join. */
  readonly residual: Expr | undefined
}

/** The sides of a join, and what the columns of the right one are called behind it. */
export interface Sides {
  readonly left: Relation
  readonly right: Relation
  readonly names: ReadonlyMap<string, string>
}

/** Bounds beyond are no bounds: times lie within 63 bits. */
const TICKS_MAX = 1n << 62n

/**
 * Takes a condition over the columns of both sides apart. LDB-3002 where it bounds no difference of event times from both sides,
 * unless the rows that are kept are bounded by their number.
 */
export function conditionOf(on: Expr, sides: Sides, isBounded: boolean): JoinCondition {
  const reader = new ConditionReader(sides)
  const parts = conjunctsOf(on)
  const isOfWindows = sides.left.time?.window !== undefined
  const range = isOfWindows ? undefined : reader.rangeOf(parts, isBounded)
  const keys = [...windowKey(sides), ...parts.flatMap(part => reader.keyOf(part) ?? [])]
  const rest = parts.filter(part => !reader.keyOf(part) && !(range && reader.isWithin(part, range)))
  return {
    keys,
    range,
    residual: rest.length > 1 ? call('and', ...rest) : rest[0],
  }
}

/** Rows of one window have one start. */
function windowKey({ left, right }: Sides): readonly KeyPair[] {
  const [a, b] = [left, right].map(
    ({ time, schema }) => time?.window && findColumn(schema, time.window.start),
  )
  return a && b ? [{ left: { kind: 'column', ...a }, right: { kind: 'column', ...b } }] : []
}

/** The pairs that must be equal by a condition over the columns of both sides, and whatever else it says. */
export function equalitiesOf(
  on: Expr,
  sides: Sides,
): { readonly keys: readonly KeyPair[]; readonly rest: readonly Expr[] } {
  const reader = new ConditionReader(sides)
  const parts = conjunctsOf(on)
  return {
    keys: parts.flatMap(part => reader.keyOf(part) ?? []),
    rest: parts.filter(part => !reader.keyOf(part)),
  }
}

const conjunctsOf = (expr: Expr): readonly Expr[] =>
  expr.kind === 'call' && expr.fn === 'and' ? expr.args.flatMap(conjunctsOf) : [expr]

/** An event time and a number of ticks. */
interface Term {
  readonly side: 'left' | 'right'
  /** By the name that it has on its side. */
  readonly column: string
  readonly ticks: bigint
}

/** `right - left` is at least, at most, or exactly a number of ticks. */
interface Bound {
  readonly left: string
  readonly right: string
  readonly lower: bigint | undefined
  readonly upper: bigint | undefined
}

type Comparator = 'eq' | 'lt' | 'le' | 'gt' | 'ge'
const mirrored: Readonly<Record<Comparator, Comparator>> = {
  eq: 'eq',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
}
const isComparator = (fn: string): fn is Comparator => Object.hasOwn(mirrored, fn)

class ConditionReader {
  readonly #sides: Sides
  /** What the columns of the right side are called there, by their names behind the join. */
  readonly #own: ReadonlyMap<string, string>

  constructor(sides: Sides) {
    this.#sides = sides
    this.#own = new Map([...sides.names].map(([own, name]) => [name, own]))
  }

  /** The side that all columns of an expression are of, if it is one. */
  #sideOf(expr: Expr): 'left' | 'right' | undefined {
    const names = columnsOf([expr])
    if (names.length === 0) return undefined
    if (names.every(name => this.#own.has(name))) return 'right'
    return names.some(name => this.#own.has(name)) ? undefined : 'left'
  }

  keyOf(part: Expr): KeyPair | undefined {
    if (part.kind !== 'call' || part.fn !== 'eq') return undefined
    const [a, b] = part.args
    const [first, second] = [this.#sideOf(a), this.#sideOf(b)]
    if (first === 'left' && second === 'right') return { left: a, right: this.#inOwnNames(b) }
    if (first === 'right' && second === 'left') return { left: b, right: this.#inOwnNames(a) }
    return undefined
  }

  #inOwnNames(expr: Expr): Expr {
    return rewrite(expr, one =>
      one.kind === 'column' ? { ...one, name: this.#own.get(one.name) ?? one.name } : one,
    )
  }

  /** What all bounds of one pair of event times come to; of the first pair that has one on both sides. */
  rangeOf(parts: readonly Expr[], isBounded: boolean): TimeRange | undefined {
    const bounds = parts.flatMap(part => this.#boundOf(part) ?? [])
    const ranges = bounds.map(({ left, right }) => {
      const same = bounds.filter(one => one.left === left && one.right === right)
      const lowers = same.flatMap(({ lower }) => lower ?? [])
      const uppers = same.flatMap(({ upper }) => upper ?? [])
      return { left, right, lower: extreme(lowers, (a, b) => a > b), upper: extreme(uppers, (a, b) => a < b) }
    })
    for (const { left, right, lower, upper } of ranges) {
      if (lower !== undefined && upper !== undefined) return checked({ left, right, lower, upper })
    }
    if (isBounded) return undefined
    throw this.#unbounded(ranges[0])
  }

  /** Does a part say no more than that a range holds? */
  isWithin(part: Expr, { left, right }: TimeRange): boolean {
    const bound = this.#boundOf(part)
    return bound !== undefined && bound.left === left && bound.right === right
  }

  #boundOf(part: Expr): Bound | undefined {
    if (part.kind !== 'call' || !isComparator(part.fn)) return undefined
    const [a, b] = part.args
    return (
      this.#ofTerms(part.fn, a, b) ??
      this.#ofDifference(part.fn, a, b) ??
      this.#ofDifference(mirrored[part.fn], b, a)
    )
  }

  /** `a ? b`, where both are event times less or more ticks. */
  #ofTerms(fn: Comparator, a: Expr, b: Expr): Bound | undefined {
    const [first, second] = [this.#termOf(a), this.#termOf(b)]
    if (!first || !second || first.side === second.side) return undefined
    return first.side === 'right'
      ? bound(fn, second.column, first.column, second.ticks - first.ticks)
      : bound(mirrored[fn], first.column, second.column, first.ticks - second.ticks)
  }

  /** `a ? ticks`, where a is the difference of two event times. */
  #ofDifference(fn: Comparator, a: Expr, ticks: Expr): Bound | undefined {
    if (a.kind !== 'call' || a.fn !== 'timestamp_diff' || ticks.kind !== 'literal') return undefined
    const [first, second] = a.args.map(arg => this.#termOf(arg))
    if (!first || !second || first.side === second.side || ticks.value === null) return undefined
    const by = BigInt(ticks.value as number | bigint) + second.ticks - first.ticks
    return first.side === 'right'
      ? bound(fn, second.column, first.column, by)
      : bound(mirrored[fn], first.column, second.column, -by)
  }

  #termOf(expr: Expr): Term | undefined {
    if (expr.kind === 'call' && expr.fn === 'timestamp_add') {
      const [at, by] = expr.args
      const term = this.#termOf(at)
      if (!term || by.kind !== 'literal' || by.value === null) return undefined
      return { ...term, ticks: term.ticks + (by.value as bigint) }
    }
    if (expr.kind !== 'column') return undefined
    const side = this.#own.has(expr.name) ? 'right' : 'left'
    const column = this.#own.get(expr.name) ?? expr.name
    const isTime = this.#sides[side].time?.columns.includes(column) && isTimestamp(expr.type)
    return isTime ? { side, column, ticks: 0n } : undefined
  }

  /** Says which bound is missing, and how to write it. */
  #unbounded(found: Bound | undefined): MillraceError {
    const { left, right } = this.#sides
    const [l, r] = [found?.left ?? timeOf(left), found?.right ?? timeOf(right)]
    if (!l || !r) {
      return new MillraceError('LDB-3002', `the ${l ? 'right' : 'left'} side of a join has no event time`, {
        fix: 'declare the time column of its source and keep it up to the join, or say how many rows may be kept: maxRows',
      })
    }
    const [a, b] = [`right.${printName(r)}`, `left.${printName(l)}`]
    const missing = [
      ...(found?.lower === undefined ? [`how far ${a} may be before ${b}`] : []),
      ...(found?.upper === undefined ? [`how far ${a} may be behind ${b}`] : []),
    ]
    return new MillraceError('LDB-3002', `no condition of the join says ${missing.join(', nor ')}`, {
      fix: `rows would be kept for ever: add a condition such as ${a} between ${b} - 5 minutes and ${b} + 5 minutes, or say how many may be kept: maxRows`,
    })
  }
}

const timeOf = ({ time, schema }: Relation): string | undefined =>
  time?.columns.find(name => isTime(schema, name))

const isTime = (schema: Schema, name: string): boolean => {
  const type = findColumn(schema, name)?.type
  return type !== undefined && isTimestamp(type)
}

/** `right - left ? ticks`. */
function bound(fn: Comparator, left: string, right: string, ticks: bigint): Bound {
  const lower = fn === 'ge' || fn === 'eq' ? ticks : fn === 'gt' ? ticks + 1n : undefined
  const upper = fn === 'le' || fn === 'eq' ? ticks : fn === 'lt' ? ticks - 1n : undefined
  return { left, right, lower, upper }
}

const extreme = (all: readonly bigint[], isMore: (a: bigint, b: bigint) => boolean): bigint | undefined =>
  all.length === 0 ? undefined : all.reduce((best, one) => (isMore(one, best) ? one : best))

function checked(range: TimeRange): TimeRange {
  const { lower, upper } = range
  if (lower > upper)
    throw new MillraceError(
      'LDB-2003',
      `a join whose time difference is at least ${lower} and at most ${upper}`,
    )
  if (lower < -TICKS_MAX || upper > TICKS_MAX)
    throw new MillraceError('LDB-3002', `a time difference from ${lower} to ${upper} ticks bounds nothing`)
  return range
}

/** The condition as text; equal conditions have equal texts. */
export function printCondition({ keys, range, residual }: JoinCondition): string {
  const parts = [
    ...keys.map(({ left, right }) => `${printExpr(left)} = right ${printExpr(right)}`),
    ...(range
      ? [`right ${printName(range.right)} - ${printName(range.left)} in ${range.lower} .. ${range.upper}`]
      : []),
    ...(residual ? [`where ${printExpr(residual)}`] : []),
  ]
  return parts.join(' and ')
}
