/** The compile child may crash, abort or hang; the engine loses one compilation and never keeps a stray process. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, test } from 'node:test'
import { compileNative } from '../../codegen/llvm/backend.ts'
import { type ClientOptions, CompileClient } from '../../codegen/llvm/compile-client.ts'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { eventually, isAlive, sampleProgram } from '../support/native.ts'

const skip = nativeUnavailable
const texts = sampleProgram().kernels.map(printKernel)
const clients: CompileClient[] = []

afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()))
})

function libraryName(): string {
  const target = nativeTarget()
  if (!target.available) throw new Error(target.reason)
  return target.library
}

function openClient(options: ClientOptions = {}): CompileClient {
  const client = new CompileClient(libraryName(), options)
  clients.push(client)
  return client
}

/** A client whose child is up; returns the child's pid. */
async function warm(client: CompileClient): Promise<number> {
  await client.compile(texts, 'object')
  assert.ok(client.pid)
  return client.pid
}

for (const signal of ['SIGSEGV', 'SIGABRT', 'SIGKILL'] as const) {
  test(`a child that ends by ${signal} takes one compilation with it`, { skip }, async () => {
    const client = openClient()
    const pid = await warm(client)
    const [hit, queued] = [client.compile(texts, 'object'), client.compile(texts, 'object')]
    process.kill(pid, signal)
    await assert.rejects(hit, { code: 'LDB-8015', message: new RegExp(signal) })
    assert.ok((await queued).bytes.length > 0)
    assert.notEqual(client.pid, pid)
  })
}

test('a child that hangs is killed, and the next compilation works', { skip }, async () => {
  const client = openClient({ limitMs: 2000 })
  const pid = await warm(client)
  process.kill(pid, 'SIGSTOP')
  await assert.rejects(client.compile(texts, 'object'), { code: 'LDB-8015', message: /within 2000 ms/ })
  await eventually('the hung child is gone', () => !isAlive(pid))
  assert.ok((await client.compile(texts, 'object')).bytes.length > 0)
})

/** Keeps the event loop from turning, as a long synchronous job of the user does. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

for (const [phase, turn] of Object.entries({ timers: setTimeout, check: setImmediate })) {
  test(`an engine blocked in its ${phase} phase does not take a good child for hung`, { skip }, async () => {
    const client = openClient({ limitMs: 2000 })
    const pid = await warm(client)
    const compiled = client.compile(texts, 'object')
    await new Promise<void>(resolve => {
      turn(() => resolve())
    })
    blockFor(3000)
    assert.ok((await compiled).bytes.length > 0)
    assert.equal(client.pid, pid)
  })
}

const badTexts = {
  'no kernel at all': 'rubbish',
  'an unknown op': 'kernel k\nbegin\n  return nope(1)\nend\n',
  'a broken law': 'kernel k\nbegin\n  return 1n\nend\n',
  'a host op': 'kernel k\nbegin\n  let x: f64 = exp.f64(1.0)\n  return 0\nend\n',
}
for (const [what, text] of Object.entries(badTexts)) {
  test(`${what} is refused, and the child lives on`, { skip }, async () => {
    const client = openClient()
    const pid = await warm(client)
    await assert.rejects(client.compile([text], 'object'), { code: 'LDB-8015' })
    await assert.rejects(client.compile([...texts, text], 'object'), { code: 'LDB-8015' })
    assert.equal(await warm(client), pid)
  })
}

test('a missing library is told as unavailable', { skip }, async () => {
  const client = new CompileClient('libno-such-llvm.so')
  clients.push(client)
  await assert.rejects(client.compile(texts, 'object'), { code: 'LDB-8016' })
  await assert.rejects(client.compile(texts, 'object'), { code: 'LDB-8016' })
  assert.equal(client.pid, undefined)
})

test('the queue is bounded', { skip }, async () => {
  const client = openClient({ pendingMax: 2 })
  const taken = [client.compile(texts, 'object'), client.compile(texts, 'object')]
  await assert.rejects(client.compile(texts, 'object'), { code: 'LDB-8015', message: /2 programs wait/ })
  await Promise.all(taken)
})

test('closing rejects what waits and ends the child', { skip }, async () => {
  const client = openClient()
  const pid = await warm(client)
  const waiting = [client.compile(texts, 'object'), client.compile(texts, 'object')]
  const rejected = waiting.map(one => assert.rejects(one, { code: 'LDB-8015', message: /closed/ }))
  await client.close()
  await Promise.all(rejected)
  await assert.rejects(client.compile(texts, 'object'), { code: 'LDB-8015' })
  assert.equal(isAlive(pid), false)
})

test('a child without work is ended, and comes back', { skip }, async () => {
  const client = openClient({ idleMs: 10 })
  const pid = await warm(client).catch(() => undefined)
  await eventually('the idle child is gone', () => client.pid === undefined && !(pid && isAlive(pid)))
  const program = await compileNative(sampleProgram(), client)
  assert.ok(program.object.length > 0)
})

const clientUrl = new URL('../../codegen/llvm/compile-client.js', import.meta.url).href
const limitsUrl = new URL('../../codegen/llvm/limits.js', import.meta.url).href

/** Runs a script in a process of its own, with `client` and `texts` at hand. */
function script(body: string): ChildProcess {
  const head = `
    import { CompileClient } from ${JSON.stringify(clientUrl)}
    const client = new CompileClient(${JSON.stringify(libraryName())})
    const texts = ${JSON.stringify(texts)}
    await client.compile(texts, 'object')
    process.stdout.write(client.pid + '\\n')`
  return spawn(process.execPath, ['--input-type=module', '-e', `${head}\n${body}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function firstNumber(parent: ChildProcess): Promise<number> {
  assert.ok(parent.stdout)
  const [chunk] = await once(parent.stdout, 'data')
  return Number(String(chunk).trim())
}

test('an idle child keeps no program from ending', { skip }, async () => {
  const parent = script('')
  const exited = once(parent, 'exit')
  const pid = await firstNumber(parent)
  assert.deepEqual(await exited, [0, null])
  await eventually('the child is gone', () => !isAlive(pid))
})

test('the child dies with its parent even where it cannot listen', { skip }, async () => {
  // A stopped child sees no event, as a busy one: only the kernel of the system can end it.
  const parent = script(`process.kill(client.pid, 'SIGSTOP'); await client.compile(texts, 'object')`)
  const pid = await firstNumber(parent)
  await eventually('the child is stopped', () => isStopped(pid))
  parent.kill('SIGKILL')
  await eventually('the child is gone', () => !isAlive(pid))
})

function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')')).startsWith(') T')
}

test('a child that computes past its limit is ended by the system', { skip }, async () => {
  const body = `
    import { limitProcess } from ${JSON.stringify(limitsUrl)}
    limitProcess(process.ppid).allowCpu(1)
    for (;;);`
  const child = spawn(process.execPath, ['--input-type=module', '-e', body], { stdio: 'ignore' })
  const [code, signal] = await once(child, 'exit')
  assert.deepEqual([code, signal], [null, 'SIGXCPU'])
})
