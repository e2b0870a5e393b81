/** The cache is bounded in bytes and entries, gives up what was not used for longest, and keeps count. */
import assert from 'node:assert/strict'
import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { defaultLimits } from '../../codegen/cache/code-cache.ts'
import { openCache } from '../../codegen/cache/open.ts'
import {
  cacheAt,
  diskUnavailable,
  fileOf,
  filesIn,
  lookUp,
  sampleEntry,
  sampleKey,
  temporary,
} from './kit.ts'

const skip = diskUnavailable
const bytesMax = defaultLimits.bytesMax

/** As if the file had been used that many seconds ago. */
function age(folder: string, number: number, seconds: number): void {
  const then = Date.now() / 1000 - seconds
  utimesSync(join(folder, fileOf(sampleKey(number))), then, then)
}

test('counters tell what happened', { skip }, t => {
  const cache = cacheAt(temporary(t))
  lookUp(cache, sampleKey(1))
  cache.put(sampleKey(1), sampleEntry(1))
  lookUp(cache, sampleKey(1))
  lookUp(cache, sampleKey(1))
  const { bytes, ...counters } = cache.counters
  assert.deepEqual(counters, {
    hits: 2,
    misses: 1,
    rejected: 0,
    written: 1,
    evicted: 0,
    failed: 0,
    entries: 1,
  })
  assert.ok(bytes > 1000 && bytes < 1300)
})

test('an entry that its finder cannot use is removed, one that makes it throw stays', { skip }, t => {
  const cache = cacheAt(temporary(t))
  cache.put(sampleKey(1), sampleEntry(1))
  const broken = (): never => {
    throw new Error('no memory')
  }
  assert.equal(cache.find(sampleKey(1), broken), undefined)
  assert.ok(lookUp(cache, sampleKey(1)))
  const refuse = (): undefined => undefined
  assert.equal(cache.find(sampleKey(1), refuse), undefined)
  assert.equal(lookUp(cache, sampleKey(1)), undefined)
  const { hits, misses, rejected, failed } = cache.counters
  assert.deepEqual([hits, misses, rejected, failed], [1, 3, 1, 1])
})

/** Entries 0 to 7, the lower the longer unused, except that number 1 has just been read. */
function aged(t: TestContext): string {
  const folder = temporary(t)
  const cache = cacheAt(folder)
  for (let i = 0; i < 8; i++) {
    cache.put(sampleKey(i), sampleEntry(i))
    age(folder, i, 100 - i)
  }
  assert.ok(lookUp(cache, sampleKey(1)))
  return folder
}

test('the limit of entries evicts what was not used for longest', { skip }, t => {
  const folder = aged(t)
  const cache = cacheAt(folder, { bytesMax, entriesMax: 8 })
  cache.put(sampleKey(8), sampleEntry(8))
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8].filter(i => existsSync(join(folder, fileOf(sampleKey(i))))),
    [1, 3, 4, 5, 6, 7, 8],
  )
  assert.equal(cache.counters.evicted, 2)
  assert.equal(cache.counters.entries, 7)
})

test('the limit of bytes holds whatever is written', { skip }, t => {
  const folder = temporary(t)
  const limit = 20_000
  const cache = cacheAt(folder, { bytesMax: limit, entriesMax: 1000 })
  for (let i = 0; i < 200; i++) {
    cache.put(sampleKey(i), sampleEntry(i, 100 + ((i * 37) % 5000)))
    assert.ok(cache.counters.bytes <= limit, `${cache.counters.bytes} bytes`)
    assert.ok(lookUp(cache, sampleKey(i)), 'the newest entry stays')
  }
  assert.ok(cache.counters.evicted > 100)
  cache.put(sampleKey(1000), sampleEntry(1000, limit))
  assert.equal(lookUp(cache, sampleKey(1000)), undefined, 'one entry larger than all is not kept')
})

test('what other processes wrote counts as well, at the first write and from time to time', { skip }, t => {
  const folder = temporary(t)
  const limits = { bytesMax, entriesMax: 100 }
  const [a, b] = [cacheAt(folder, limits), cacheAt(folder, limits)]
  for (let i = 0; i < 100; i++) a.put(sampleKey(i), sampleEntry(i, 10))
  b.put(sampleKey(100), sampleEntry(100, 10))
  assert.equal(b.counters.entries, filesIn(folder).length)
  assert.ok(filesIn(folder).length < 100)
  for (let i = 0; i < 500; i++) {
    a.put(sampleKey(i), sampleEntry(i, 10))
    b.put(sampleKey(1000 + i), sampleEntry(i, 10))
    assert.ok(filesIn(folder).length <= 100 + 2 * 65, `${filesIn(folder).length} entries`)
  }
})

test('strange files are left alone; half-written ones go when they are old', { skip }, t => {
  const folder = temporary(t)
  const half = `${fileOf(sampleKey(1))}.0-1.tmp`
  for (const name of ['notes.txt', half, `${fileOf(sampleKey(2))}.0-2.tmp`, 'other.tmp']) {
    writeFileSync(join(folder, name), 'x', { mode: 0o600 })
    utimesSync(join(folder, name), 0, 0)
  }
  writeFileSync(join(folder, half), 'x')
  const cache = cacheAt(folder, { bytesMax, entriesMax: 1 })
  cache.put(sampleKey(3), sampleEntry(3))
  assert.deepEqual(filesIn(folder), ['notes.txt', half, 'other.tmp', fileOf(sampleKey(3))].toSorted())
})

test('limits that are no limits are refused', () => {
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => openCache({ directory: 'unused', bytesMax: value }), { code: 'LDB-0001' })
    assert.throws(() => openCache({ directory: 'unused', entriesMax: value }), { code: 'LDB-0001' })
  }
})
