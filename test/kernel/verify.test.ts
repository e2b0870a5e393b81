/** Every law of the kernel IR has kernels that break it, and the verifier names it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpret } from '../../codegen/interp/interpret.ts'
import { add, eq, i32, i64, KernelBuilder, load } from '../../ir/kernel/build.ts'
import type { Kernel, Local } from '../../ir/kernel/node.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { rowLayout } from '../../ir/layout.ts'
import { placeMems } from '../support/memory.ts'

const HEAD = `kernel k
  mem s state { a i32 0+16, l i64 8+16 }
  mem in input { x i32 0+4 }
  mem out output { o i32 0+4 }
  mem p params { v i32 0+4 }
begin`

const kernelOf = (body: string): Kernel => parseKernel(`${HEAD}\n${body}\nend`)

/** A return from inside of something that a row does. */
const inApply = (what: string, leave: string): string => `  loop rows
    phase apply
    ${what}
      if lt.i32(s[0].a, 1)
        return 1
      end
      ${leave}
    end
    phase emit
    break rows
  end
  return 0`

/** A row that jumps after it has changed state. */
const halfDone = (jump: string): string => `  loop rows
    phase reserve
    if lt.i32(s[0].a, 1)
      phase apply
      s[0].a = 1
      ${jump}
    end
    phase emit
    break rows
  end
  return 0`

const broken: readonly (readonly [law: number, what: string, body: string])[] = [
  [2, 'a local used before it is defined', '  if true\n    let x: i32 = 1\n  end\n  s[0].a = x\n  return 0'],
  [2, 'a local defined twice', '  let x: i32 = 1\n  let x: i32 = 2\n  return x'],
  [2, 'a break out of nothing', '  break rows\n  return 0'],
  [2, 'a continue of a block', '  block b\n    continue b\n  end\n  return 0'],
  [2, 'a label used twice', '  block b\n    break b\n  end\n  block b\n    break b\n  end\n  return 0'],
  [8, 'a note with a carriage return', '  ; a note\rthat ends\n  return 0'],
  [8, 'a note with a line separator', '  ; a note\u2028that ends\n  return 0'],
  [8, 'a note with a paragraph separator', '  ; a note\u2029that ends\n  return 0'],
  [3, 'a path without return', '  if lt.i32(s[0].a, 1)\n    return 0\n  end'],
  [3, 'code behind a return', '  return 0\n  s[0].a = 1\n  return 1'],
  [3, 'a loop that never ends', '  loop l\n    s[0].a = 1\n  end\n  return 0'],
  [3, 'a loop that only continues', '  loop l\n    continue l\n  end\n  return 0'],
  [4, 'a store to the input', '  in[0].x = 1\n  return 0'],
  [4, 'a store to the parameters', '  p[0].v = 1\n  return 0'],
  [4, 'a store to the input in an else branch', '  if true\n  else\n    in[0].x = 1\n  end\n  return 0'],
  [5, 'state stored before apply', '  phase reserve\n  s[0].a = 1\n  return 0'],
  [5, 'a return between apply and the end of the row', '  phase apply\n  s[0].a = 1\n  return 0'],
  [
    5,
    'a return after a branch that applied',
    '  phase reserve\n  if lt.i32(s[0].a, 1)\n    phase apply\n    s[0].a = 1\n  end\n  return 0',
  ],
  [5, 'reserve after apply', '  loop l\n    phase apply\n    phase reserve\n    break l\n  end\n  return 0'],
  [5, 'a return in a block of apply', inApply('block b', 'break b')],
  [5, 'a return in a loop of apply', inApply('loop l', 'break l')],
  [5, 'a row that is left half done', halfDone('break rows')],
  [5, 'a row that is begun again half done', halfDone('continue rows')],
  [
    6,
    'an i64 carried by a loop',
    '  let x: i64 = 0n\n  loop l\n    x = add.i64(x, 1n)\n    break l\n  end\n  return 0',
  ],
]

for (const [law, what, body] of broken) {
  test(`law ${law}: ${what}`, () => {
    let kernel: Kernel
    try {
      kernel = kernelOf(body)
    } catch {
      // The parser knows locals only where they are in scope, which is the same law.
      assert.equal(law, 2)
      return
    }
    assert.throws(() => verifyKernel(kernel), new RegExp(`breaks law ${law}`))
  })
}

