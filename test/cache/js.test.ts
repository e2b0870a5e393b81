/** Generated JavaScript outlives its process with V8's code for it, and text and code never meet a wrong partner. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Script } from 'node:vm'
import type { Program } from '../../codegen/backend.ts'
import { type DiskCache, noCache } from '../../codegen/cache/code-cache.ts'
import { decodeEntry, encodeEntry } from '../../codegen/cache/entry.ts'
import { compileJs, type JsProgram } from '../../codegen/js/link.ts'
import type { Report } from './js-child.ts'
import { cacheAt, diskUnavailable, filesIn, temporary } from './kit.ts'
import { otherProgram, sampleMemory, sampleProgram, samplesTaken, unseen } from './programs.ts'

const skip = diskUnavailable
const child = fileURLToPath(new URL('./js-child.js', import.meta.url))

async function inProcess(folder: string, mode = 'function', flags: readonly string[] = []): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, child, folder, mode])
  return JSON.parse(stdout) as Report
}

/** What the kernel of a program leaves in `m[0].n`. */
function result(program: JsProgram): bigint {
  const memory = sampleMemory()
  for (const kernel of program.link(memory).values()) kernel()
  return samplesTaken(memory)
}

function kept(program: Program, cache: DiskCache): JsProgram {
  const compiled = compileJs(program, 'function', cache)
  result(compiled)
  compiled.persist()
  return compiled
}

test('the next process starts from the code of the last, and need not write it again', { skip }, async t => {
  const folder = temporary(t)
  const [first, second] = [await inProcess(folder), await inProcess(folder)]
  assert.deepEqual([first.taken, first.hits, first.misses, first.written], [3, 0, 1, 1])
  assert.deepEqual([second.taken, second.hits, second.rejected, second.written], [3, 1, 0, 0])
  assert.equal(second.text, first.text)
  assert.equal(second.text, compileJs(sampleProgram(), 'function', noCache).text)
  assert.equal(filesIn(folder).length, 1)
})

test('code that V8 made under other flags is not looked at', { skip }, async t => {
  const folder = temporary(t)
  await inProcess(folder)
  const { hits, taken, rejected } = await inProcess(folder, 'function', ['--no-opt'])
  assert.deepEqual([hits, taken, rejected], [0, 3, 0])
  assert.equal(filesIn(folder).length, 2)
})

const forbidding = ['--disallow-code-generation-from-strings']

test('a process that forbids code from strings forbids kept code too, unless it asks for scripts', {
  skip,
}, async t => {
  const folder = temporary(t)
  assert.match((await inProcess(folder, 'function', forbidding)).error ?? '', /EvalError/)
  assert.deepEqual(filesIn(folder), [])
  assert.equal((await inProcess(folder, 'script', forbidding)).written, 1)
  assert.equal((await inProcess(folder, 'script', forbidding)).taken, 3)
  const again = await inProcess(folder, 'function', forbidding)
  assert.deepEqual([again.hits, again.taken], [1, 0])
  assert.match(again.error ?? '', /EvalError/)
})

test('V8 itself takes the code of another text of the same length: that is why texts are in the key', t => {
  const [one, two] = [`(function(){return 'one'})`, `(function(){return 'two'})`]
  const script = new Script(one)
  script.runInThisContext()()
  const confused = new Script(two, { cachedData: script.createCachedData() })
  if (confused.cachedDataRejected) t.diagnostic('this V8 checks more than the length')
  else assert.equal(confused.runInThisContext()(), 'one')
})

test('a program that says what decides its kernels is found by that', { skip }, t => {
  const cache = cacheAt(temporary(t))
  const program = { ...otherProgram(7n), identity: 'a' }
  kept(program, cache)
  assert.equal(result(compileJs(unseen(program), 'function', cache)), 7n)
  for (const other of [{ ...program, identity: 'b' }, otherProgram(7n)]) compileJs(other, 'function', cache)
  assert.deepEqual([cache.counters.hits, cache.counters.misses], [1, 3])
})

test('programs whose texts have the same length are told apart', { skip }, t => {
  const cache = cacheAt(temporary(t))
  const [seven, eight] = [otherProgram(7n), otherProgram(8n)]
  assert.equal(kept(seven, cache).text.length, compileJs(eight, 'function', cache).text.length)
  assert.equal(result(compileJs(eight, 'function', cache)), 8n)
  assert.equal(result(compileJs(seven, 'function', cache)), 7n)
  assert.equal(cache.counters.hits, 1)
})

