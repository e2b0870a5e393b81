/** Random kernels leave the same bytes and statuses behind on every back end. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import type { Placement } from '../../ir/abi.ts'
import { eq, f64, i32, KernelBuilder, load, op } from '../../ir/kernel/build.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { rowLayout } from '../../ir/layout.ts'
import { fills, memoryOf } from '../gen/fills.ts'
import { type GeneratedProgram, genPrograms } from '../gen/kernels.ts'
import { backends, type TestBackend } from '../support/backends.ts'
import { bytesOf } from '../support/memory.ts'

after(closeNativeCompiler)

const RUNS = 150
/** Each step of shrinking compiles anew; after this the smallest program found is good enough. */
const SHRINK_LIMIT_MS = 120_000

async function run(backend: TestBackend, { kernels }: GeneratedProgram, memory: Placement): Promise<unknown> {
  const linked = (await backend.compile({ name: 'generated', kernels })).link(memory)
  const statuses = kernels.map(kernel => linked.get(kernel.name)?.())
  return { statuses, bytes: Buffer.from(bytesOf(memory)).toString('hex') }
}

test('random kernels agree on every back end', async () => {
  await fc.assert(
    fc.asyncProperty(genPrograms, fills, async (program, fill) => {
      const [want, ...others] = await Promise.all(
        backends.map(async backend => ({ backend, result: await run(backend, program, memoryOf(fill)) })),
      )
      for (const { backend, result } of others) assert.deepEqual(result, want.result, backend.name)
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: SHRINK_LIMIT_MS, includeErrorInReport: true },
  )
})

test('a branch with a hint in it does what else it does', async () => {
  const mem = rowLayout('s', 'state', { a: 'i32' })
  const k = new KernelBuilder('hints')
  const sum = k.let('sum', load(mem, 'a'))
  k.if(eq(sum, i32(0)), () => {
    k.prefetch(mem, 'a', i32(1))
    k.set(sum, i32(7))
  })
  k.put(mem, 'a', sum)
  k.return(sum)
  const kernel = verifyKernel(k.finish())
  for (const backend of backends) {
    const placement = {
      buffer: new SharedArrayBuffer(64),
      regions: new Map([['s', { offset: 0, bytes: 64 }]]),
    }
    const linked = (await backend.compile({ name: 'hints', kernels: [kernel] })).link(placement)
    assert.equal(linked.get('hints')?.(), 7, backend.name)
  }
})

test('random kernels print and parse', () => {
  fc.assert(
    fc.property(genPrograms, ({ kernels }) => {
      for (const kernel of kernels) {
        const text = printKernel(kernel)
        assert.equal(printKernel(parseKernel(text)), text)
        assert.deepEqual(parseKernel(text), kernel)
      }
    }),
    { numRuns: RUNS },
  )
})

test('names that look like words of the language print and parse', () => {
  const words = 'begin block break continue else end if kernel let loop mem note phase prefetch return'.split(
    ' ',
  )
  const values = ['NaN', 'NaNs', 'Infinity', 'Infinity_1', 'true', 'false', 'select', 'n', 'e1']
  const k = new KernelBuilder('words')
  const mem = rowLayout('if', 'state', { end: 'f64', NaN: 'i32' })
  for (const word of [...words, ...values]) {
    const local = k.let(word, load(mem, 'end'))
    k.set(local, op('add.f64', local, f64(Number.NaN)))
    k.put(mem, 'end', op('canon.f64', local))
  }
  k.return(load(mem, 'NaN'))
  const kernel = verifyKernel(k.finish())
  assert.deepEqual(parseKernel(printKernel(kernel)), kernel)
})