test('law 1: types are checked again where a node was not made by the builder', () => {
  const kernel = kernelOf('  s[0].a = 1\n  return 0')
  const [store, end] = kernel.body
  const wrong = [
    { ...store, value: i64(1n) },
    { ...store, index: i64(0n) },
    { ...store, value: { ...add(i32(1), i32(2)), args: [i32(1), i64(2n)] } },
  ]
  for (const stmt of wrong) {
    const changed = { ...kernel, body: [stmt, end] } as Kernel
    assert.throws(() => verifyKernel(changed), /breaks law 1/)
  }
  assert.throws(() => add(i32(1), i64(2n)), /add.i32 takes/)
})

test('law 2: names are checked again where a kernel was not read from text', () => {
  const mem = rowLayout('m', 'state', { a: 'i32' })
  const wrong: readonly ((k: KernelBuilder) => void)[] = [
    k => {
      let inner: Local | undefined
      k.block('b', label => {
        inner = k.let('inner', i32(1))
        k.break(label)
      })
      if (inner) k.put(mem, 'a', inner)
    },
    k => {
      let inner: Local | undefined
      k.if(eq(load(mem, 'a'), i32(0)), () => {
        inner = k.let('inner', i32(1))
      })
      if (inner) k.set(inner, i32(2))
    },
    k => {
      let behind = ''
      k.loop('l', label => {
        behind = label
        k.break(label)
      })
      k.breakIf(eq(load(mem, 'a'), i32(0)), behind)
    },
  ]
  for (const write of wrong) {
    const k = new KernelBuilder('names')
    write(k)
    k.return(i32(0))
    assert.throws(() => verifyKernel(k.finish()), /breaks law 2/)
  }
})

test('law 7: the interpreter traps an access that leaves its region', () => {
  const mem = rowLayout('m', 'state', { a: 'i32' })
  const k = new KernelBuilder('far')
  k.put(mem, 'a', load(mem, 'a', i32(4)))
  k.return(i32(0))
  const kernel = verifyKernel(k.finish())
  const run = interpret({ name: 'far', kernels: [kernel] }).link({
    ...placeMems([mem], 1),
    regions: new Map([['m', { offset: 0, bytes: 8 }]]),
  })
  assert.throws(() => run.get('far')?.(), /breaks law 7/)
})

/** What one kernel over eight bytes of `m` (fields `a` and `b`) and a flag does, as the interpreter sees it. */
function interpreted(body: string): () => unknown {
  const text = `kernel k\n  mem m state { a i32 0+4, b i32 4+4 }\nbegin\n${body}\nend`
  const memory = {
    buffer: new SharedArrayBuffer(64),
    regions: new Map([['m', { offset: 16, bytes: 10 }]]),
  }
  const kernel = interpret({ name: 'k', kernels: [verifyKernel(parseKernel(text))] })
    .link(memory)
    .get('k')
  return () => kernel?.()
}

test('law 7 holds at both ends, in the side of a choice that is not taken, and for the index of a hint', () => {
  const far = 'm[5].a'
  const breaking = [
    '  return m[-1].b',
    '  return m[2].a',
    `  return select(true, 0, ${far})`,
    `  return select(false, ${far}, 0)`,
    `  prefetch m[${far}].a\n  return 0`,
  ]
  for (const body of breaking) assert.throws(interpreted(body), /breaks law 7/, body)
  for (const body of ['  return m[0].b', '  return m[1].a', '  prefetch m[99].a\n  return 0'])
    assert.equal(interpreted(body)(), 0)
})

test('a kernel that keeps the laws is accepted: reserve, apply, emit, and loops within', () => {
  const body = `  let i: i32 = 0
  loop rows
    if ge.i32(i, 3)
      break rows
    end
    phase reserve
    block row
      if lt.i32(in[i].x, 0)
        break row
      end
      phase apply
      s[0].a = add.i32(s[0].a, in[i].x)
      phase emit
      out[i].o = s[0].a
    end
    phase emit
    i = add.i32(i, 1)
  end
  return 0`
  assert.doesNotThrow(() => verifyKernel(kernelOf(body)))
})
