/** Shapes of control that compilers like to get wrong, on every back end: heads of loops, jumps out of nested ones. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { backends } from '../support/backends.ts'
import { placeMems } from '../support/memory.ts'

after(closeNativeCompiler)

/** Each body leaves its answer in `out`, a digit for each step it takes. */
const shapes: readonly (readonly [what: string, answer: number, body: string])[] = [
  [
    'a loop that begins with its way out and something else',
    1112,
    `
  loop l
    if ge.i32(n, 3)
      break l
    else
      out = add.i32(mul.i32(out, 10), 1)
    end
    n = add.i32(n, 1)
  end
  out = add.i32(mul.i32(out, 10), 2)`,
  ],
  [
    'a loop whose rest is passed over',
    13135,
    `
  loop l
    if ge.i32(n, 4)
      break l
    end
    n = add.i32(n, 1)
    if eq.i32(and.i32(n, 1), 0)
      out = add.i32(mul.i32(out, 10), 3)
      continue l
    end
    out = add.i32(mul.i32(out, 10), 1)
  end
  out = add.i32(mul.i32(out, 10), 5)`,
  ],
  [
    'jumps of an inner loop to the outer one, and out of both',
    12124,
    `
  loop outer
    if ge.i32(n, 9)
      break outer
    end
    n = add.i32(n, 1)
    out = add.i32(mul.i32(out, 10), 1)
    let m: i32 = 0
    loop inner
      if ge.i32(m, 5)
        break inner
      end
      m = add.i32(m, 1)
      out = add.i32(mul.i32(out, 10), 2)
      if ge.i32(n, 2)
        break outer
      end
      continue outer
    end
    out = add.i32(mul.i32(out, 10), 3)
  end
  out = add.i32(mul.i32(out, 10), 4)`,
  ],
  [
    'a block that is left from inside of another',
    14,
    `
  block far
    out = add.i32(mul.i32(out, 10), 1)
    block near
      if lt.i32(n, 1)
        break far
      end
      break near
    end
    out = add.i32(mul.i32(out, 10), 3)
  end
  out = add.i32(mul.i32(out, 10), 4)`,
  ],
  [
    'hints, and what is done beside them',
    1234,
    `
  if eq.i32(n, 0)
    out = 1
    prefetch m[n].n
  end
  if eq.i32(n, 0)
    let far: i32 = add.i32(n, 7)
    far = mul.i32(far, far)
    prefetch m[far].n
  else
    out = 5
  end
  if eq.i32(n, 1)
    prefetch m[n].n
  else
    out = add.i32(mul.i32(out, 10), 2)
  end
  if eq.i32(n, 0)
    prefetch m[n].n
    m[0].n = 3
    n = m[0].n
  end
  out = add.i32(mul.i32(out, 10), n)
  if eq.i32(n, 3)
    out = add.i32(mul.i32(out, 10), 4)
  end`,
  ],
  [
    'choices inside of choices, and the two zeros',
    12345,
    `
  let zero: i64 = extend.i32(n)
  let x: i64 = select(eq.i32(n, 0), select(eq.i32(n, 1), 9n, 1n), select(eq.i32(n, 0), 8n, 7n))
  let y: f64 = select(eq.i32(n, 1), 9.0, select(eq.i32(n, 0), 2.0, select(eq.i32(n, 2), 8.0, 7.0)))
  out = add.i32(mul.i32(low.i64(x), 10), int32.f64(y))
  let three: f64 = select(eq.i32(n, 0), float.i32(3), 0.0)
  out = add.i32(mul.i32(out, 10), int32.f64(three))
  let none: f64 = select(eq.i32(n, 1), float.i32(6), 0.0)
  if eq.i64(bits.f64(none), zero)
    out = add.i32(mul.i32(out, 10), 4)
  end
  let negative: f64 = select(eq.i32(n, 1), float.i32(6), -0.0)
  if lt.i64(bits.f64(negative), zero)
    out = add.i32(mul.i32(out, 10), 5)
  end`,
  ],
  [
    'what is divided by a zero below zero',
    123,
    `
  let x: f64 = neg.f64(float.i32(n))
  if lt.f64(div.f64(1.0, sqrt.f64(x)), 0.0)
    out = 1
  end
  let negative: f64 = select(eq.i32(n, 1), float.i32(6), -0.0)
  if lt.f64(div.f64(1.0, negative), 0.0)
    out = add.i32(mul.i32(out, 10), 2)
  end
  if ge.f64(div.f64(-1.0, sqrt.f64(x)), 0.0)
    out = add.i32(mul.i32(out, 10), 3)
  end`,
  ],
  [
    'locals that have the names of words of JavaScript',
    15,
    `
  let host: i32 = 1
  let s32: i32 = 2
  let sf: f64 = float.i64(add.i64(extend.i32(s32), extend.i32(host)))
  let s64: i64 = select(eq.i32(n, 0), int.f64(sf), 5n)
  let class: i32 = low.i64(s64)
  let Math: i32 = mul.i32(class, 3)
  let NaN_: i32 = add.i32(Math, add.i32(class, add.i32(host, s32)))
  out = NaN_`,
  ],
]

for (const [what, answer, body] of shapes) {
  test(what, async () => {
    const kernel = verifyKernel(
      parseKernel(
        `kernel k\n  mem m state { n i32 0+4 }\nbegin\n  let n: i32 = m[0].n\n  let out: i32 = 0${body}\n  return out\nend`,
      ),
    )
    for (const backend of backends) {
      const program = await backend.compile({ name: 'shape', kernels: [kernel] })
      assert.equal(program.link(placeMems(kernel.mems, 1)).get('k')?.(), answer, backend.name)
    }
  })
}