test('the code of another program under this name is refused', { skip }, t => {
  const folder = temporary(t)
  const cache = cacheAt(folder)
  kept(otherProgram(7n), cache)
  const [seven] = filesIn(folder)
  kept(otherProgram(8n), cache)
  const [eight] = filesIn(folder).filter(name => name !== seven)
  renameSync(join(folder, seven), join(folder, eight))
  assert.equal(result(compileJs(otherProgram(8n), 'function', cache)), 8n)
  assert.equal(cache.counters.rejected, 1)
})

test('instances of kept code are apart from each other', { skip }, t => {
  const cache = cacheAt(temporary(t))
  kept(sampleProgram(), cache)
  const program = compileJs(sampleProgram(), 'function', cache)
  const memories = [sampleMemory(), sampleMemory(), sampleMemory()]
  const steps = memories.map(memory => program.link(memory).get('step'))
  for (const i of [0, 1, 0, 2, 0, 1]) steps[i]?.()
  assert.deepEqual(memories.map(samplesTaken), [3n, 2n, 1n])
  assert.deepEqual([cache.counters.hits, cache.counters.rejected], [1, 0])
})

test('without a cache, too, instances are apart, and each but the first starts from the code of the first', () => {
  const program = compileJs(sampleProgram(), 'function', noCache)
  const memories = [sampleMemory(), sampleMemory(), sampleMemory()]
  const steps = memories.map(memory => program.link(memory).get('step'))
  for (const i of [2, 1, 2, 0, 2, 1]) steps[i]?.()
  assert.deepEqual(memories.map(samplesTaken), [1n, 2n, 3n])
})

/** Changes what V8 gets, under a seal that is right. */
function replaceCode(t: TestContext, change: (code: Buffer) => Buffer): DiskCache {
  const folder = temporary(t)
  kept(sampleProgram(), cacheAt(folder))
  const [name] = filesIn(folder)
  const [digest, kind] = name.split('.')
  const entry = decodeEntry({ digest, kind }, readFileSync(join(folder, name)))
  assert.ok(entry)
  const bytes = encodeEntry({ digest, kind }, { ...entry, payload: change(entry.payload) })
  writeFileSync(join(folder, name), bytes)
  return cacheAt(folder)
}

for (const [what, change] of Object.entries({
  empty: () => Buffer.alloc(0),
  'cut off': (code: Buffer) => code.subarray(0, 40),
  'of no V8': (code: Buffer) => Buffer.alloc(code.length, 7),
})) {
  test(`code that is ${what} is refused by V8, counted, and made again`, { skip }, t => {
    const cache = replaceCode(t, change)
    const program = compileJs(sampleProgram(), 'function', cache)
    assert.equal(result(program), 1n)
    assert.equal(cache.counters.rejected, 1)
    program.persist()
    assert.equal(cache.counters.written, 1)
    assert.equal(result(compileJs(sampleProgram(), 'function', cache)), 1n)
    assert.equal(cache.counters.rejected, 1)
  })
}

test('what is kept is whole, whatever has run, and is kept once', { skip }, t => {
  const cache = cacheAt(temporary(t))
  const kernels = [...otherProgram(7n, 'a').kernels, ...otherProgram(8n, 'b').kernels]
  const compiled = compileJs({ name: 'two', kernels }, 'function', cache)
  const linked = compiled.link(sampleMemory())
  for (const name of ['a', 'b']) {
    compiled.persist()
    linked.get(name)?.()
  }
  compiled.persist()
  const again = compileJs({ name: 'two', kernels }, 'function', cache)
  again.link(sampleMemory())
  again.persist()
  const { written, hits, rejected } = cache.counters
  assert.deepEqual([written, hits, rejected], [1, 1, 0])
})

test('without a cache, before linking, or where nothing can be written, persist does nothing', {
  skip,
}, t => {
  const plain = compileJs(sampleProgram(), 'function', noCache)
  assert.equal(result(plain), 1n)
  plain.persist()
  const cache = cacheAt(temporary(t))
  compileJs(sampleProgram(), 'function', cache).persist()
  assert.equal(cache.counters.written, 0)
  const refusing = cacheAt('/proc/millrace')
  assert.equal(result(kept(sampleProgram(), refusing)), 1n)
  assert.equal(refusing.counters.written, 0)
})
