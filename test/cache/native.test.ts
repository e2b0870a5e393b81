/** Native code outlives its process, and only good code of this very machine, compiler and program does. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { DiskCache } from '../../codegen/cache/code-cache.ts'
import type { CodeKey, Entry } from '../../codegen/cache/entry.ts'
import {
  type CompiledNative,
  closeNativeCompiler,
  compileNative,
  findNative,
} from '../../codegen/llvm/backend.ts'
import { objectKey } from '../../codegen/llvm/kept-objects.ts'
import { machineText, readMachine } from '../../codegen/llvm/machine.ts'
import { Status } from '../../ir/abi.ts'
import { f64, i32, KernelBuilder, op } from '../../ir/kernel/build.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { runs } from '../support/runs.ts'
import { cacheAt, diskUnavailable, fileOf, filesIn, lookUp, temporary } from './kit.ts'
import { otherProgram, sampleMem, sampleMemory, sampleProgram, samplesTaken, unseen } from './programs.ts'

const skip = diskUnavailable || nativeUnavailable

let compiled: CompiledNative | undefined
before(async () => {
  if (!skip) compiled = await compileNative(sampleProgram())
})
after(closeNativeCompiler)

function keyOfProgram(program = sampleProgram()): CodeKey {
  const key = objectKey(program, machineText())
  assert.ok(key)
  return key
}

interface Place {
  readonly cache: DiskCache
  readonly folder: string
  readonly file: string
  readonly entry: Entry
}

/** A cache with the object of the sample in it, as `compileNative` puts it there. */
async function filled(t: TestContext): Promise<Place> {
  const folder = temporary(t)
  const cache = cacheAt(folder)
  await compileNative(sampleProgram(), undefined, cache)
  const key = keyOfProgram()
  const entry = lookUp(cache, key)
  assert.ok(entry)
  return { cache: cacheAt(folder), folder, file: join(folder, fileOf(key)), entry }
}

/** Finds the sample and runs it. */
function worksFrom(cache: DiskCache): boolean {
  const found = findNative(sampleProgram(), cache)
  if (!found) return false
  const memory = sampleMemory()
  assert.equal(found.link(memory).get('step')?.(), Status.yield)
  assert.equal(samplesTaken(memory), 1n)
  found.release()
  return true
}

test('what was compiled is found, and is the same code', { skip }, async t => {
  const { cache, entry } = await filled(t)
  assert.ok(worksFrom(cache))
  assert.deepEqual(entry.payload, Buffer.from(compiled?.object ?? []))
  assert.deepEqual(entry.facts.target, compiled?.key.target)
  assert.equal(cache.counters.hits, 1)
})

test('another program is not found', { skip }, async t => {
  const { cache } = await filled(t)
  assert.equal(findNative(otherProgram(), cache), undefined)
  assert.equal(cache.counters.misses, 1)
})

test('a bit flip anywhere in the file is refused, and the next compilation heals it', { skip }, async t => {
  const { cache, file } = await filled(t)
  const good = readFileSync(file)
  fc.assert(
    fc.property(fc.nat(good.length * 8 - 1), bit => {
      const bad = Buffer.from(good)
      bad[bit >> 3] ^= 1 << (bit & 7)
      writeFileSync(file, bad, { mode: 0o600 })
      assert.equal(findNative(sampleProgram(), cache), undefined)
      assert.equal(existsSync(file), false)
    }),
    { numRuns: runs(500) },
  )
  await compileNative(sampleProgram(), undefined, cache)
  assert.ok(worksFrom(cache))
})

test('a truncation at any length is refused', { skip }, async t => {
  const { cache, file } = await filled(t)
  const good = readFileSync(file)
  fc.assert(
    fc.property(fc.nat(good.length - 1), length => {
      writeFileSync(file, good, { mode: 0o600 })
      truncateSync(file, length)
      assert.equal(findNative(sampleProgram(), cache), undefined)
    }),
    { numRuns: runs(200) },
  )
})

test('the object of another program under this name is refused', { skip }, async t => {
  const { cache, folder, file } = await filled(t)
  await compileNative(otherProgram(), undefined, cache)
  renameSync(join(folder, fileOf(keyOfProgram(otherProgram()))), file)
  assert.equal(worksFrom(cache), false)
  assert.equal(cache.counters.rejected, 1)
  assert.deepEqual(filesIn(folder), [])
})

