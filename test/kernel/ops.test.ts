/** Every op on every combination of edge values gives the same bits on every back end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { i32, KernelBuilder, load, op, toInt } from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Kernel, Mem, ValueType } from '../../ir/kernel/node.ts'
import { type OpName, opNames, opRow, type Scalar } from '../../ir/kernel/ops.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout } from '../../ir/layout.ts'
import { backends, type TestBackend } from '../support/backends.ts'
import { edges } from '../support/edges.ts'
import { peek, placeMems, poke } from '../support/memory.ts'

const stored: Readonly<Record<ValueType, FieldType>> = { bool: 'u8', i32: 'i32', i64: 'i64', f64: 'f64' }

interface Case {
  readonly name: OpName
  readonly mem: Mem
  readonly kernel: Kernel
  readonly rows: readonly (readonly Scalar[])[]
}

/** A kernel that applies one op to every row of its operands. */
function caseOf(name: OpName): Case {
  const { args, result } = opRow(name)
  const fields = Object.fromEntries(args.map((type, i) => [`a${i}`, stored[type]]))
  const rows = args.reduce<Scalar[][]>(
    (sofar, type) => sofar.flatMap(row => edges[type].map(v => [...row, v])),
    [[]],
  )
  const mem = columnLayout('m', 'output', { ...fields, r: stored[result] }, rows.length)
  const k = new KernelBuilder(`op_${name.replace('.', '_')}`)
  k.range('i', i32(0), i32(rows.length), i => {
    const operand = (type: ValueType, n: number): Expr => {
      const raw = load(mem, `a${n}`, i)
      return type === 'bool' ? op('ne.i32', raw, i32(0)) : raw
    }
    const value = op(name, ...args.map(operand))
    k.store(mem, 'r', i, result === 'bool' ? toInt(value) : value)
  })
  k.return(i32(0))
  return { name, mem, kernel: verifyKernel(k.finish()), rows }
}

const bits = (value: Scalar): string => {
  if (typeof value !== 'number') return String(value)
  return Object.is(value, -0) ? '-0' : String(value)
}

for (const backend of backends) {
  test(`every op on edge values: ${backend.name}`, async () => {
    for (const name of opNames) {
      if (backend.name === 'native' && opRow(name).host) continue
      // It acts on memory and has no value for given operands alone.
      if (opRow(name).effect) continue
      await check(caseOf(name), backend)
    }
  })
}

async function check({ name, mem, kernel, rows }: Case, backend: TestBackend): Promise<void> {
  const program = await backend.compile({ name, kernels: [kernel] })
  const memory = placeMems([mem], rows.length)
  rows.forEach((row, i) => {
    row.forEach((value, n) => {
      poke(memory, mem, `a${n}`, i, value)
    })
  })
  program.link(memory).get(kernel.name)?.()
  const evaluate = opRow(name).evaluate as (...args: readonly Scalar[]) => Scalar
  rows.forEach((row, i) => {
    const value = evaluate(...row)
    const want = typeof value === 'boolean' ? Number(value) : value
    assert.equal(bits(peek(memory, mem, 'r', i)), bits(want), `${name}(${row.map(bits).join(', ')})`)
  })
}
