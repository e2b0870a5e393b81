/** Random kernels leave the same bytes and statuses behind on every back end. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import type { Placement } from '../../ir/abi.ts'
import { f64, KernelBuilder, load, op } from '../../ir/kernel/build.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { rowLayout } from '../../ir/layout.ts'
import { GEN_ROWS, type GeneratedProgram, genMems, genPrograms } from '../gen/kernels.ts'
import { backends, type TestBackend } from '../support/backends.ts'
import { edges } from '../support/edges.ts'
import { bytesOf, placeMems } from '../support/memory.ts'

after(closeNativeCompiler)

const RUNS = 150
/** Each step of shrinking compiles anew; after this the smallest program found is good enough. */
const SHRINK_LIMIT_MS = 120_000

const fills = fc.record({
  bytes: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  doubles: fc.array(fc.constantFrom(...edges.f64), { minLength: 16, maxLength: 16 }),
  words: fc.array(fc.constantFrom(...edges.i64), { minLength: 16, maxLength: 16 }),
})

/** Memory full of edge values and of bytes that mean nothing, the same for every back end. */
function memoryOf(fill: { bytes: Uint8Array; doubles: unknown[]; words: unknown[] }): Placement {
  const memory = placeMems(genMems, GEN_ROWS)
  const all = new DataView(memory.buffer)
  for (let at = 0, i = 0; at + 8 <= all.byteLength; at += 8, i++) {
    if (i % 3 === 0) all.setFloat64(at, fill.doubles[i % 16] as number, true)
    else if (i % 3 === 1) all.setBigInt64(at, fill.words[i % 16] as bigint, true)
    else for (let b = 0; b < 8; b++) all.setUint8(at + b, fill.bytes[(i * 8 + b) % 64] ^ (i & 255))
  }
  return memory
}

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
