/** The expressions of the builder at run time: one class that has every method; the types say which may be called. */
import { MillraceError } from '../../../ir/errors.ts'
import { call, cast } from '../../../ir/expr/build.ts'
import { type Expr, isLiteral, type Literal, literal, type Value } from '../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../ir/expr/functions/index.ts'
import { ofInteger } from '../../../ir/expr/promote.ts'
import type { ColumnType } from '../../../ir/schema.ts'
import {
  type DataType,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isTimestamp,
  type TimestampType,
  ticksPerSecond,
  unitOf,
} from '../../../ir/types.ts'
import { conversionTo } from '../../../runtime/io/convert.ts'
import { ticksOf } from './duration.ts'
import type { Duration, ExprOf, Scope, Typed } from './types.ts'

/** Argument of a method: another expression or a JavaScript value. */
type Argument = Typed | Value | Date

export class Expression implements Typed {
  readonly #expr: Expr
  readonly scope: Scope

  constructor(expr: Expr, scope: Scope) {
    this.#expr = expr
    this.scope = scope
  }

  get type(): DataType {
    return this.#expr.type
  }

  get nullable(): boolean {
    return this.#expr.nullable
  }

  /** The plan expression behind an expression of the builder. */
  static plan(expression: Typed): Expr {
    if (!(expression instanceof Expression)) {
      throw new MillraceError('LDB-1002', 'an expression of the builder was expected', {
        fix: 'start from a column of the callback: f => f.price.gt(10)',
      })
    }
    return expression.#expr
  }

  #call(fn: FunctionName, ...args: readonly Argument[]): Expression {
    return new Expression(call(fn, this.#expr, ...args.map(arg => this.#operand(arg))), this.scope)
  }

  /** A JavaScript value takes the type of the expression it is combined with, or is refused. */
  #operand(arg: Argument, type: DataType = this.type): Expr {
    if (arg instanceof Expression) {
      if (arg.scope !== this.scope)
        throw new MillraceError('LDB-1002', 'columns of rows and aggregates of groups do not mix')
      return arg.#expr
    }
    return literalOf(arg as Value | Date, type)
  }

  /** A method that calls a function of the table, its other arguments in the type of this expression. */
  static method(fn: FunctionName) {
    return function (this: Expression, ...args: readonly Argument[]): Expression {
      return this.#call(fn, ...args)
    }
  }

  in(items: readonly Argument[]): Expression {
    return this.#call('in', ...items)
  }

