/** Kernels are optimised and verified when somebody first looks at their body, and once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finish, renamed } from '../../compiler/lower/finish.ts'
import { add, i32, KernelBuilder } from '../../ir/kernel/build.ts'
import type { Kernel } from '../../ir/kernel/node.ts'

/** Returns the sum of two constants. */
function kernelOf(name: string): Kernel {
  const k = new KernelBuilder(name)
  k.return(add(i32(1), i32(2)))
  return k.finish()
}

test('a body is optimised once, whatever the kernel is called', () => {
  const finished = finish(kernelOf('one'))
  const other = renamed(finished, 'other')
  assert.deepEqual(finished.body, [{ kind: 'return', value: i32(3) }])
  assert.equal(other.body, finished.body)
  assert.deepEqual([finished.name, other.name], ['one', 'other'])
})

test('a kernel that breaks a law is refused when its body is asked for, not before', () => {
  const { name, mems } = kernelOf('endless')
  const finished = finish({ name, mems, body: [] })
  assert.throws(() => finished.body, /kernel endless breaks law 3/)
})
