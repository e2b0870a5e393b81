/** An error of an arrow function names the line of the user's program, also where stacks show the engine's sources. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// Counts for the modules that are loaded from now on, hence the import in place.
process.setSourceMapsEnabled(true)
const { MillraceError, source, t } = await import('../../../compiler/index.ts')

test('the place is the call in this file', () => {
  const limit = 15n
  assert.throws(
    () => source('flights', { delay: t.int64 }).filter(f => f.delay > limit),
    error => {
      assert.ok(error instanceof MillraceError)
      assert.match(error.stack ?? '', /[\\/]compiler[\\/]frontend[\\/]\S+\.ts:\d+/)
      const own = fileURLToPath(import.meta.url)
      assert.ok(error.message.includes(`\n  at ${own}:`), error.message)
      return true
    },
  )
})
