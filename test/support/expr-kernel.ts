/**
 * Runs expressions over rows of JavaScript values on a back end: one kernel that writes, for each row and
 * expression, the value, whether it is null, and the bits of its faults. For tests of functions and front ends.
 */

import { lowerExpr } from '../../compiler/lower/expr/index.ts'
import { readEdge } from '../../compiler/lower/input.ts'
import { layoutOutput } from '../../compiler/lower/output.ts'
import { ConstantPool, type PlanScope, type RowScope, Scratch } from '../../compiler/lower/scope.ts'
import { faultBits, type Value } from '../../compiler/lower/value.ts'
import { optimiseKernel } from '../../compiler/passes/kernel/index.ts'
import { controlBlock, rowErrors, Status } from '../../ir/abi.ts'
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, type Value as JsValue, type Param, RowFault, visit } from '../../ir/expr/expr.ts'
import { i32, i64, KernelBuilder, load, op, toInt } from '../../ir/kernel/build.ts'
import type { FieldType, Kernel, Expr as KernelExpr, Mem } from '../../ir/kernel/node.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout, rowLayout } from '../../ir/layout.ts'
import type { Schema } from '../../ir/schema.ts'
import { type DataType, isFloat } from '../../ir/types.ts'
import type { TestBackend } from './backends.ts'
import { ExprMemory, fieldsOf, paramText, textBytesOf } from './expr-memory.ts'

export type Row = readonly JsValue[]
export type Params = Readonly<Record<string, JsValue>>

/** What became of an expression on a row: a value, or the codes of the faults that hold. */
export interface Outcome {
  readonly value: JsValue
  readonly faults: readonly string[]
}

export interface ExprKernelOptions {
  readonly lenient?: boolean
  /** Runs the kernel as it was lowered, without the passes. */
  readonly unoptimised?: boolean
}

const SCRATCH_BYTES = 1 << 22

/** A kernel that evaluates some expressions, each on its own, over at most `rowsMax` rows. */
export class ExprKernel {
  readonly columns: Schema
  readonly exprs: readonly Expr[]
  readonly kernel: Kernel
  readonly #rowsMax: number
  readonly #params: readonly Param[]
  readonly #input: Mem
  readonly #output: Mem
  readonly #paramRow: Mem
  readonly #constants = new ConstantPool()

  constructor(columns: Schema, exprs: readonly Expr[], rowsMax: number, options: ExprKernelOptions = {}) {
    this.columns = columns
    this.exprs = exprs
    this.#rowsMax = rowsMax
    this.#params = paramsOf(exprs)
    this.#input = inputOf(columns, rowsMax)
    this.#output = outputOf(exprs, rowsMax)
    this.#paramRow = paramRowOf(this.#params)
    const lowered = this.#lower(options.lenient === true)
    this.kernel = options.unoptimised ? lowered : verifyKernel(optimiseKernel(lowered))
  }

