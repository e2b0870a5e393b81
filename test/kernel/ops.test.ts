/** Every op on every combination of edge values gives the same bits on every back end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eq, i32, KernelBuilder, load, op, toInt } from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Kernel, Mem, ValueType } from '../../ir/kernel/node.ts'
import { type OpName, opNames, oppositeOf, opRow, type Scalar } from '../../ir/kernel/ops.ts'
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

/** A kernel that says for every row whether an op over locals yields what it should, before any store wraps it. */
function wantedCase({ name, rows }: Case): Case {
  const { args, result } = opRow(name)
  const fields = Object.fromEntries(args.map((type, i) => [`a${i}`, stored[type]]))
  const mem = columnLayout('m', 'output', { ...fields, want: stored[result], same: 'u8' }, rows.length)
  const k = new KernelBuilder(`want_${name.replace('.', '_')}`)
  const read = (field: string, type: ValueType, i: Expr): Expr => {
    const raw = load(mem, field, i)
    return k.let('x', type === 'bool' ? op('ne.i32', raw, i32(0)) : raw)
  }
  k.range('i', i32(0), i32(rows.length), i => {
    const value = k.let('value', op(name, ...args.map((type, n) => read(`a${n}`, type, i))))
    const want = read('want', result, i)
    const same = result === 'f64' ? eq(op('bits.f64', value), op('bits.f64', want)) : eq(value, want)
    k.store(mem, 'same', i, toInt(same))
  })
  k.return(i32(0))
  return { name, mem, kernel: verifyKernel(k.finish()), rows }
}

async function checkWanted({ name, mem, kernel, rows }: Case, backend: TestBackend): Promise<void> {
  const program = await backend.compile({ name, kernels: [kernel] })
  const memory = placeMems([mem], rows.length)
  const evaluate = opRow(name).evaluate as (...args: readonly Scalar[]) => Scalar
  rows.forEach((row, i) => {
    row.forEach((value, n) => {
      poke(memory, mem, `a${n}`, i, value)
    })
    poke(memory, mem, 'want', i, evaluate(...row))
  })
  program.link(memory).get(kernel.name)?.()
  rows.forEach((row, i) => {
    assert.equal(peek(memory, mem, 'same', i), 1, `${name}(${row.map(bits).join(', ')})`)
  })
}

for (const backend of backends) {
  test(`every op in the midst of others: ${backend.name}`, async () => {
    for (const name of opNames) {
      const isElsewhere = backend.name === 'native' && opRow(name).host
      if (!isElsewhere && !opRow(name).effect) await checkWanted(wantedCase(caseOf(name)), backend)
    }
  })
}

test('where a comparison does not hold its opposite does', () => {
  for (const [name, opposite] of Object.entries(oppositeOf) as [OpName, OpName][]) {
    for (const row of caseOf(name).rows) {
      const [holds, not] = [name, opposite].map(one =>
        (opRow(one).evaluate as (...args: readonly Scalar[]) => Scalar)(...row),
      )
      assert.notEqual(holds, not, `${name} and ${opposite} of ${row.map(bits).join(', ')}`)
    }
  }
})
