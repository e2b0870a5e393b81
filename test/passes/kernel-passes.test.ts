/** Kernel passes: each alone and all together leave the same memory behind, and do what they are for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { interpret } from '../../codegen/interp/interpret.ts'
import { kernelPasses, optimiseKernel } from '../../compiler/passes/kernel/index.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { printBlock } from '../../ir/kernel/print.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { fills, memoryOf } from '../gen/fills.ts'
import { genPrograms } from '../gen/kernels.ts'
import { bytesOf } from '../support/memory.ts'
import { runs } from '../support/runs.ts'

type Pass = (kernel: Kernel) => Kernel
const passes: Readonly<Record<string, Pass>> = { ...kernelPasses, all: optimiseKernel }

for (const [name, pass] of Object.entries(passes)) {
  test(`${name} keeps the meaning of random kernels`, () => {
    fc.assert(
      fc.property(genPrograms, fills, ({ kernels }, fill) => {
        const changed = kernels.map(kernel => verifyKernel(pass(kernel)))
        const results = [kernels, changed].map(some => {
          const memory = memoryOf(fill)
          const linked = interpret({ name, kernels: some }).link(memory)
          return { statuses: some.map(kernel => linked.get(kernel.name)?.()), bytes: bytesOf(memory) }
        })
        assert.deepEqual(results[1], results[0])
      }),
      { numRuns: runs(150), includeErrorInReport: true },
    )
  })
}

/** A kernel over some regions, from the text of its body. */
const kernelOf = (body: string): Kernel =>
  verifyKernel(
    parseKernel(`kernel k
  mem s state { a i32 0+16, b i32 4+16, l i64 8+16 }
  mem in input { x i32 0+4, y i64 64+8 }
  mem bytes bytes { u8 u8 0+1, i32 i32 0+1 }
begin
${body}
end`),
  )

const textOf = (kernel: Kernel): string =>
  printBlock(kernel.body, 0)
    .map(line => line.trimEnd())
    .join('\n')

/** The body after a pass, line by line. */
function check(pass: Pass, before: string, after: string): void {
  assert.equal(textOf(pass(kernelOf(before))), after.trim())
}

test('fold computes constants, takes the branch that is known and cuts what cannot be reached', () => {
  const body = `
  s[0].a = add.i32(2, mul.i32(3, 4))
  s[0].l = div.i64(7n, 0n)
  if lt.i32(1, 2)
    return 1
  end
  return 0`
  check(kernelPasses.cse, body, 's[0].a = 14\ns[0].l = 0n\nreturn 1')
})

test('simplify knows the laws of integers and conditions, and leaves floats alone', () => {
  const body = `
  let a: i32 = s[0].a
  s[0].b = mul.i32(add.i32(a, 0), 1)
  if not.bool(not.bool(and.bool(lt.i32(a, 5), true)))
    s[0].b = select(lt.i32(a, 1), 7, 7)
  end
  if not.bool(lt.i32(a, 0))
    return 1
  end
  return 0`
  const after = `
let a: i32 = s[0].a
s[0].b = a
if lt.i32(a, 5)
  s[0].b = 7
end
if ge.i32(a, 0)
  return 1
end
return 0`
  check(kernelPasses.cse, body, after)
})

test('cse finds what a local holds, until a store or a loop may change it', () => {
  const body = `
  let p: i32 = add.i32(s[0].a, 1)
  let q: i32 = add.i32(s[0].a, 1)
  s[0].b = q
  let r: i32 = add.i32(s[0].a, 1)
  s[0].a = r
  let t: i32 = add.i32(s[0].a, 1)
  s[0].b = t
  return 0`
  const after = `
let p: i32 = add.i32(s[0].a, 1)
let q: i32 = p
s[0].b = p
let r: i32 = p
s[0].a = p
let t: i32 = add.i32(s[0].a, 1)
s[0].b = t
return 0`
  check(kernelPasses.cse, body, after)
})

test('what a branch that is taken for certain changes is known no more behind it', () => {
  const body = `
  if lt.i32(1, 2)
    let p: i32 = add.i32(s[0].a, 1)
    s[0].a = p
  end
  let q: i32 = add.i32(s[0].a, 1)
  s[0].b = q
  return 0`
  const after = `
let p: i32 = add.i32(s[0].a, 1)
s[0].a = p
let q: i32 = add.i32(s[0].a, 1)
s[0].b = q
return 0`
  check(kernelPasses.cse, body, after)
})

test('what a store or a call changes is known no more, however much was made of it', () => {
  const body = `
  let p: i32 = add.i32(s[0].a, 1)
  let q: i32 = mul.i32(s[0].a, 3)
  let byte: i32 = bytes[8].u8
  s[0].b = add.i32(p, add.i32(q, byte))
  if lt.i32(1, 2)
    s[0].a = 5
    let length: i32 = upper.text(0, 1, 8)
    s[0].b = length
  end
  let p2: i32 = add.i32(s[0].a, 1)
  let q2: i32 = mul.i32(s[0].a, 3)
  let byte2: i32 = bytes[8].u8
  s[0].b = add.i32(p2, add.i32(q2, byte2))
  return 0`
  const plain = body.replace(/ {2}if .*\n/, '').replace(/ {2}end\n/, '')
  check(kernelPasses.cse, body, plain.replaceAll(/^ +/gm, ''))
})

