/**
 * What the emitter builds with: one context, one module and one builder for the life of the compile child
 * (llvm-bindings frees nothing), the types, and constants made in the ways that are exact.
 */
import type { ValueType } from '../../ir/kernel/node.ts'
import type { Bindings, Builder, Fn, LlvmContext, Module, Type, Value } from './bindings.ts'

export interface Types {
  readonly i1: Type
  readonly i8: Type
  readonly i16: Type
  readonly i32: Type
  readonly i64: Type
  readonly float: Type
  readonly double: Type
}

export interface Toolbox {
  readonly llvm: Bindings
  readonly context: LlvmContext
  readonly module: Module
  readonly b: Builder
  readonly types: Types
  /** How a value of a kernel type is held in a register. */
  readonly valueTypes: Readonly<Record<ValueType, Type>>
  int32(value: number): Value
  int64(value: bigint): Value
  double(value: number): Value
  /** Calls a function that the seed declares or defines. */
  call(name: string, ...args: readonly Value[]): Value
}

/** `seedFile` holds the seed text: llvm-bindings reads LLVM text only from files. */
export function openToolbox(llvm: Bindings, seedFile: string): Toolbox {
  const context = new llvm.LLVMContext()
  const module = llvm.parseIRFile(seedFile, new llvm.SMDiagnostic(), context)
  const b = new llvm.IRBuilder(context)
  const types = typesOf(b)
  const valueTypes = { bool: types.i1, i32: types.i32, i64: types.i64, f64: types.double }
  return {
    llvm,
    context,
    module,
    b,
    types,
    valueTypes,
    int32: value => llvm.ConstantInt.get(types.i32, value, true),
    int64: value => int64(llvm, b, types.i64, value),
    double: value => llvm.ConstantFP.get(types.double, value),
    call: (name, ...args) => b.CreateCall(functionOf(module, name), args),
  }
}

const typesOf = (b: Builder): Types => ({
  i1: b.getInt1Ty(),
  i8: b.getInt8Ty(),
  i16: b.getInt16Ty(),
  i32: b.getInt32Ty(),
  i64: b.getInt64Ty(),
  float: b.getFloatTy(),
  double: b.getDoubleTy(),
})

const WORD = 32n

/** llvm-bindings takes numbers, exact to 2^53: a wider constant is put together from words, which LLVM folds. */
function int64(llvm: Bindings, b: Builder, type: Type, value: bigint): Value {
  const constant = (part: bigint): Value => llvm.ConstantInt.get(type, Number(part), true)
  if (BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return constant(value)
  }
  return b.CreateOr(b.CreateShl(constant(value >> WORD), constant(WORD)), constant(BigInt.asUintN(32, value)))
}

/** A null function would end the process inside llvm-bindings. */
function functionOf(module: Module, name: string): Fn {
  const fn = module.getFunction(name)
  if (!fn) throw new Error(`the seed has no function ${name}`)
  return fn
}

/** The smallest double that is not subnormal. */
const MIN_NORMAL = 2 ** -1022

/**
 * The nearest float. LLVM 14 and 15 truncate some subnormal constants to the smallest float where zero is right
 * (llvm/llvm-project issue 55838), so no subnormal double reaches the truncation: times zero it is zero of its sign.
 */
export function roundToFloat(t: Toolbox, value: Value): Value {
  const { b } = t
  const isTiny = b.CreateFCmpOLT(t.call('llvm.fabs.f64', value), t.double(MIN_NORMAL))
  const zero = b.CreateFMul(value, t.double(0))
  return b.CreateFPTrunc(b.CreateSelect(isTiny, zero, value), t.types.float)
}
