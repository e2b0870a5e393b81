/**
 * The package holds what its users need: what the door loads, the maps of it, and the sources that the maps name.
 * `npm run pack:check` tries the real thing.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publint } from 'publint'
import { projectRoot } from '../support/golden.ts'
import { packedFiles, reachedFrom, sourcesOf, textOf } from './packed.ts'

const manifest = JSON.parse(textOf('package.json'))
const packed = packedFiles()
const { types, default: code } = manifest.exports['.']
/** The compile server is loaded by a process of its own. */
const run = reachedFrom([fromRoot(code), 'dist/codegen/llvm/compile-server.js'])
const declared = reachedFrom([fromRoot(types)])
const built = [...run.files, ...declared.files]

function fromRoot(path: string): string {
  return path.replace(/^\.\//, '')
}

test('all that the door loads or declares is packed', () => {
  assert.ok(run.files.has('dist/codegen/js/link.js') && run.files.has('dist/codegen/llvm/emit.js'))
  assert.ok(declared.files.has('dist/compiler/run/options.d.ts'))
  const missing = built.filter(path => !packed.has(path))
  assert.deepEqual(missing, [])
})

test('every packed file of the build that is in use has a map, and the sources it names are packed', () => {
  const without = built.filter(path => !packed.has(`${path}.map`))
  assert.deepEqual(without, [])
  const missing = built.flatMap(path => sourcesOf(path) ?? []).filter(source => !packed.has(source))
  assert.deepEqual(missing, [])
})

test('nothing is packed but the build, its sources and what people read', () => {
  const expected =
    /^((dist\/)?(compiler|ir|codegen|runtime)\/.*\.(ts|js|map)|package\.json|LICENSE|(README|ARCHITECTURE)\.md)$/
  const others = [...packed].filter(path => !expected.test(path))
  assert.deepEqual(others, [])
})

test('packages that the code or its types name are dependencies', () => {
  const dependencies = new Set(Object.keys(manifest.dependencies))
  const missing = [...run.packages, ...declared.packages].filter(
    name => !name.startsWith('node:') && !dependencies.has(name),
  )
  assert.deepEqual(missing, [])
})

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: projectRoot, strict: true, pack: false })
  assert.deepEqual(messages, [])
})
