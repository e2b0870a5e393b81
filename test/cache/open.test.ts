/** Where the cache lies, what switches it off, and that a file system that refuses only costs the cache. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { type CacheCounters, type CodeCache, noCache } from '../../codegen/cache/code-cache.ts'
import { openCache, sharedCache } from '../../codegen/cache/open.ts'
import { diskUnavailable, filesIn, sampleEntry, sampleKey, temporary } from './kit.ts'

const skip = diskUnavailable
const key = sampleKey(1)

/** Puts an entry and finds it again, or not. */
function roundTrip(cache: CodeCache): boolean {
  cache.put(key, sampleEntry(1))
  return cache.find(key, entry => entry) !== undefined
}

function withSetting(t: TestContext, value: string | undefined): void {
  const before = process.env.MILLRACE_CACHE
  const set = (setting: string | undefined): void => {
    if (setting === undefined) delete process.env.MILLRACE_CACHE
    else process.env.MILLRACE_CACHE = setting
  }
  set(value)
  t.after(() => set(before))
}

test('MILLRACE_CACHE=off finds and keeps nothing', t => {
  withSetting(t, 'off')
  assert.equal(sharedCache(), noCache)
  assert.equal(roundTrip(sharedCache()), false)
  sharedCache().reject(key)
})

test('MILLRACE_CACHE names the folder, and counts at once', { skip }, t => {
  const [first, second] = [join(temporary(t), 'a', 'b'), temporary(t)]
  withSetting(t, first)
  const cache = sharedCache()
  assert.equal(existsSync(first), false)
  assert.ok(roundTrip(cache))
  assert.equal(filesIn(first).length, 1)
  assert.equal(statSync(first).mode & 0o777, 0o700)
  process.env.MILLRACE_CACHE = second
  assert.notEqual(sharedCache(), cache)
  assert.equal(
    sharedCache().find(key, entry => entry),
    undefined,
  )
  process.env.MILLRACE_CACHE = first
  assert.equal(sharedCache(), cache)
})

const openUrl = new URL('../../codegen/cache/open.js', import.meta.url).href
const kitUrl = new URL('./kit.js', import.meta.url).href

/** In a process of its own: the counters of the shared cache after an entry was put and looked up. */
async function inProcess(env: NodeJS.ProcessEnv, wrap: readonly string[] = []): Promise<CacheCounters> {
  const script = `
    import { sharedCache } from ${JSON.stringify(openUrl)}
    import { sampleEntry, sampleKey } from ${JSON.stringify(kitUrl)}
    const cache = sharedCache()
    cache.put(sampleKey(1), sampleEntry(1, 10_000))
    cache.find(sampleKey(1), entry => entry)
    console.log(JSON.stringify(cache.counters))`
  const [program, ...args] = [...wrap, process.execPath, '--input-type=module', '-e', script]
  const { MILLRACE_CACHE: _, XDG_CACHE_HOME: __, ...others } = process.env
  const { stdout } = await promisify(execFile)(program, args, { env: { ...others, ...env } })
  return JSON.parse(stdout) as CacheCounters
}

test('by default it lies in the cache folder of the user', { skip }, async t => {
  const [home, xdg] = [temporary(t), temporary(t)]
  assert.equal((await inProcess({ HOME: home })).hits, 1)
  assert.equal(filesIn(join(home, '.cache', 'millrace')).length, 1)
  assert.equal((await inProcess({ HOME: home, XDG_CACHE_HOME: xdg })).hits, 1)
  assert.equal(filesIn(join(xdg, 'millrace')).length, 1)
  const { hits, written } = await inProcess({ HOME: home, XDG_CACHE_HOME: 'not/absolute' })
  assert.deepEqual([hits, written], [1, 1])
  assert.deepEqual(filesIn(home), ['.cache'])
})

const refusing: Readonly<Record<string, (t: TestContext) => string>> = {
  'a file in the way of the folder': t => {
    const file = join(temporary(t), 'file')
    writeFileSync(file, '')
    return join(file, 'cache')
  },
  'a file in the place of the folder': t => {
    const file = join(temporary(t), 'file')
    writeFileSync(file, '')
    return file
  },
  'a system that makes no folders there': () => '/proc/millrace',
  'a name that is too long': t => join(temporary(t), 'x'.repeat(300)),
}
for (const [what, place] of Object.entries(refusing)) {
  test(`${what} only costs the cache, and is counted`, { skip }, t => {
    const cache = openCache({ directory: place(t) })
    assert.equal(roundTrip(cache), false)
    const { hits, misses, written, failed } = cache.counters
    assert.deepEqual([hits, misses, written], [0, 1, 0])
    assert.ok(failed > 0)
  })
}

test('a folder that vanishes is made again', { skip }, t => {
  const directory = join(temporary(t), 'cache')
  const cache = openCache({ directory })
  assert.ok(roundTrip(cache))
  rmSync(directory, { recursive: true })
  assert.equal(
    cache.find(key, entry => entry),
    undefined,
  )
  assert.ok(roundTrip(cache))
  assert.equal(cache.counters.failed, 0)
})

test('a disk that is full only costs the cache, and nothing half is left', { skip }, async t => {
  const directory = temporary(t)
  // The system lets no file grow over 4 kilobytes: a write then stops half way, as on a full disk.
  const limited = ['bash', '-c', 'ulimit -f 4; exec "$@"', 'limited']
  const { written, failed, misses } = await inProcess({ MILLRACE_CACHE: directory }, limited)
  assert.deepEqual([written, failed, misses], [0, 1, 1])
  assert.deepEqual(filesIn(directory), [])
})

test('a folder that cannot be written still gives what lies in it', { skip }, t => {
  const directory = temporary(t)
  assert.ok(roundTrip(openCache({ directory })))
  execFileSync('chmod', ['500', directory])
  const cache = openCache({ directory })
  assert.ok(cache.find(key, entry => entry))
  execFileSync('chmod', ['700', directory])
})
