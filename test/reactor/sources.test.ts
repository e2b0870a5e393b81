/** Several sources of a run: which is read next, and which is neither asked nor read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Feed } from '../../runtime/streaming/feed.ts'
import { furthestBehind } from '../../runtime/streaming/furthest-behind.ts'
import { Sources } from '../../runtime/streaming/sources.ts'

test('the source whose watermark is the least is next, of equal ones the first of the plan', () => {
  const watermarkOf = (source: number): bigint => [5n, 3n, 3n, 9n][source]
  assert.equal(furthestBehind([0, 1, 2, 3], watermarkOf), 1)
  assert.equal(furthestBehind([3, 2, 0], watermarkOf), 2)
  assert.equal(furthestBehind([3], watermarkOf), 3)
  assert.equal(furthestBehind([], watermarkOf), undefined)
})

const feedOf = (...batches: readonly string[]): Feed<string> => new Feed(batches.values(), () => {})

test('a source that is held back is neither asked nor read, until it is not', () => {
  let isHeld = true
  const sources = new Sources([feedOf('a', 'b'), feedOf('c')], source => isHeld && source === 0)
  const take = (): unknown => sources.take(source => BigInt(source))
  sources.poll()
  assert.deepEqual(sources.waiting, [1])
  assert.deepEqual(take(), { source: 1, batch: 'c' })
  sources.poll()
  assert.deepEqual([sources.wantsMore, sources.hasBatch, sources.areDrained], [false, false, false])
  isHeld = false
  assert.equal(sources.wantsMore, true)
  sources.poll()
  assert.deepEqual(take(), { source: 0, batch: 'a' })
  isHeld = true
  assert.deepEqual([sources.waiting, sources.hasBatch, take()], [[0], false, undefined])
})

test('where a source has failed nobody is held back', () => {
  const failing = {
    next(): never {
      throw new Error('mine')
    },
  }
  const sources = new Sources([feedOf('a'), new Feed<string>(failing, () => {})], source => source === 0)
  sources.poll()
  sources.poll()
  assert.deepEqual(
    sources.take(() => 0n),
    { source: 0, batch: 'a' },
  )
})
