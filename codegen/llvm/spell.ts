/**
 * How LLVM spells each kernel op. Every row is total as its meaning in the op table is: divisors are guarded,
 * shift amounts masked, conversions saturate. A quotient is fenced: LLVM takes one of what is never below zero for
 * never below zero, but the square root of -0 is -0, and what is divided by that is. `host` rows have no spelling: such
 * a program stays on JavaScript.
 */
import type { OpName } from '../../ir/kernel/ops.ts'
import type { Builder, Value } from './bindings.ts'
import { roundToFloat, type Toolbox } from './toolbox.ts'

export type Spelling = (t: Toolbox, ...args: readonly Value[]) => Value

type BinaryName = {
  [N in keyof Builder]: Builder[N] extends (left: Value, right: Value) => Value ? N : never
}[keyof Builder]

/** One instruction of two operands. */
const binary =
  (name: BinaryName): Spelling =>
  (t, a, b) =>
    t.b[name](a, b)

const intrinsic =
  (name: string): Spelling =>
  (t, ...args) =>
    t.call(name, ...args)

/** The flag of an instruction that also tells whether it overflowed. */
const overflow =
  (name: string): Spelling =>
  (t, a, b) =>
    t.b.CreateExtractValue(t.call(name, a, b), [1])

const SHIFT_MASK = 31
const shift =
  (name: 'CreateShl' | 'CreateAShr' | 'CreateLShr'): Spelling =>
  (t, a, b) =>
    t.b[name](a, t.b.CreateAnd(b, t.int32(SHIFT_MASK)))

interface Width {
  readonly zero: (t: Toolbox) => Value
  readonly one: (t: Toolbox) => Value
  readonly minusOne: (t: Toolbox) => Value
  readonly min: (t: Toolbox) => Value
}
const w32: Width = {
  zero: t => t.int32(0),
  one: t => t.int32(1),
  minusOne: t => t.int32(-1),
  min: t => t.int32(-2147483648),
}
const w64: Width = {
  zero: t => t.int64(0n),
  one: t => t.int64(1n),
  minusOne: t => t.int64(-1n),
  min: t => t.int64(-(1n << 63n)),
}

const isZero = (t: Toolbox, w: Width, b: Value): Value => t.b.CreateICmpEQ(b, w.zero(t))

/** A divisor that the machine can take: 1 in place of 0, and in place of -1 under the smallest value. */
function signedDivisor(t: Toolbox, w: Width, a: Value, b: Value): Value {
  const wraps = t.b.CreateAnd(t.b.CreateICmpEQ(a, w.min(t)), t.b.CreateICmpEQ(b, w.minusOne(t)))
  return t.b.CreateSelect(t.b.CreateOr(isZero(t, w, b), wraps), w.one(t), b)
}

/** MIN / 1 is MIN, which is what MIN / -1 wraps to. */
const signedDiv =
  (w: Width): Spelling =>
  (t, a, b) =>
    t.b.CreateSelect(isZero(t, w, b), w.zero(t), t.b.CreateSDiv(a, signedDivisor(t, w, a, b)))

/** Any remainder by 1 is 0, which is what both guarded cases mean. */
const signedRem =
  (w: Width): Spelling =>
  (t, a, b) =>
    t.b.CreateSRem(a, signedDivisor(t, w, a, b))

const unsignedDivisor: Spelling = (t, b) => t.b.CreateSelect(isZero(t, w64, b), w64.one(t), b)

const canonical: Spelling = (t, a) => t.b.CreateSelect(t.b.CreateFCmpUNE(a, a), t.double(Number.NaN), a)

