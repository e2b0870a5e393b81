/** Code is taken only from files that nobody else can have written; all else is refused, and removed where ours. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { DiskCache } from '../../codegen/cache/code-cache.ts'
import { Folder } from '../../codegen/cache/folder.ts'
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
const key = sampleKey(1)
const entry = sampleEntry(1)
const OTHER_USER = 12345
const isRoot = process.geteuid?.() === 0

interface Place {
  readonly cache: DiskCache
  /** The folder of the cache, and the file of `key` in it. */
  readonly folder: string
  readonly file: string
}

/** A cache that holds one good entry. */
function filled(t: TestContext): Place {
  const folder = join(temporary(t), 'cache')
  const cache = cacheAt(folder)
  cache.put(key, entry)
  assert.deepEqual(lookUp(cache, key), entry)
  return { cache, folder, file: join(folder, fileOf(key)) }
}

/** The entry is refused and gone, and a new one takes its place. */
function refusesAndHeals({ cache, file }: Place): void {
  assert.equal(lookUp(cache, key), undefined)
  assert.equal(cache.counters.rejected, 1)
  assert.equal(existsSync(file), false)
  cache.put(key, entry)
  assert.deepEqual(lookUp(cache, key), entry)
}

/** The entry is refused, and nothing of it or around it is changed. */
function refusesUntouched({ cache, file }: Place): void {
  const before = lstatSync(file).ino
  assert.equal(lookUp(cache, key), undefined)
  assert.equal(lstatSync(file).ino, before)
  assert.equal(cache.counters.hits, 1)
}

test('folder and files are made for the owner alone', { skip }, t => {
  const { folder, file } = filled(t)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(filesIn(folder), [fileOf(key)])
})

const damages: Readonly<Record<string, (file: string) => void>> = {
  'a flipped bit': file => {
    const bytes = readFileSync(file)
    bytes[bytes.length - 7] ^= 16
    writeFileSync(file, bytes)
  },
  'a truncation': file => truncateSync(file, 500),
  'an empty file': file => truncateSync(file, 0),
  'another format': file => writeFileSync(file, '#!/bin/sh\n'.repeat(100)),
  'a file beyond all measure': file => truncateSync(file, 17 << 20),
  'an entry of another key': file => {
    const other = join(file, '..', fileOf(sampleKey(2)))
    cacheAt(join(file, '..')).put(sampleKey(2), sampleEntry(2))
    renameSync(other, file)
  },
}
for (const [what, damage] of Object.entries(damages)) {
  test(`${what} is refused, removed and replaced`, { skip }, t => {
    const place = filled(t)
    damage(place.file)
    refusesAndHeals(place)
  })
}

for (const mode of [0o666, 0o620, 0o602]) {
  test(`a file of mode ${mode.toString(8)} is refused, removed and replaced`, { skip }, t => {
    const place = filled(t)
    chmodSync(place.file, mode)
    refusesAndHeals(place)
  })
}

test('a link to a good entry is refused, and only the link removed', { skip }, t => {
  const place = filled(t)
  const target = join(temporary(t), 'target')
  copyFileSync(place.file, target)
  chmodSync(target, 0o600)
  renameSync(place.file, `${target}.old`)
  symlinkSync(target, place.file)
  refusesAndHeals(place)
  assert.ok(existsSync(target))
})

test('a pipe keeps nobody waiting', { skip }, t => {
  const place = filled(t)
  renameSync(place.file, join(place.folder, 'away'))
  execFileSync('mkfifo', ['-m', '600', place.file])
  refusesAndHeals(place)
})

test('a folder in the place of a file is refused', { skip }, t => {
  const place = filled(t)
  renameSync(place.file, join(place.folder, 'away'))
  mkdirSync(place.file)
  refusesUntouched(place)
  place.cache.put(key, entry)
  assert.equal(place.cache.counters.failed, 1)
})

for (const mode of [0o777, 0o770, 0o702, 0o1777]) {
  test(`a folder of mode ${mode.toString(8)} is neither read nor written`, { skip }, t => {
    const place = filled(t)
    chmodSync(place.folder, mode)
    refusesUntouched(place)
    place.cache.put(sampleKey(2), entry)
    assert.deepEqual(filesIn(place.folder), [fileOf(key)])
    chmodSync(place.folder, 0o700)
    assert.deepEqual(lookUp(place.cache, key), entry)
  })
}

test('a link to a good folder is neither read nor written', { skip }, t => {
  const { folder } = filled(t)
  const link = join(temporary(t), 'link')
  symlinkSync(folder, link)
  const cache = cacheAt(link)
  assert.equal(lookUp(cache, key), undefined)
  cache.put(sampleKey(2), entry)
  assert.deepEqual(filesIn(folder), [fileOf(key)])
})

test('the folder of another user is neither read nor written', { skip }, t => {
  const { folder, file } = filled(t)
  const other = new Folder(folder, OTHER_USER)
  assert.equal(other.read(fileOf(key), 1 << 20).kind, 'untrusted')
  assert.throws(() => other.write('x', Buffer.alloc(1)), /only its owner can write/)
  assert.equal(other.remove(fileOf(key)), false)
  assert.ok(existsSync(file))
})

const onlyRoot = skip || (isRoot ? false : 'only root can give a file away')

test('a file of another user is refused and left; a write replaces it', { skip: onlyRoot }, t => {
  const place = filled(t)
  chownSync(place.file, OTHER_USER, OTHER_USER)
  refusesUntouched(place)
  place.cache.put(key, entry)
  assert.deepEqual(lookUp(place.cache, key), entry)
})
