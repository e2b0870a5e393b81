/**
 * Runs the tests: all of them, or with --quick the files that are not slow, with fewer random cases. Words on the
 * command line pick files whose path holds one of them.
 */
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { nativeTarget } from '../../codegen/llvm/target.ts'

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
/** The sources say which tests there are: what was built from one that is gone may still lie in dist. */
const sources = join(dist, '..', 'test')
const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
const isQuick = process.argv.includes('--quick')

const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.test.ts') && !(isQuick && path.endsWith('.slow.test.ts')))
  .filter(path => words.length === 0 || words.some(word => path.includes(word)))
  .map(path => join(dist, 'test', path.replace(/\.ts$/, '.js')))
  .toSorted()

if (files.length === 0) {
  console.error(`no test file holds ${words.join(' or ')}`)
  process.exit(1)
}
const target = nativeTarget()
if (!target.available) console.error(`native tests are SKIPPED: ${target.reason}\n`)
// No test touches the cache of the user; whoever names a folder runs all tests over a cache there.
process.env.MILLRACE_CACHE ??= 'off'
if (isQuick) process.env.MILLRACE_TEST = 'quick'
run({ files, concurrency: availableParallelism() })
  .on('test:fail', () => {
    process.exitCode = 1
  })
  .compose(new spec())
  .pipe(process.stdout)
