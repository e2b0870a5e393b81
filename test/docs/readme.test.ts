/** The examples of the README compile, run, and print what the README says they print. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { source, t } from '../../compiler/index.ts'
import { projectRoot } from '../support/golden.ts'

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')

/** The code blocks of a language, without their fences. */
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(/^```(\w*)\n(.*?)\n```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text)

/** Three flights from LAX and one from JFK, an hour later. */
const rows = `
const at = (hour: number, minute: number) => BigInt(Date.UTC(2001, 0, 1, hour, minute)) * 1000n
const rows = [
  { date: at(0, 5), delay: 16n, distance: 300n, origin: 'LAX' },
  { date: at(0, 10), delay: 3n, distance: 2500n, origin: 'LAX' },
  { date: at(0, 50), delay: 42n, distance: 800n, origin: 'LAX' },
  { date: at(1, 20), delay: 17n, distance: 700n, origin: 'JFK' },
]
`

/** Inside the package, so that 'millrace' is what a user imports. */
const example = join(projectRoot, 'dist', 'test', 'docs', 'readme-example.mts')
const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
)

test('the example compiles without annotations and prints what the README shows', () => {
  mkdirSync(dirname(example), { recursive: true })
  writeFileSync(example, `${rows}${blocks('ts')[0]}\n`)
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
  const printed = execFileSync(process.execPath, [example.replace(/\.mts$/, '.mjs')], { encoding: 'utf8' })
  assert.equal(printed.trim(), blocks('')[0])
})

test('the error of a captured variable is the one shown', () => {
  const flights = source('flights', { delay: t.int64 })
  const limit = 15n
  assert.throws(
    () => flights.filter(f => f.delay > limit),
    error => {
      assert.ok(error instanceof Error)
      assert.ok(error.message.startsWith(blocks('')[1]), error.message)
      return true
    },
  )
})