test('what another LLVM made is refused where there is one, for any fact that differs', { skip }, async t => {
  const { cache, entry } = await filled(t)
  const { edition, target } = entry.facts as { edition: string; target: Record<string, string> }
  const others: readonly Record<string, unknown>[] = [
    { edition: 'libLLVM-13.so.1 1', target },
    ...Object.keys(target).map(fact => ({ edition, target: { ...target, [fact]: 'other' } })),
    { edition },
    {},
  ]
  for (const facts of others) {
    cache.put(keyOfProgram(), { ...entry, facts })
    assert.equal(worksFrom(cache), false, JSON.stringify(facts))
  }
  assert.equal(cache.counters.rejected, others.length)
  cache.put(keyOfProgram(), entry)
  assert.ok(worksFrom(cache))
})

test('an object that cannot be linked is a miss, and stays for a better day', { skip }, async t => {
  const { cache, entry, file } = await filled(t)
  cache.put(keyOfProgram(), { ...entry, payload: entry.payload.subarray(0, 100) })
  assert.equal(worksFrom(cache), false)
  cache.put(keyOfProgram(), { ...entry, payload: Buffer.from((await anotherObject()).object) })
  assert.equal(worksFrom(cache), false, 'an object without the kernels of this program')
  assert.equal(cache.counters.failed, 2)
  assert.ok(existsSync(file))
})

const anotherObject = (): Promise<CompiledNative> => compileNative(otherProgram())

test('a program with a host op is never found', { skip: diskUnavailable }, t => {
  const k = new KernelBuilder('host')
  k.put(sampleMem, 'x', op('exp.f64', f64(1)))
  k.return(i32(0))
  const cache = cacheAt(temporary(t))
  assert.equal(findNative({ name: 'host', kernels: [k.finish()] }, cache), undefined)
})

test('MILLRACE_LLVM=off hides what was kept, too', { skip }, async t => {
  const { cache } = await filled(t)
  const setting = process.env.MILLRACE_LLVM
  process.env.MILLRACE_LLVM = 'off'
  try {
    assert.equal(worksFrom(cache), false)
  } finally {
    if (setting === undefined) delete process.env.MILLRACE_LLVM
    else process.env.MILLRACE_LLVM = setting
  }
  assert.ok(worksFrom(cache))
})

const cpuInfo = (changes: Readonly<Record<string, string>> = {}): string => {
  const words = {
    vendor_id: 'A',
    'cpu family': '6',
    model: '1',
    'model name': 'x: y',
    stepping: '2',
    flags: 'a b',
  }
  const lines = Object.entries({ ...words, ...changes }).map(([name, value]) => `${name}\t: ${value}`)
  return `${lines.join('\n')}\n\nprocessor : 1\n`
}

test('a program that says what decides its kernels is found by that', { skip }, async t => {
  const cache = cacheAt(temporary(t))
  const program = { ...sampleProgram(), identity: 'a' }
  await compileNative(program, undefined, cache)
  assert.equal(findNative({ ...program, identity: 'b' }, cache), undefined)
  assert.equal(findNative(sampleProgram(), cache), undefined)
  const memory = sampleMemory()
  for (const kernel of findNative(unseen(program), cache)?.link(memory).values() ?? []) kernel()
  assert.equal(samplesTaken(memory), 1n)
})

test('the key follows the processor: its kind and its abilities, not its speed', () => {
  const key = (changes?: Readonly<Record<string, string>>): string | undefined =>
    objectKey(sampleProgram(), readMachine(cpuInfo(changes)))?.digest
  const here = key()
  assert.ok(here)
  assert.equal(key({ 'cpu MHz': '2000', microcode: '7' }), here)
  for (const name of ['vendor_id', 'cpu family', 'model', 'stepping', 'flags']) {
    assert.notEqual(key({ [name]: 'other' }), here, name)
  }
  assert.notEqual(objectKey(otherProgram(), readMachine(cpuInfo()))?.digest, here)
})

test('a machine that does not say what it is has no key', () => {
  assert.equal(readMachine(''), undefined)
  assert.equal(readMachine(cpuInfo().replace('\n\n', '\n').split('\nprocessor')[0]), undefined, 'cut off')
  assert.equal(readMachine('processor : 0\nBogoMIPS : 50\n\n'), undefined, 'another architecture')
  assert.equal(objectKey(sampleProgram(), readMachine('')), undefined)
})
