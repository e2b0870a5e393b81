/**
 * The kernel instruction set: one row per op with its operand types, its result type and its MEANING.
 * Every op is total. The interpreter and the constant folder call `evaluate`; the JavaScript and LLVM
 * spellers must agree with it on every value (test/ops.test.ts compares them on edge values).
 */
import { lowerText, numberText, parseNumber, upperText } from './host-text.ts'
import type { ValueType } from './node.ts'

export type Scalar = boolean | number | bigint

interface Signature {
  readonly args: readonly ValueType[]
  readonly result: ValueType
  /** Its bits depend on the host (libm, locale tables): a plan that uses it stays on the JavaScript tier. */
  readonly host?: true
}
/** An op whose result depends on its operands alone. */
export interface PureOp extends Signature {
  readonly evaluate: (...args: never[]) => Scalar
  readonly effect?: undefined
}
/** An op that reads and writes the bytes region; allowed only as the value of a `let`. */
export interface EffectOp extends Signature {
  readonly effect: Effect
  readonly evaluate?: undefined
}
export type OpRow = PureOp | EffectOp

/** The meaning of an op with an effect: a function of the bytes region and of operands that are i32 or f64. */
export type Effect = (bytes: Uint8Array, ...args: number[]) => number

/** Name of the region that ops with an effect act on. */
export const EFFECT_REGION = 'bytes'

interface JsOf {
  bool: boolean
  i32: number
  i64: bigint
  f64: number
}
type JsArgs<A extends readonly ValueType[]> = { [K in keyof A]: JsOf[A[K]] }

const op = <const A extends readonly ValueType[], R extends ValueType>(
  args: A,
  result: R,
  evaluate: (...args: JsArgs<A>) => JsOf[R],
): OpRow => ({ args, result, evaluate: evaluate as unknown as PureOp['evaluate'] })
const b2 = (evaluate: (a: boolean, b: boolean) => boolean) => op(['bool', 'bool'], 'bool', evaluate)
const i2 = (evaluate: (a: number, b: number) => number) => op(['i32', 'i32'], 'i32', evaluate)
const itest = (evaluate: (a: number, b: number) => boolean) => op(['i32', 'i32'], 'bool', evaluate)
const l2 = (evaluate: (a: bigint, b: bigint) => bigint) =>
  op(['i64', 'i64'], 'i64', (a, b) => BigInt.asIntN(64, evaluate(a, b)))
const ltest = (evaluate: (a: bigint, b: bigint) => boolean) => op(['i64', 'i64'], 'bool', evaluate)
const f1 = (evaluate: (a: number) => number) => op(['f64'], 'f64', evaluate)
const f2 = (evaluate: (a: number, b: number) => number) => op(['f64', 'f64'], 'f64', evaluate)
const ftest = (evaluate: (a: number, b: number) => boolean) => op(['f64', 'f64'], 'bool', evaluate)
const host = (row: OpRow): OpRow => ({ ...row, host: true })
const effect = (args: readonly ('i32' | 'f64')[], result: 'i32' | 'f64', act: Effect): OpRow => ({
  args,
  result,
  effect: act,
})

const u64 = (a: bigint): bigint => BigInt.asUintN(64, a)
const leaves64 = (exact: bigint): boolean => BigInt.asIntN(64, exact) !== exact
const leavesU64 = (exact: bigint): boolean => BigInt.asUintN(64, exact) !== exact
const saturate = (x: number, min: bigint, max: bigint): bigint => {
  if (Number.isNaN(x)) return 0n
  if (x >= Number(max)) return max
  return x <= Number(min) ? min : BigInt(Math.trunc(x))
}
const MIN64 = -(1n << 63n)
const MAX64 = (1n << 63n) - 1n

const buffer = new DataView(new ArrayBuffer(8))
/** A NaN counts as the canonical one: which bits it has differs from machine to machine. */
const bitsOf = (x: number): bigint => {
  buffer.setFloat64(0, Number.isNaN(x) ? Number.NaN : x)
  return buffer.getBigInt64(0)
}
const ofBits = (x: bigint): number => {
  buffer.setBigInt64(0, x)
  return buffer.getFloat64(0)
}

