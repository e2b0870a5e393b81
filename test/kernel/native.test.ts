/** The native back end: what it takes, what it gives, and what a call costs. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import {
  closeNativeCompiler,
  compileNative,
  NATIVE_SIZE_MAX,
  nativeText,
} from '../../codegen/llvm/backend.ts'
import { CompileClient } from '../../codegen/llvm/compile-client.ts'
import { spell } from '../../codegen/llvm/spell.ts'
import { ABI_VERSION, controlBlock, Status } from '../../ir/abi.ts'
import { add, eq, f64, ge, i32, KernelBuilder, load, op } from '../../ir/kernel/build.ts'
import { opNames, opRow } from '../../ir/kernel/ops.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { sampleMem, sampleMemory, sampleProgram, samplesTaken } from '../support/native.ts'

const skip = nativeUnavailable
after(closeNativeCompiler)

test('every op has a native spelling, except where its bits depend on the host', () => {
  for (const name of opNames) assert.equal(spell[name] === 'host', opRow(name).host === true, name)
})

test('a program with a host op is refused before any work', { skip }, async () => {
  const k = new KernelBuilder('host')
  k.put(sampleMem, 'x', op('exp.f64', f64(1)))
  k.return(i32(0))
  const client = new CompileClient('unused')
  const program = { name: 'host', kernels: [k.finish()] }
  await assert.rejects(compileNative(program, client), { code: 'LDB-8016', message: /exp\.f64/ })
  assert.equal(client.pid, undefined)
})

test('a kernel that is too large is refused before any work', { skip }, async () => {
  const k = new KernelBuilder('endless')
  for (let n = 0; n < NATIVE_SIZE_MAX / 2; n++) k.put(sampleMem, 'x', f64(n))
  k.return(i32(0))
  const client = new CompileClient('unused')
  const program = { name: 'endless', kernels: [k.finish()] }
  await assert.rejects(compileNative(program, client), { code: 'LDB-8016', message: /endless has \d+ nodes/ })
  assert.equal(client.pid, undefined)
})

test('a row that is refused is rare, what a loop looks for is not', { skip }, async () => {
  const k = new KernelBuilder('search')
  const at = k.let('at', i32(0))
  k.block('row', row => {
    k.loop('probe', probe => {
      k.if(eq(load(sampleMem, 'x'), f64(1)), () => {
        k.set(at, i32(1))
        k.break(probe)
      })
      k.if(ge(at, i32(9)), () => {
        k.set(at, i32(-1))
        k.break(row)
      })
      k.set(at, add(at, i32(2)))
    })
  })
  k.return(at)
  const llvm = await nativeText({ name: 'search', kernels: [k.finish()] }, 'llvm')
  assert.deepEqual(llvm.match(/^.*call i1 @llvm\.expect/gm)?.length, 1)
  assert.match(llvm, /icmp sge[^\n]*\n[^\n]*call i1 @llvm\.expect/)
})

test('MILLRACE_LLVM=off hides the native tier', async () => {
  const before = process.env.MILLRACE_LLVM
  process.env.MILLRACE_LLVM = 'off'
  try {
    await assert.rejects(compileNative(sampleProgram()), { code: 'LDB-8016', message: /MILLRACE_LLVM/ })
  } finally {
    if (before === undefined) delete process.env.MILLRACE_LLVM
    else process.env.MILLRACE_LLVM = before
  }
})

test('one program serves many instances, and a released one none', { skip }, async () => {
  const program = await compileNative(sampleProgram())
  const memories = [sampleMemory(), sampleMemory()]
  const steps = memories.map(memory => program.link(memory).get('step'))
  assert.deepEqual([steps[0]?.(), steps[0]?.(), steps[1]?.()], Array(3).fill(Status.yield))
  assert.deepEqual(memories.map(samplesTaken), [2n, 1n])
  program.release()
  program.release()
  assert.throws(() => steps[0]?.(), /released/)
  assert.throws(() => program.link(sampleMemory()), /released/)
  assert.deepEqual(memories.map(samplesTaken), [2n, 1n])
})

test('memory that the code could not trust is refused', { skip }, async () => {
  const k = new KernelBuilder('two')
  const other = { ...sampleMem, name: 'other' }
  k.put(sampleMem, 'x', load(other, 'x'))
  k.put(controlBlock, 'cursor', i32(0))
  k.return(i32(0))
  const program = await compileNative({ name: 'two', kernels: [k.finish()] })
  const link = (other: number, ctlBytes: number, buffer = new SharedArrayBuffer(1024)): unknown => {
    const regions = new Map([
      ['m', { offset: 0, bytes: 128 }],
      ['other', { offset: other, bytes: 128 }],
      ['ctl', { offset: 512, bytes: ctlBytes }],
    ])
    return program.link({ buffer, regions })
  }
  link(128, 256)
  assert.throws(() => link(64, 256), /m and other overlap/)
  assert.throws(() => link(128, 64), /ctl is too small/)
  assert.throws(() => link(128, 1024), /outside its buffer/)
})

test('a compiled program carries what a cache key needs', { skip }, async () => {
  const { kernels } = sampleProgram()
  const { key, object, timings } = await compileNative(sampleProgram())
  assert.equal(key.abi, ABI_VERSION)
  assert.deepEqual(key.kernels, kernels.map(printKernel))
  assert.match(key.target.llvm, /LLVM/)
  assert.notEqual(key.target.cpu, '')
  assert.ok(object.length > 0 && Object.values(timings).every(ms => ms >= 0))
})

test('the same kernels give the same object', { skip }, async () => {
  const first = await compileNative(sampleProgram())
  await compileNative({ name: 'other', kernels: [...sampleProgram().kernels, otherKernel()] })
  const second = await compileNative(sampleProgram())
  assert.deepEqual(Buffer.from(second.object), Buffer.from(first.object))
})

function otherKernel() {
  const k = new KernelBuilder('other')
  k.put(sampleMem, 'x', f64(2.5))
  k.return(i32(0))
  return k.finish()
}

test('the engine process holds no LLVM', { skip }, async () => {
  await compileNative(sampleProgram())
  assert.doesNotMatch(readFileSync('/proc/self/maps', 'utf8'), /llvm/i)
})

test('every stage can be read', { skip }, async () => {
  const program = sampleProgram()
  const llvm = await nativeText(program, 'llvm')
  assert.match(llvm, /define internal i32 @body\.step\(i8\* noalias %m\)/)
  assert.doesNotMatch(llvm, /@load\.i16/)
  assert.match(await nativeText(program, 'llvm-optimised'), /define i32 @kernel\.step/)
  assert.match(await nativeText(program, 'assembly'), /kernel\.step:/)
})

test('a call allocates nothing', { skip }, async () => {
  const step = (await compileNative(sampleProgram())).link(sampleMemory()).get('step')
  assert.ok(step)
  const used = (calls: number): number => {
    const before = getHeapStatistics().used_heap_size
    for (let i = 0; i < calls; i++) step()
    return getHeapStatistics().used_heap_size - before
  }
  used(20_000)
  // V8 compiles beside us, and has its code on the heap: what a call allocates would be there each time.
  let bytesPerCall = Number.POSITIVE_INFINITY
  for (let round = 0; round < 10 && bytesPerCall >= 1; round++) bytesPerCall = used(100_000) / 100_000
  assert.ok(bytesPerCall < 1, `${bytesPerCall} bytes a call`)
})