  cast(to: ColumnType): Expression {
    return new Expression(cast(this.#expr, to.type), this.scope)
  }

  tryCast(to: ColumnType): Expression {
    return new Expression(cast(this.#expr, to.type, true), this.scope)
  }

  between(low: Argument, high: Argument): Expression {
    return this.#call('ge', low).#call('and', this.#call('le', high))
  }

  substring(start: Argument, length?: Argument): Expression {
    const positions = [start, ...(length === undefined ? [] : [length])].map(arg =>
      this.#operand(arg, 'int64'),
    )
    return new Expression(call('substring', this.#expr, ...positions), this.scope)
  }

  splitPart(delimiter: Argument, number: Argument): Expression {
    const [between, at] = [this.#operand(delimiter), this.#operand(number, 'int64')]
    return new Expression(call('split_part', this.#expr, between, at), this.scope)
  }

  regexpExtract(pattern: string, group = 0): Expression {
    return this.#call('regexp_extract', pattern, new Expression(literalOf(group, 'int64'), this.scope))
  }

  dateFormat(format: string): Expression {
    return new Expression(call('date_format', this.#expr, literal(format, 'utf8')), this.scope)
  }

  truncate(unit: string): Expression {
    return this.#named('date_trunc', unit)
  }

  extract(field: string): Expression {
    return this.#named('extract', field)
  }

  plus(duration: Duration): Expression {
    return this.#moved(duration, 1n)
  }

  minus(duration: Duration): Expression {
    return this.#moved(duration, -1n)
  }

  #named(fn: 'date_trunc' | 'extract', name: string): Expression {
    return new Expression(call(fn, literal(name, 'utf8'), this.#expr), this.scope)
  }

  #moved(duration: Duration, sign: bigint): Expression {
    const by = literal(sign * ticksOf(duration, this.type as TimestampType), 'int64')
    return new Expression(call('timestamp_add', this.#expr, by), this.scope)
  }
}

/** Methods that are nothing but a function of the table, by name; which type has which is said in types.ts. */
const methods = {
  eq: 'eq',
  ne: 'ne',
  lt: 'lt',
  le: 'le',
  gt: 'gt',
  ge: 'ge',
  isDistinctFrom: 'is_distinct',
  isNotDistinctFrom: 'is_not_distinct',
  isNull: 'is_null',
  isNotNull: 'is_not_null',
  coalesce: 'coalesce',
  nullif: 'nullif',
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  mod: 'mod',
  neg: 'neg',
  abs: 'abs',
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  round: 'round',
  sign: 'sign',
  sqrt: 'sqrt',
  exp: 'exp',
  ln: 'ln',
  log2: 'log2',
  log10: 'log10',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  power: 'power',
  addWrapping: 'add_wrapping',
  subWrapping: 'sub_wrapping',
  mulWrapping: 'mul_wrapping',
  length: 'length',
  lower: 'lower',
  upper: 'upper',
  trim: 'trim',
  ltrim: 'ltrim',
  rtrim: 'rtrim',
  like: 'like',
  octetLength: 'octet_length',
  concat: 'concat',
  startsWith: 'starts_with',
  endsWith: 'ends_with',
  contains: 'contains',
  replace: 'replace',
  regexpMatches: 'regexp_matches',
  and: 'and',
  or: 'or',
  not: 'not',
  since: 'timestamp_diff',
} as const satisfies Readonly<Record<string, FunctionName>>

for (const [name, fn] of Object.entries(methods)) {
  Object.defineProperty(Expression.prototype, name, { value: Expression.method(fn) })
}

/** A JavaScript value as a literal of a type; LDB-1201 where it does not fit exactly. */
export function literalOf(value: Value | Date, type: DataType): Literal {
  const fitting = fit(value, type)
  if (fitting !== undefined) return literal(fitting, type)
  const shown =
    typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'string'
        ? JSON.stringify(value)
        : String(value)
  throw new MillraceError('LDB-1201', `${shown} is no value of type ${type}`, {
    fix: `use a value of type ${type}, or cast the column to the type of the value`,
  })
}

function fit(value: Value | Date, type: DataType): Value | undefined {
  if (value === null) return null
  if (value instanceof Date) return fitDate(value, type)
  if (isInteger(type))
    return fitInteger(value, integerRange[type].min, integerRange[type].max, big => ofInteger(big, type))
  if (isDecimal(type)) return conversionTo(type).convert(value) as Value | undefined
  if (isTimestamp(type)) return fitInteger(value, -(1n << 63n), (1n << 63n) - 1n, big => big)
  if (type === 'date') return fitInteger(value, -(1n << 31n), (1n << 31n) - 1n, Number)
  if (isFloat(type)) return fitFloat(value, type)
  if (type === 'binary') return value instanceof Uint8Array ? value : undefined
  const wanted = type === 'bool' ? 'boolean' : 'string'
  return typeof value === wanted ? value : undefined
}

function fitInteger(value: Value, min: bigint, max: bigint, of: (big: bigint) => Value): Value | undefined {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'bigint') return undefined
  const big = BigInt(value as number | bigint)
  return big < min || big > max ? undefined : of(big)
}

function fitFloat(value: Value, type: DataType): Value | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const number = Number(value)
  if (typeof value === 'bigint' && BigInt(number) !== value) return undefined
  return type === 'float32' ? Math.fround(number) : number
}

function fitDate(value: Date, type: DataType): Value | undefined {
  const ms = value.getTime()
  if (Number.isNaN(ms)) return undefined
  if (type === 'date') return ms % 86_400_000 === 0 ? ms / 86_400_000 : undefined
  if (!isTimestamp(type)) return undefined
  const scaled = BigInt(ms) * ticksPerSecond[unitOf(type)]
  return scaled % 1000n === 0n ? scaled / 1000n : undefined
}

/** The first of several conditions that holds picks the value; `else` gives the rest. */
export class CaseExpression {
  readonly #branches: readonly Expr[]
  readonly #scope: Scope

  constructor(branches: readonly Expr[], scope: Scope) {
    this.#branches = branches
    this.#scope = scope
  }

  when(cond: Typed, value: Argument): CaseExpression {
    return new CaseExpression([...this.#branches, Expression.plan(cond), this.#value(value)], this.#scope)
  }

  else(value: Argument): Expression {
    return new Expression(call('case', ...this.#branches, this.#value(value)), this.#scope)
  }

  #value(value: Argument): Expr {
    if (value instanceof Expression) return Expression.plan(value)
    const like = this.#branches.find(
      (branch, i) => i % 2 === 1 && !(isLiteral(branch) && branch.value === null),
    )
    return literalOf(value as Value | Date, like?.type ?? naturalType(value as Value | Date))
  }
}

/** The type of a JavaScript value that nothing else gives a type. */
export function naturalType(value: Value | Date): DataType {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int64'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'string') return 'utf8'
  if (value instanceof Uint8Array) return 'binary'
  if (value instanceof Date) return 'timestamp[ms]'
  return 'bool'
}

export const asTyped = <T extends DataType, N extends boolean, G extends Scope>(
  expr: Expression,
): ExprOf<T, N, G> => expr as unknown as ExprOf<T, N, G>
