/** The examples of the README compile, run, and print what the README says they print. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { source, t } from '../../compiler/index.ts'
import { projectRoot } from '../support/golden.ts'
import {
  readmeError,
  readmeExample,
  readmeFold,
  readmeFoldOutput,
  readmeJoin,
  readmeJoinOutput,
  readmeOutput,
} from '../support/readme.ts'

/** Inside the package, so that 'millrace' is what a user imports. */
const example = join(projectRoot, 'dist', 'test', 'docs', 'readme-example.mts')
const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
)

/** Compiles a program as a user would, and runs it. */
function printed(program: string): string {
  mkdirSync(dirname(example), { recursive: true })
  writeFileSync(example, program)
  const options = [
    '--ignoreConfig',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'esnext',
  ]
  execFileSync(process.execPath, [compiler, ...options, '--types', 'node', example], { cwd: projectRoot })
  return execFileSync(process.execPath, [example.replace(/\.mts$/, '.mjs')], { encoding: 'utf8' }).trim()
}

test('the example compiles without annotations and prints what the README shows', () => {
  assert.equal(printed(readmeExample), readmeOutput)
})

test('so does the aggregate of your own', () => {
  assert.equal(printed(readmeFold), `${readmeOutput}\n${readmeFoldOutput}`)
})

test('and the join', () => {
  assert.equal(printed(readmeJoin), `${readmeOutput}\n${readmeJoinOutput}`)
})

test('the error of a captured variable is the one shown', () => {
  const flights = source('flights', { delay: t.int64 })
  const limit = 15n
  assert.throws(
    () => flights.filter(f => f.delay > limit),
    error => {
      assert.ok(error instanceof Error)
      assert.ok(error.message.startsWith(readmeError), error.message)
      return true
    },
  )
})