  /** For each row the outcome of each expression. */
  async run(backend: TestBackend, rows: readonly Row[], params: Params = {}): Promise<readonly Outcome[][]> {
    if (rows.length > this.#rowsMax) throw new Error(`${rows.length} rows`)
    const memory = this.#memory(rows, params)
    const program = await backend.compile({ name: 'expressions', kernels: [this.kernel] })
    const status = program.link(memory.placement).get(this.kernel.name)?.()
    if (status !== Status.ok) throw new Error(`the kernel ended with status ${status}`)
    return rows.map((_, i) => this.exprs.map((expr, e) => this.#read(memory, i, e, expr.type)))
  }

  #memory(rows: readonly Row[], params: Params): ExprMemory {
    const mems = [this.#input, this.#output, this.#paramRow]
    const textBytes = textBytesOf([...rows.flat(), ...Object.values(params)])
    const sizes = { rows: this.#rowsMax, textBytes, scratchBytes: SCRATCH_BYTES }
    const memory = new ExprMemory(mems, this.#constants.bytes(), sizes)
    rows.forEach((row, i) => {
      this.columns.forEach(({ type }, c) => {
        memory.write(this.#input, `o${c}`, i, type, row[c])
      })
    })
    this.#params.forEach(({ name, type }, p) => {
      memory.write(this.#paramRow, `p${p}`, 0, type, params[name], paramText)
    })
    memory.control('rows', rows.length)
    return memory
  }

  #read(memory: ExprMemory, row: number, e: number, type: DataType): Outcome {
    const bits = memory.readInt(this.#output, `r${e}_bits`, row)
    const faults = rowErrors.filter(({ bit }) => (bits & bit) !== 0).map(({ code }) => code)
    return { value: faults.length > 0 ? null : memory.read(this.#output, `r${e}`, row, type), faults }
  }

  #lower(lenient: boolean): Kernel {
    const k = new KernelBuilder('expressions')
    const fields = new Map(this.#params.map(({ name }, p) => [name, `p${p}`]))
    const plan: PlanScope = { constants: this.#constants, params: { mem: this.#paramRow, fields }, lenient }
    k.range('i', i32(0), load(controlBlock, 'rows'), i => {
      const cx = scopeOf(k, plan)
      const columns = readEdge(this.#input, this.columns, i)
      this.exprs.forEach((expr, e) => {
        store(k, this.#output, `r${e}`, i, lowerExpr(cx, columns, expr))
      })
      cx.scratch.commit()
    })
    k.return(i32(Status.ok))
    return verifyKernel(k.finish())
  }
}

/** What an expression means on a row, in the form that kernels report it; of its faults only the first. */
export function outcomeOf(
  expr: Expr,
  columns: Schema,
  row: Row,
  params: Params = {},
  lenient = false,
): Outcome {
  const column = (name: string): JsValue => row[columns.findIndex(one => one.name === name)]
  try {
    return { value: evaluate(expr, { column, param: name => params[name], lenient }), faults: [] }
  } catch (fault) {
    if (fault instanceof RowFault) return { value: null, faults: [fault.code] }
    throw fault
  }
}

/** Does a kernel say what the expression means? It reports all faults, the meaning only the first. */
export function isSameOutcome(kernel: Outcome, meaning: Outcome): boolean {
  const [first] = meaning.faults
  if (first !== undefined) return kernel.faults.includes(first)
  return kernel.faults.length === 0 && isSameValue(kernel.value, meaning.value)
}

export function isSameValue(a: JsValue, b: JsValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return Object.is(a, b)
}

function scopeOf(k: KernelBuilder, plan: PlanScope): RowScope {
  const leave = (status: Status): void => k.return(i32(status))
  const never = (): never => {
    throw new Error('an expression alone rejects no row')
  }
  const scratch = new Scratch(k, leave)
  return {
    k,
    plan,
    scratch,
    leave,
    input: 0,
    arrival: i64(0n),
    ahead: undefined,
    lane: undefined,
    masked: false,
    hasPassed: never,
    leaveIfDue: never,
    endCall: never,
    part: never,
    reject: never,
    late: never,
    drop: never,
    stopIfDue: never,
    spend: never,
  }
}

function store(k: KernelBuilder, mem: Mem, field: string, row: KernelExpr, value: Value): void {
  const put = (name: string, expr: KernelExpr): void => k.store(mem, name, row, expr)
  put(`${field}_null`, toInt(value.isNull))
  put(`${field}_bits`, faultBits(value.faults))
  if (value.kind === 'bytes') {
    put(`${field}_at`, value.offset)
    put(`${field}_len`, value.length)
  } else if (isFloat(value.type)) put(field, op('canon.f64', value.value))
  else put(field, value.type === 'bool' ? toInt(value.value) : value.value)
}

function inputOf(columns: Schema, rows: number): Mem {
  const computed = columns.map((column, c) => ({ kind: 'computed' as const, column, field: `o${c}` }))
  return { ...layoutOutput(computed, rows), name: 'in', role: 'input' }
}

function outputOf(exprs: readonly Expr[], rows: number): Mem {
  const fields = exprs.flatMap(({ type }, e): [string, FieldType][] => [
    ...fieldsOf(`r${e}`, type),
    [`r${e}_null`, 'u8'],
    [`r${e}_bits`, 'i32'],
  ])
  return columnLayout('out', 'output', Object.fromEntries(fields), rows)
}

function paramRowOf(params: readonly Param[]): Mem {
  const fields = params.flatMap(({ type, nullable }, p): [string, FieldType][] => [
    ...fieldsOf(`p${p}`, type, paramText),
    ...(nullable ? [[`p${p}_null`, 'u8'] satisfies [string, FieldType]] : []),
  ])
  return rowLayout('params', 'params', Object.fromEntries(fields))
}

function paramsOf(exprs: readonly Expr[]): readonly Param[] {
  const found = new Map<string, Param>()
  for (const expr of exprs) visit(expr, one => one.kind === 'param' && found.set(one.name, one))
  return [...found.values()]
}
