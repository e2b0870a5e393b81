/** Processes that forbid code generation from strings, and machines without LLVM: said clearly, answered all the same. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compile, type Diagnostic, type OpenOptions, PlanCache } from '../../compiler/index.ts'
import { nativeUnavailable } from '../support/backends.ts'
import type { Report } from './forbidden-child.ts'
import { eventsFrom, hasCode, small, sumLines, sums } from './kit.ts'

const child = fileURLToPath(new URL('./forbidden-child.js', import.meta.url))
const forbidding = ['--disallow-code-generation-from-strings']

async function runChild(options: OpenOptions, flags: readonly string[], env: object = {}): Promise<Report> {
  const args = [...flags, child, JSON.stringify(options)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } })
  return JSON.parse(stdout) as Report
}

const expected = sumLines(await compile(sums, { limits: small }).run(eventsFrom(0, 40)).collect())

function answers(report: Report, tier: string, ...codes: readonly string[]): void {
  assert.equal(report.tier, tier)
  assert.deepEqual(report.live, expected)
  assert.deepEqual(report.run, expected)
  assert.deepEqual(
    report.diagnostics.map(({ code }) => code),
    codes,
  )
}

test('forbidden code generation: the interpreter answers, and LDB-0007 says why', async () => {
  const [byDefault, js, script, interp] = await Promise.all([
    runChild({}, forbidding),
    runChild({ tier: 'js' }, forbidding),
    runChild({ codeGeneration: 'script' }, forbidding),
    runChild({ tier: 'interp' }, forbidding),
  ])
  answers(byDefault, 'interp', 'LDB-0007')
  assert.match(byDefault.diagnostics[0].message, /forbids code generation(?:.|\n)*codeGeneration: "script"/)
  answers(js, 'interp', 'LDB-0007')
  answers(script, 'js')
  answers(interp, 'interp')
})

test('forbidden code generation: native code is none', { skip: nativeUnavailable }, async () => {
  answers(await runChild({ tier: 'native' }, forbidding), 'native', 'LDB-0007')
})

test('without LLVM the native tier says LDB-8016 and runs on JavaScript', async () => {
  const report = await runChild({ tier: 'native' }, [], { MILLRACE_LLVM: 'off' })
  answers(report, 'js', 'LDB-8016')
  assert.match(report.diagnostics[0].message, /MILLRACE_LLVM is off/)
  const neither = await runChild({ tier: 'native' }, forbidding, { MILLRACE_LLVM: 'off' })
  answers(neither, 'interp', 'LDB-0007', 'LDB-8016')
})

test('nothing is said where nothing is amiss', async () => {
  answers(await runChild({}, []), 'js')
})

test('a native run takes over between batches', { skip: nativeUnavailable }, async () => {
  const diagnostics: Diagnostic[] = []
  const run = compile(sums, { limits: small }).run(eventsFrom(0, 40), {
    tier: 'native',
    onDiagnostic: one => diagnostics.push(one),
  })
  assert.deepEqual(sumLines(await run.collect()), expected)
  assert.equal(run.tier, 'native')
  assert.deepEqual(diagnostics, [])
})

test('warm waits for native code that a push has asked for', { skip: nativeUnavailable }, async () => {
  const seen: string[] = []
  const rows = eventsFrom(0, 40)
  const live = compile(sums, { limits: small }).open(batch => seen.push(...sumLines(batch)), {
    tier: 'native',
  })
  live.push(rows.slice(0, 15))
  assert.equal(live.tier, 'js')
  assert.equal(await live.warm(rows), 'native')
  live.push(rows.slice(15))
  live.end()
  assert.deepEqual(seen, expected)
})

test('an onDiagnostic that throws ends what it was called for, and nothing else', async () => {
  const { code, env } = { code: 'mine', env: process.env.MILLRACE_LLVM }
  process.env.MILLRACE_LLVM = 'off'
  try {
    const query = compile(sums, { limits: small, cache: new PlanCache(0) })
    const onDiagnostic = (): never => {
      throw new Error(code)
    }
    const told = hasCode('LDB-5004', /onDiagnostic threw: mine/)
    await assert.rejects(query.run(eventsFrom(0, 5), { tier: 'native', onDiagnostic }).collect(), told)
    const live = query.open(() => {}, { tier: 'native', onDiagnostic })
    live.push(eventsFrom(0, 5))
    await new Promise(setImmediate)
    assert.throws(() => live.push(eventsFrom(5, 5)), told)
    live.push(eventsFrom(10, 5))
    assert.equal(live.counters.rowsIn, 15n)
  } finally {
    if (env === undefined) delete process.env.MILLRACE_LLVM
    else process.env.MILLRACE_LLVM = env
  }
})