export const spell: Readonly<Record<OpName, Spelling | 'host'>> = {
  'and.bool': binary('CreateAnd'),
  'or.bool': binary('CreateOr'),
  'eq.bool': binary('CreateICmpEQ'),
  'ne.bool': binary('CreateXor'),
  'not.bool': (t, a) => t.b.CreateNot(a),
  'int.bool': (t, a) => t.b.CreateZExt(a, t.types.i32),

  'add.i32': binary('CreateAdd'),
  'sub.i32': binary('CreateSub'),
  'mul.i32': binary('CreateMul'),
  'div.i32': signedDiv(w32),
  'rem.i32': signedRem(w32),
  'and.i32': binary('CreateAnd'),
  'or.i32': binary('CreateOr'),
  'xor.i32': binary('CreateXor'),
  'shl.i32': shift('CreateShl'),
  'shr.i32': shift('CreateAShr'),
  'shru.i32': shift('CreateLShr'),
  'eq.i32': binary('CreateICmpEQ'),
  'ne.i32': binary('CreateICmpNE'),
  'lt.i32': binary('CreateICmpSLT'),
  'le.i32': binary('CreateICmpSLE'),
  'gt.i32': binary('CreateICmpSGT'),
  'ge.i32': binary('CreateICmpSGE'),
  'addo.i32': overflow('llvm.sadd.with.overflow.i32'),
  'subo.i32': overflow('llvm.ssub.with.overflow.i32'),
  'mulo.i32': overflow('llvm.smul.with.overflow.i32'),

  'add.i64': binary('CreateAdd'),
  'sub.i64': binary('CreateSub'),
  'mul.i64': binary('CreateMul'),
  'div.i64': signedDiv(w64),
  'rem.i64': signedRem(w64),
  'divu.i64': (t, a, b) =>
    t.b.CreateSelect(isZero(t, w64, b), w64.zero(t), t.b.CreateUDiv(a, unsignedDivisor(t, b))),
  'remu.i64': (t, a, b) => t.b.CreateURem(a, unsignedDivisor(t, b)),
  'and.i64': binary('CreateAnd'),
  'or.i64': binary('CreateOr'),
  'xor.i64': binary('CreateXor'),
  'eq.i64': binary('CreateICmpEQ'),
  'ne.i64': binary('CreateICmpNE'),
  'lt.i64': binary('CreateICmpSLT'),
  'le.i64': binary('CreateICmpSLE'),
  'gt.i64': binary('CreateICmpSGT'),
  'ge.i64': binary('CreateICmpSGE'),
  'ltu.i64': binary('CreateICmpULT'),
  'leu.i64': binary('CreateICmpULE'),
  'addo.i64': overflow('llvm.sadd.with.overflow.i64'),
  'subo.i64': overflow('llvm.ssub.with.overflow.i64'),
  'mulo.i64': overflow('llvm.smul.with.overflow.i64'),
  'addou.i64': overflow('llvm.uadd.with.overflow.i64'),
  'mulou.i64': overflow('llvm.umul.with.overflow.i64'),

  'add.f64': binary('CreateFAdd'),
  'sub.f64': binary('CreateFSub'),
  'mul.f64': binary('CreateFMul'),
  'div.f64': (t, a, b) => t.call('llvm.arithmetic.fence.f64', t.b.CreateFDiv(a, b)),
  'rem.f64': binary('CreateFRem'),
  'neg.f64': (t, a) => t.b.CreateFNeg(a),
  'abs.f64': intrinsic('llvm.fabs.f64'),
  'sqrt.f64': intrinsic('llvm.sqrt.f64'),
  'floor.f64': intrinsic('llvm.floor.f64'),
  'ceil.f64': intrinsic('llvm.ceil.f64'),
  'trunc.f64': intrinsic('llvm.trunc.f64'),
  'fround.f64': (t, a) => t.b.CreateFPExt(roundToFloat(t, a), t.types.double),
  'eq.f64': binary('CreateFCmpOEQ'),
  'ne.f64': binary('CreateFCmpUNE'),
  'lt.f64': binary('CreateFCmpOLT'),
  'le.f64': binary('CreateFCmpOLE'),
  'gt.f64': binary('CreateFCmpOGT'),
  'ge.f64': binary('CreateFCmpOGE'),
  'canon.f64': canonical,

  'extend.i32': (t, a) => t.b.CreateSExt(a, t.types.i64),
  'extendu.i32': (t, a) => t.b.CreateZExt(a, t.types.i64),
  'low.i64': (t, a) => t.b.CreateTrunc(a, t.types.i32),
  'high.i64': (t, a) => t.b.CreateTrunc(t.b.CreateAShr(a, t.int64(32n)), t.types.i32),
  'float.i32': (t, a) => t.b.CreateSIToFP(a, t.types.double),
  'float.i64': (t, a) => t.b.CreateSIToFP(a, t.types.double),
  'floatu.i64': (t, a) => t.b.CreateUIToFP(a, t.types.double),
  'int32.f64': intrinsic('llvm.fptosi.sat.i32.f64'),
  'int.f64': intrinsic('llvm.fptosi.sat.i64.f64'),
  'intu.f64': intrinsic('llvm.fptoui.sat.i64.f64'),
  'bits.f64': (t, a) => t.b.CreateBitCast(canonical(t, a), t.types.i64),
  'ofbits.i64': (t, a) => t.b.CreateBitCast(a, t.types.double),

  'exp.f64': 'host',
  'log.f64': 'host',
  'log2.f64': 'host',
  'log10.f64': 'host',
  'cbrt.f64': 'host',
  'sin.f64': 'host',
  'cos.f64': 'host',
  'tan.f64': 'host',
  'asin.f64': 'host',
  'acos.f64': 'host',
  'atan.f64': 'host',
  'pow.f64': 'host',
  'atan2.f64': 'host',

  'upper.text': 'host',
  'lower.text': 'host',
  'number.text': 'host',
  'parse.text': 'host',
}
