/**
 * A machine without LLVM runs what was compiled on it before. Made by a copy of the engine with koffi beside it and
 * without llvm-bindings: nothing in the engine knows that it is tested.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { closeNativeCompiler, compileNative } from '../../codegen/llvm/backend.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { root } from '../tidy/sources.ts'
import { cacheAt, diskUnavailable, filesIn, temporary } from './kit.ts'
import type { Report } from './no-llvm-child.ts'
import { sampleProgram } from './programs.ts'

const skip = diskUnavailable || nativeUnavailable
after(closeNativeCompiler)

/** A copy of the engine that finds these packages and no others. */
function engineWith(t: TestContext, packages: readonly string[]): string {
  const home = temporary(t)
  copyFileSync(join(root, 'package.json'), join(home, 'package.json'))
  for (const folder of ['ir', 'codegen', 'test/cache', 'test/support']) {
    cpSync(join(root, 'dist', folder), join(home, 'dist', folder), { recursive: true })
  }
  mkdirSync(join(home, 'node_modules'))
  for (const name of packages) {
    symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name))
  }
  return home
}

async function runIn(home: string, folder: string, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const child = join(home, 'dist', 'test', 'cache', 'no-llvm-child.js')
  const options = { env: { ...process.env, ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, [child, folder], options)
  return JSON.parse(stdout) as Report
}

const generators = ['acorn', 'astring']

test('without LLVM what was compiled here before runs natively, and nothing else', { skip }, async t => {
  const folder = temporary(t)
  await compileNative(sampleProgram(), undefined, cacheAt(folder))
  const report = await runIn(engineWith(t, [...generators, 'koffi']), folder)
  assert.equal(report.target.available, false)
  assert.match(JSON.stringify(report.target), /llvm-bindings is not installed/)
  assert.equal(report.runtime.available, true)
  assert.deepEqual([report.taken, report.hits], [2, 1])
  assert.equal(report.otherFound, false)
  assert.equal(report.compiling, 'LDB-8016')
  assert.equal(filesIn(folder).length, 1)
})

test('without koffi, or where native code is not wanted, nothing is', { skip }, async t => {
  const folder = temporary(t)
  await compileNative(sampleProgram(), undefined, cacheAt(folder))
  const bare = await runIn(engineWith(t, generators), folder)
  assert.deepEqual([bare.runtime.available, bare.taken, bare.compiling], [false, undefined, 'LDB-8016'])
  const off = await runIn(engineWith(t, [...generators, 'koffi']), folder, { MILLRACE_LLVM: 'off' })
  assert.deepEqual([off.runtime.available, off.taken, off.compiling], [false, undefined, 'LDB-8016'])
  assert.equal(filesIn(folder).length, 1)
})
