/** The table of planted faults keeps step with the sources: each text is found once, each test file is there. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plant } from '../../bench/mutants/mutant.ts'
import { mutants } from '../../bench/mutants/rooms/index.ts'
import { root } from './sources.ts'

test('every planted fault is a change of text that stands in its source once', () => {
  for (const mutant of mutants) plant(mutant, readFileSync(join(root, mutant.file), 'utf8'))
})

test('planted faults have names of their own, and tests that exist', () => {
  const names = mutants.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  )
  for (const { name, tests } of mutants) {
    assert.ok(tests.length > 0, name)
    for (const file of tests) assert.ok(existsSync(join(root, 'test', `${file}.ts`)), `${name}: ${file}`)
  }
})
