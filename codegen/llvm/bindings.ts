/**
 * The part of llvm-bindings that the emitter uses, as types, and the one place that loads it. The package is
 * optional and holds a whole LLVM that crashes on misuse: only the compile child calls `loadBindings`.
 */
import { createRequire } from 'node:module'

/** Opaque handles; the brand keeps a value from being passed where a type is wanted. */
export interface Type {
  readonly handle: 'type'
}
export interface Value {
  readonly handle: 'value'
}
export interface BasicBlock {
  readonly handle: 'block'
}
export interface Fn {
  readonly handle: 'function'
  getArg(index: number): Value & { setName(name: string): void }
  setDoesNotThrow(): void
  eraseFromParent(): void
}
export interface Module {
  getFunction(name: string): Fn | null
  print(): string
}
interface Context {
  readonly handle: 'context'
}

type Unary = (value: Value) => Value
type Binary = (left: Value, right: Value) => Value
type Cast = (value: Value, to: Type) => Value

export interface Builder {
  SetInsertPoint(block: BasicBlock): void
  getInt1(value: boolean): Value
  getInt1Ty(): Type
  getInt8Ty(): Type
  getInt16Ty(): Type
  getInt32Ty(): Type
  getInt64Ty(): Type
  getFloatTy(): Type
  getDoubleTy(): Type

  CreateRet: Unary
  CreateBr(to: BasicBlock): Value
  CreateCondBr(cond: Value, then: BasicBlock, otherwise: BasicBlock): Value

  CreateAdd: Binary
  CreateSub: Binary
  CreateMul: Binary
  CreateSDiv: Binary
  CreateUDiv: Binary
  CreateSRem: Binary
  CreateURem: Binary
  CreateAnd: Binary
  CreateOr: Binary
  CreateXor: Binary
  CreateShl: Binary
  CreateAShr: Binary
  CreateLShr: Binary
  CreateNot: Unary
  CreateFAdd: Binary
  CreateFSub: Binary
  CreateFMul: Binary
  CreateFDiv: Binary
  CreateFRem: Binary
  CreateFNeg: Unary

  CreateICmpEQ: Binary
  CreateICmpNE: Binary
  CreateICmpSLT: Binary
  CreateICmpSLE: Binary
  CreateICmpSGT: Binary
  CreateICmpSGE: Binary
  CreateICmpULT: Binary
  CreateICmpULE: Binary
  CreateFCmpOEQ: Binary
  CreateFCmpUNE: Binary
  CreateFCmpOLT: Binary
  CreateFCmpOLE: Binary
  CreateFCmpOGT: Binary
  CreateFCmpOGE: Binary

  CreateTrunc: Cast
  CreateZExt: Cast
  CreateSExt: Cast
  CreateSIToFP: Cast
  CreateUIToFP: Cast
  CreateFPTrunc: Cast
  CreateFPExt: Cast
  CreateBitCast: Cast
  CreateIntToPtr(value: Value, to: Type, name?: string): Value

  /** `null` stands for one element; leaving it out makes llvm-bindings throw. */
  CreateAlloca(type: Type, size: null, name: string): Value
  CreateLoad(type: Type, at: Value, name?: string): Value
  CreateStore(value: Value, at: Value): Value
  CreateGEP(type: Type, base: Value, index: Value): Value
  CreateInBoundsGEP(type: Type, base: Value, index: Value | readonly Value[]): Value
  CreateCall(callee: Fn, args: readonly Value[]): Value
  CreateSelect(cond: Value, then: Value, otherwise: Value): Value
  CreateExtractValue(aggregate: Value, path: readonly number[]): Value
}

export interface Bindings {
  readonly LLVMContext: new () => Context
  readonly SMDiagnostic: new () => { readonly handle: 'diagnostic' }
  readonly IRBuilder: new (context: Context) => Builder
  readonly PointerType: { getUnqual(to: Type): Type }
  readonly ArrayType: { get(of: Type, length: number): Type }
  readonly FunctionType: { get(result: Type, params: readonly Type[], variadic: boolean): Type }
  readonly Function: {
    readonly LinkageTypes: { readonly ExternalLinkage: number; readonly InternalLinkage: number }
    Create(type: Type, linkage: number, name: string, module: Module): Fn
  }
  readonly BasicBlock: { Create(context: Context, name: string, parent: Fn): BasicBlock }
  readonly ConstantInt: { get(type: Type, value: number, signed: boolean): Value }
  readonly ConstantFP: { get(type: Type, value: number): Value }
  /** Bad text gives a module around a null pointer: the seed is the only text that comes here. */
  parseIRFile(file: string, error: { readonly handle: 'diagnostic' }, context: Context): Module
}

export type LlvmContext = Context

export const loadBindings = (): Bindings => createRequire(import.meta.url)('llvm-bindings') as Bindings
