/**
 * Every op on constants, and stores of constants, on every back end. Compilers fold constants with code of their
 * own, which need not agree with the machine: LLVM 14 rounds some subnormals wrongly to floats (its issue 55838).
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { constOf, f64, i32, KernelBuilder, op, toInt } from '../../ir/kernel/build.ts'
import type { FieldType, Kernel, ValueType } from '../../ir/kernel/node.ts'
import { type OpName, opNames, opRow, type Scalar } from '../../ir/kernel/ops.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout } from '../../ir/layout.ts'
import { backends, type TestBackend } from '../support/backends.ts'
import { edges } from '../support/edges.ts'
import { peek, placeMems } from '../support/memory.ts'

after(closeNativeCompiler)

const double = new DataView(new ArrayBuffer(8))
const ofBits = (bits: number): number => {
  double.setBigInt64(0, BigInt(bits))
  return double.getFloat64(0)
}

/** Subnormal doubles, of which 503489155 is the one of the issue. */
const subnormals = [1, 2, 3, 503489155, 439753651, 350603141, 0x80000000, 2 ** 40 + 1, 2 ** 52 - 1].map(
  ofBits,
)
/** Around the smallest floats, where rounding to even decides. */
const tinyFloats = [-150, -149, -148, -127, -126].flatMap(e => [
  2 ** e,
  1.5 * 2 ** e,
  2 ** e * (1 + 2 ** -52),
])
const small = [...subnormals, ...tinyFloats].flatMap(x => [x, -x])

const operands: Readonly<Record<ValueType, readonly Scalar[]>> = {
  ...edges,
  f64: [...edges.f64, ...subnormals.slice(0, 4), 2 ** -149],
}
const stored: Readonly<Record<ValueType, FieldType>> = { bool: 'u8', i32: 'i32', i64: 'i64', f64: 'f64' }

/** Rows of operands of one op; a kernel of a few hundred stores is the largest that is worth compiling. */
const ROWS_MAX = 200

function rowsOf(name: OpName): readonly (readonly Scalar[])[] {
  const rows = opRow(name).args.reduce<Scalar[][]>(
    (sofar, type) => sofar.flatMap(row => operands[type].map(value => [...row, value])),
    [[]],
  )
  const step = Math.ceil(rows.length / ROWS_MAX)
  return rows.filter((_, i) => i % step === 0)
}

function kernelOf(name: OpName, rows: readonly (readonly Scalar[])[]): Kernel {
  const { args, result } = opRow(name)
  const mem = resultMem(name, rows.length)
  const k = new KernelBuilder(`const_${name.replace('.', '_')}`)
  rows.forEach((row, i) => {
    const value = op(name, ...row.map((operand, n) => constOf(args[n], operand)))
    const canonical = result === 'f64' ? op('canon.f64', value) : value
    k.store(mem, 'r', i32(i), result === 'bool' ? toInt(value) : canonical)
  })
  k.return(i32(0))
  return verifyKernel(k.finish())
}

const resultMem = (name: OpName, rows: number) =>
  columnLayout('m', 'output', { r: stored[opRow(name).result] }, rows)

const shown = (value: Scalar): string => (Object.is(value, -0) ? '-0' : String(value))

async function check(name: OpName, backend: TestBackend): Promise<void> {
  const rows = rowsOf(name)
  const mem = resultMem(name, rows.length)
  const kernel = kernelOf(name, rows)
  const memory = placeMems([mem], rows.length)
  const program = await backend.compile({ name, kernels: [kernel] })
  program.link(memory).get(kernel.name)?.()
  const evaluate = opRow(name).evaluate as (...args: readonly Scalar[]) => Scalar
  rows.forEach((row, i) => {
    const value = evaluate(...row)
    const want = typeof value === 'boolean' ? Number(value) : value
    assert.equal(shown(peek(memory, mem, 'r', i)), shown(want), `${name}(${row.map(shown).join(', ')})`)
  })
}

for (const backend of backends) {
  test(`every op on constants: ${backend.name}`, async () => {
    for (const name of opNames) {
      if (opRow(name).effect || (backend.name === 'native' && opRow(name).host)) continue
      await check(name, backend)
    }
  })

  test(`small constants become floats: ${backend.name}`, async () => {
    const mem = columnLayout('m', 'output', { stored: 'f32', rounded: 'f64' }, small.length)
    const k = new KernelBuilder('floats')
    small.forEach((x, i) => {
      k.store(mem, 'stored', i32(i), f64(x))
      k.store(mem, 'rounded', i32(i), op('fround.f64', f64(x)))
    })
    k.return(i32(0))
    const memory = placeMems([mem], small.length)
    const program = await backend.compile({ name: 'floats', kernels: [verifyKernel(k.finish())] })
    program.link(memory).get('floats')?.()
    const floats = new Float32Array(memory.buffer, mem.fields.stored.offset, small.length)
    assert.deepEqual([...floats].map(shown), small.map(Math.fround).map(shown))
    assert.deepEqual(
      small.map((_, i) => shown(peek(memory, mem, 'rounded', i))),
      small.map(Math.fround).map(shown),
    )
  })
}