test('choices between the same numbers of two types are two', () => {
  const body = `
  let p: bool = lt.i32(s[0].a, 1)
  let x: i32 = select(p, 1, 2)
  let y: i64 = select(p, 1n, 2n)
  let q: bool = lt.i32(s[0].b, 1)
  let z: i32 = select(q, 1, 2)
  s[0].a = add.i32(x, z)
  s[0].l = y
  return 0`
  check(kernelPasses.cse, body, body.replaceAll(/^ {2}/gm, ''))
})

test('merge joins branches by one condition, unless the first may change it', () => {
  const branch = (cond: string, store: string) => `
  if ${cond}
    ${store}
  end`
  const p = 'let p: bool = lt.i32(s[0].a, 1)'
  const joined = `
let p: bool = lt.i32(s[0].a, 1)
if p
  s[0].a = 1
  s[0].b = 2
end
return 0`
  check(
    kernelPasses.merge,
    `${p}${branch('p', 's[0].a = 1')}${branch('p', 's[0].b = 2')}\n  return 0`,
    joined,
  )
  const apart = `
if lt.i32(s[0].a, 1)
  s[0].a = 1
end
if lt.i32(s[0].a, 1)
  s[0].b = 2
end
return 0`
  check(kernelPasses.merge, apart, apart)
})

test('simplify turns choices between truths into logic', () => {
  const body = `
  let p: bool = lt.i32(s[0].a, 1)
  let q: bool = lt.i32(s[0].b, 1)
  s[0].a = select(select(not.bool(p), p, false), 1, 2)
  s[0].a = select(and.bool(q, and.bool(p, q)), 1, 2)
  s[0].a = select(select(p, q, false), 1, 2)
  return 0`
  const after = `
let p: bool = lt.i32(s[0].a, 1)
let q: bool = lt.i32(s[0].b, 1)
s[0].a = 2
s[0].a = select(and.bool(p, q), 1, 2)
s[0].a = select(and.bool(p, q), 1, 2)
return 0`
  check(kernelPasses.cse, body, after)
})

test('hoist moves what a loop does not change, but no load that might leave its region', () => {
  const body = `
  let i: i32 = 0
  loop rows
    if ge.i32(i, s[0].a)
      break rows
    end
    s[i].b = add.i32(in[i].x, mul.i32(s[0].a, 3))
    i = add.i32(i, 1)
  end
  return 0`
  const after = `
let i: i32 = 0
let a: i32 = s[0].a
let mul: i32 = mul.i32(s[0].a, 3)
loop rows
  if ge.i32(i, a)
    break rows
  end
  s[i].b = add.i32(in[i].x, mul)
  i = add.i32(i, 1)
end
return 0`
  check(kernelPasses.hoist, body, after)
})

test('dce drops locals that nobody reads and branches that do nothing', () => {
  const body = `
  let a: i32 = s[0].a
  let b: i32 = add.i32(a, 1)
  b = 7
  block out
    if lt.i32(a, 1)
      ; nothing to do
    end
    s[0].b = a
  end
  return 0`
  check(kernelPasses.dce, body, 'let a: i32 = s[0].a\ns[0].b = a\nreturn 0')
})

test('cse forgets at the head of a loop what the loop may change, and in copies of what is assigned', () => {
  const body = `
  let p: i32 = add.i32(s[0].a, 1)
  let i: i32 = 0
  loop rows
    if ge.i32(i, 3)
      break rows
    end
    let q: i32 = add.i32(s[0].a, 1)
    let old: i32 = i
    i = add.i32(i, 1)
    s[0].a = add.i32(q, old)
  end
  s[0].b = p
  return 0`
  check(kernelPasses.cse, body, body.replaceAll(/^ {2}/gm, ''))
})

test('cse takes the words of bytes for what their bytes are, and 0 for another number than -0', () => {
  const body = `
  let p: i32 = add.i32(bytes[0].i32, 1)
  bytes[2].u8 = 7
  let q: i32 = add.i32(bytes[0].i32, 1)
  s[0].a = add.i32(p, q)
  let x: f64 = float.i32(s[0].b)
  let y: i64 = bits.f64(div.f64(x, 0.0))
  let z: i64 = bits.f64(div.f64(x, -0.0))
  s[0].l = add.i64(y, z)
  s[0].l = bits.f64(select(lt.i32(q, p), 0.0, -0.0))
  return 0`
  check(kernelPasses.cse, body, body.replaceAll(/^ {2}/gm, ''))
})

test('merge leaves nothing behind a way out', () => {
  const body = `
  let p: bool = lt.i32(s[0].a, 1)
  if p
    return 1
  end
  if p
    s[0].a = 1
  else
    s[0].b = 2
  end
  return 0`
  const after = `
let p: bool = lt.i32(s[0].a, 1)
if p
  return 1
else
  s[0].b = 2
end
return 0`
  check(kernelPasses.merge, body, after)
})

test('dce keeps a branch that acts otherwise only, and simplify knows what changes no truth', () => {
  const otherwise = `
  if lt.i32(s[0].a, 1)
    ; nothing to do
  else
    s[0].b = 1
  end
  return 0`
  check(kernelPasses.dce, otherwise, otherwise.replaceAll(/^ {2}/gm, ''))
  const body = `
  let p: bool = lt.i32(s[0].a, 1)
  s[0].a = select(or.bool(p, false), 1, 2)
  s[0].a = select(or.bool(p, true), 3, 4)
  s[0].a = select(and.bool(p, true), 5, 6)
  s[0].a = select(and.bool(p, false), 7, 8)
  return 0`
  const after = `
let p: bool = lt.i32(s[0].a, 1)
s[0].a = select(p, 1, 2)
s[0].a = 3
s[0].a = select(p, 5, 6)
s[0].a = 8
return 0`
  check(kernelPasses.cse, body, after)
})
