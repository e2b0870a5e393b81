/**
 * The nodes of the kernel IR. A kernel is a pure function of memory: it names no clock, no function and no
 * operator. The laws that a kernel must keep are in the header of verify.ts.
 */
import type { OpName } from './ops.ts'

/** Types of kernel values: i32 and i64 wrap, f64 is IEEE double. */
export type ValueType = 'bool' | 'i32' | 'i64' | 'f64'

/** How a field is stored. Loads widen to a value type, stores narrow; `bit` is one bit, LSB first as in Arrow. */
export type FieldType = 'bit' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'f32' | 'f64'

/** A field of a region: element `i` lies at byte `offset + i * stride` (a `bit` at bit `offset * 8 + i`). */
export interface Field {
  readonly type: FieldType
  readonly offset: number
  readonly stride: number
  /** Set where the value is an id of an interned string, so that the sweep finds all that is in use. */
  readonly interned?: boolean
}

/**
 * What a region is for. `control`: written by runtime and kernel, one row but for counts; `params`: constants of
 * the plan; `input`: columns of the current batch; `state`: survives batches, is checkpointed; `scratch`: dies with
 * the kernel call; `output`: rows handed on; `bytes`: the one region that all strings lie in.
 */
export type Role = 'control' | 'params' | 'input' | 'state' | 'scratch' | 'output' | 'bytes'

/** A region of memory as a kernel sees it. How many rows it holds is known to the control block, not here. */
export interface Mem {
  readonly name: string
  readonly role: Role
  readonly fields: Readonly<Record<string, Field>>
}

export interface Const {
  readonly kind: 'const'
  readonly type: ValueType
  readonly value: boolean | number | bigint
}
export interface Local {
  readonly kind: 'local'
  readonly type: ValueType
  readonly name: string
}
export interface Op {
  readonly kind: 'op'
  readonly type: ValueType
  readonly op: OpName
  readonly args: readonly Expr[]
}
export interface Load {
  readonly kind: 'load'
  readonly type: ValueType
  readonly mem: Mem
  readonly field: string
  readonly index: Expr
}
export interface Select {
  readonly kind: 'select'
  readonly type: ValueType
  readonly cond: Expr
  readonly then: Expr
  readonly else: Expr
}
/** Pure, except that a load reads memory. */
export type Expr = Const | Local | Op | Load | Select

export type Phase = 'reserve' | 'apply' | 'emit'

export type Block = readonly Stmt[]
export type Stmt =
  | { readonly kind: 'let'; readonly local: Local; readonly value: Expr }
  | { readonly kind: 'set'; readonly local: Local; readonly value: Expr }
  | {
      readonly kind: 'store'
      readonly mem: Mem
      readonly field: string
      readonly index: Expr
      readonly value: Expr
    }
  | { readonly kind: 'if'; readonly cond: Expr; readonly then: Block; readonly else: Block }
  | { readonly kind: 'loop'; readonly label: string; readonly body: Block }
  | { readonly kind: 'block'; readonly label: string; readonly body: Block }
  | { readonly kind: 'break'; readonly label: string }
  | { readonly kind: 'continue'; readonly label: string }
  | { readonly kind: 'return'; readonly value: Expr }
  | { readonly kind: 'prefetch'; readonly mem: Mem; readonly field: string; readonly index: Expr }
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'note'; readonly text: string }

/** All that ends a line for JavaScript: a note is printed as a comment, and becomes code behind the first of these. */
export const lineEnds = /[\n\r\u2028\u2029]/g

/** A kernel takes no arguments and returns a status (abi.ts); all else goes through `mems`. */
export interface Kernel {
  readonly name: string
  readonly mems: readonly Mem[]
  readonly body: Block
}

/** The value type that a load of a field yields. */
export const widened: Readonly<Record<FieldType, ValueType>> = {
  bit: 'bool',
  i8: 'i32',
  u8: 'i32',
  i16: 'i32',
  u16: 'i32',
  i32: 'i32',
  u32: 'i64',
  i64: 'i64',
  f32: 'f64',
  f64: 'f64',
}

/** Bytes of one element; a bit counts as none. */
export const fieldWidth: Readonly<Record<FieldType, number>> = {
  bit: 0,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  f32: 4,
  f64: 8,
}

/** Does control never pass the end of a block? Used by verify and by the emitters. */
export function endsControl(block: Block): boolean {
  const last = block.at(-1)
  return last !== undefined && isEnd(last)
}

/** Does control never pass a statement? */
export function isEnd(stmt: Stmt): boolean {
  switch (stmt.kind) {
    case 'break':
    case 'continue':
    case 'return':
      return true
    case 'if':
      return endsControl(stmt.then) && endsControl(stmt.else)
    default:
      return false
  }
}