export const ops = {
  'and.bool': b2((a, b) => a && b),
  'or.bool': b2((a, b) => a || b),
  'eq.bool': b2((a, b) => a === b),
  'ne.bool': b2((a, b) => a !== b),
  'not.bool': op(['bool'], 'bool', a => !a),
  'int.bool': op(['bool'], 'i32', a => (a ? 1 : 0)),

  'add.i32': i2((a, b) => (a + b) | 0),
  'sub.i32': i2((a, b) => (a - b) | 0),
  'mul.i32': i2((a, b) => Math.imul(a, b)),
  'div.i32': i2((a, b) => (b === 0 ? 0 : (a / b) | 0)),
  'rem.i32': i2((a, b) => (b === 0 ? 0 : (a % b) | 0)),
  'and.i32': i2((a, b) => a & b),
  'or.i32': i2((a, b) => a | b),
  'xor.i32': i2((a, b) => a ^ b),
  'shl.i32': i2((a, b) => a << b),
  'shr.i32': i2((a, b) => a >> b),
  'shru.i32': i2((a, b) => (a >>> b) | 0),
  'eq.i32': itest((a, b) => a === b),
  'ne.i32': itest((a, b) => a !== b),
  'lt.i32': itest((a, b) => a < b),
  'le.i32': itest((a, b) => a <= b),
  'gt.i32': itest((a, b) => a > b),
  'ge.i32': itest((a, b) => a >= b),
  'addo.i32': itest((a, b) => a + b !== ((a + b) | 0)),
  'subo.i32': itest((a, b) => a - b !== ((a - b) | 0)),
  'mulo.i32': itest((a, b) => a * b !== ((a * b) | 0)),

  'add.i64': l2((a, b) => a + b),
  'sub.i64': l2((a, b) => a - b),
  'mul.i64': l2((a, b) => a * b),
  'div.i64': l2((a, b) => (b === 0n ? 0n : a / b)),
  'rem.i64': l2((a, b) => (b === 0n ? 0n : a % b)),
  'divu.i64': l2((a, b) => (b === 0n ? 0n : u64(a) / u64(b))),
  'remu.i64': l2((a, b) => (b === 0n ? 0n : u64(a) % u64(b))),
  'and.i64': l2((a, b) => a & b),
  'or.i64': l2((a, b) => a | b),
  'xor.i64': l2((a, b) => a ^ b),
  'eq.i64': ltest((a, b) => a === b),
  'ne.i64': ltest((a, b) => a !== b),
  'lt.i64': ltest((a, b) => a < b),
  'le.i64': ltest((a, b) => a <= b),
  'gt.i64': ltest((a, b) => a > b),
  'ge.i64': ltest((a, b) => a >= b),
  'ltu.i64': ltest((a, b) => u64(a) < u64(b)),
  'leu.i64': ltest((a, b) => u64(a) <= u64(b)),
  'addo.i64': ltest((a, b) => leaves64(a + b)),
  'subo.i64': ltest((a, b) => leaves64(a - b)),
  'mulo.i64': ltest((a, b) => leaves64(a * b)),
  'addou.i64': ltest((a, b) => leavesU64(u64(a) + u64(b))),
  'mulou.i64': ltest((a, b) => leavesU64(u64(a) * u64(b))),

  'add.f64': f2((a, b) => a + b),
  'sub.f64': f2((a, b) => a - b),
  'mul.f64': f2((a, b) => a * b),
  'div.f64': f2((a, b) => a / b),
  'rem.f64': f2((a, b) => a % b),
  'neg.f64': f1(a => -a),
  'abs.f64': f1(Math.abs),
  'sqrt.f64': f1(Math.sqrt),
  'floor.f64': f1(Math.floor),
  'ceil.f64': f1(Math.ceil),
  'trunc.f64': f1(Math.trunc),
  'fround.f64': f1(Math.fround),
  'eq.f64': ftest((a, b) => a === b),
  'ne.f64': ftest((a, b) => a !== b),
  'lt.f64': ftest((a, b) => a < b),
  'le.f64': ftest((a, b) => a <= b),
  'gt.f64': ftest((a, b) => a > b),
  'ge.f64': ftest((a, b) => a >= b),
  /** The one NaN that is stored. */
  'canon.f64': f1(a => (Number.isNaN(a) ? Number.NaN : a)),

  'extend.i32': op(['i32'], 'i64', a => BigInt(a)),
  'extendu.i32': op(['i32'], 'i64', a => BigInt(a >>> 0)),
  'low.i64': op(['i64'], 'i32', a => Number(BigInt.asIntN(32, a))),
  'high.i64': op(['i64'], 'i32', a => Number(BigInt.asIntN(32, a >> 32n))),
  'float.i32': op(['i32'], 'f64', a => a),
  'float.i64': op(['i64'], 'f64', a => Number(a)),
  'floatu.i64': op(['i64'], 'f64', a => Number(u64(a))),
  /** Toward zero, saturating, NaN is 0; guard with comparisons where that is not wanted. */
  'int32.f64': op(['f64'], 'i32', a => Number(saturate(a, -2147483648n, 2147483647n))),
  'int.f64': op(['f64'], 'i64', a => saturate(a, MIN64, MAX64)),
  'intu.f64': op(['f64'], 'i64', a => BigInt.asIntN(64, saturate(a, 0n, (1n << 64n) - 1n))),
  'bits.f64': op(['f64'], 'i64', bitsOf),
  'ofbits.i64': op(['i64'], 'f64', ofBits),

  'exp.f64': host(f1(Math.exp)),
  'log.f64': host(f1(Math.log)),
  'log2.f64': host(f1(Math.log2)),
  'log10.f64': host(f1(Math.log10)),
  'cbrt.f64': host(f1(Math.cbrt)),
  'sin.f64': host(f1(Math.sin)),
  'cos.f64': host(f1(Math.cos)),
  'tan.f64': host(f1(Math.tan)),
  'asin.f64': host(f1(Math.asin)),
  'acos.f64': host(f1(Math.acos)),
  'atan.f64': host(f1(Math.atan)),
  'pow.f64': host(f2(Math.pow)),
  'atan2.f64': host(f2(Math.atan2)),

  /** A range of the bytes region (offset, length) in other case, written to an offset; the new length. */
  'upper.text': host(effect(['i32', 'i32', 'i32'], 'i32', upperText)),
  'lower.text': host(effect(['i32', 'i32', 'i32'], 'i32', lowerText)),
  /** A number as JavaScript prints it, written to an offset; the length. */
  'number.text': host(effect(['f64', 'i32'], 'i32', numberText)),
  /** The number that JavaScript makes of a range. */
  'parse.text': host(effect(['i32', 'i32'], 'f64', parseNumber)),
} as const satisfies Record<string, OpRow>

export type OpName = keyof typeof ops
export const opNames = Object.keys(ops) as readonly OpName[]
/** The row of an op, without the literal types that make the table a closed list. */
export const opRow = (name: OpName): OpRow => ops[name]

/** The comparison that holds where another does not. Floats have none: a NaN is in no order. */
export const oppositeOf: Readonly<Partial<Record<OpName, OpName>>> = {
  'eq.i32': 'ne.i32',
  'ne.i32': 'eq.i32',
  'lt.i32': 'ge.i32',
  'ge.i32': 'lt.i32',
  'gt.i32': 'le.i32',
  'le.i32': 'gt.i32',
  'eq.i64': 'ne.i64',
  'ne.i64': 'eq.i64',
  'lt.i64': 'ge.i64',
  'ge.i64': 'lt.i64',
  'gt.i64': 'le.i64',
  'le.i64': 'gt.i64',
}
