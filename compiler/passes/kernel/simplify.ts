/** Laws of algebra that hold for every value, as a table from op to rule. None changes a float result. */
import { and, bool, isConst, not, op, or } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type OpName, oppositeOf } from '../../../ir/kernel/ops.ts'

type Rule = (a: Expr, b: Expr) => Expr | undefined

const isZero = (expr: Expr): boolean => isConst(expr, 0) || isConst(expr, 0n)
const isOne = (expr: Expr): boolean => isConst(expr, 1) || isConst(expr, 1n)
const isTrue = (expr: Expr): boolean => isConst(expr, true)
const isFalse = (expr: Expr): boolean => isConst(expr, false)
const isNot = (expr: Expr): expr is Expr & { kind: 'op' } => expr.kind === 'op' && expr.op === 'not.bool'

const plus: Rule = (a, b) => (isZero(a) ? b : isZero(b) ? a : undefined)
const minus: Rule = (a, b) => (isZero(b) ? a : undefined)
const times: Rule = (a, b) => (isOne(a) ? b : isOne(b) ? a : undefined)
const never: Rule = (a, b) => (isZero(a) || isZero(b) ? bool(false) : undefined)
const neverByOne: Rule = (a, b) => never(a, b) ?? (isOne(a) || isOne(b) ? bool(false) : undefined)

function negate(a: Expr): Expr | undefined {
  if (isNot(a)) return a.args[0]
  const op = a.kind === 'op' ? oppositeOf[a.op] : undefined
  return a.kind === 'op' && op ? { ...a, op } : undefined
}

/** Locals are compared by name; everything else would have to be compared in depth. */
const isSame = (a: Expr, b: Expr): boolean =>
  a === b || (a.kind === 'local' && b.kind === 'local' && a.name === b.name)
const areOpposite = (a: Expr, b: Expr): boolean =>
  (isNot(a) && isSame(a.args[0], b)) || (isNot(b) && isSame(b.args[0], a))
/** Is an expression made with an op one of whose operands is that one? */
const absorbs = (op: OpName, whole: Expr, part: Expr): boolean =>
  whole.kind === 'op' && whole.op === op && whole.args.some(arg => isSame(arg, part))

/** The laws of `and`, and those of `or` with true and false exchanged: `neutral` changes nothing. */
function lattice(op: 'and.bool' | 'or.bool', a: Expr, b: Expr, neutral: boolean): Expr | undefined {
  if (isConst(a, neutral) || absorbs(op, b, a)) return b
  if (isConst(b, neutral) || absorbs(op, a, b) || isSame(a, b)) return a
  const decided = isConst(a, !neutral) || isConst(b, !neutral) || areOpposite(a, b)
  return decided ? bool(!neutral) : undefined
}

/** The low word of a sum is the sum of the low words. */
const narrowed: Readonly<Partial<Record<OpName, OpName>>> = {
  'add.i64': 'add.i32',
  'sub.i64': 'sub.i32',
  'mul.i64': 'mul.i32',
  'and.i64': 'and.i32',
  'or.i64': 'or.i32',
  'xor.i64': 'xor.i32',
}

function lowWord(a: Expr): Expr | undefined {
  if (a.kind !== 'op') return undefined
  if (a.op === 'extend.i32' || a.op === 'extendu.i32') return a.args[0]
  const narrow = narrowed[a.op]
  const low = (arg: Expr): Expr => simplifyExpr(op('low.i64', arg))
  return narrow && op(narrow, ...a.args.map(low))
}

const rules: Readonly<Partial<Record<OpName, Rule>>> = {
  'and.bool': (a, b) => lattice('and.bool', a, b, true),
  'or.bool': (a, b) => lattice('or.bool', a, b, false),
  'not.bool': negate,
  'low.i64': lowWord,
  'add.i32': plus,
  'add.i64': plus,
  'or.i32': plus,
  'xor.i32': plus,
  'sub.i32': minus,
  'sub.i64': minus,
  'shl.i32': minus,
  'shr.i32': minus,
  'shru.i32': minus,
  'mul.i32': times,
  'mul.i64': times,
  'addo.i32': never,
  'addo.i64': never,
  'addou.i64': never,
  'subo.i32': (_a, b) => (isZero(b) ? bool(false) : undefined),
  'subo.i64': (_a, b) => (isZero(b) ? bool(false) : undefined),
  'mulo.i32': neverByOne,
  'mulo.i64': neverByOne,
  'mulou.i64': neverByOne,
}

export function simplifyExpr(expr: Expr): Expr {
  if (expr.kind === 'op') return rules[expr.op]?.(expr.args[0], expr.args[1]) ?? expr
  return expr.kind === 'select' ? simplifySelect(expr) : expr
}

function simplifySelect(expr: Expr & { kind: 'select' }): Expr {
  const { cond, then, else: otherwise } = expr
  if (then === otherwise) return then
  if (then.kind === 'const' && otherwise.kind === 'const' && Object.is(then.value, otherwise.value))
    return then
  if (isNot(cond)) return simplifySelect({ ...expr, cond: cond.args[0], then: otherwise, else: then })
  return then.type === 'bool' ? simplifyBoolSelect(expr) : expr
}

/** Where a branch is the condition or a constant, a logical op is cheaper. */
function simplifyBoolSelect(expr: Expr & { kind: 'select' }): Expr {
  const { cond, then, else: otherwise } = expr
  if (isTrue(then) && isFalse(otherwise)) return cond
  if (isFalse(then)) return simplifyExpr(and(negate(cond) ?? not(cond), otherwise))
  if (isFalse(otherwise) || isSame(otherwise, cond)) return simplifyExpr(and(cond, then))
  return isTrue(then) || isSame(then, cond) ? simplifyExpr(or(cond, otherwise)) : expr
}
