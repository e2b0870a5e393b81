/**
 * Run by processes.slow.test.ts, many at a time: reads and writes a few entries of one folder over and over, and prints
 * its counters with the number of entries that were not what they should be. A vandal damages files in between.
 */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CacheCounters } from '../../codegen/cache/code-cache.ts'
import { cacheAt, fileOf, lookUp, sampleEntry, sampleKey } from './kit.ts'

export interface Report extends CacheCounters {
  readonly wrong: number
}

const KEYS = 16
const [folder, seed, rounds, role] = process.argv.slice(2)
const cache = cacheAt(folder, { bytesMax: 100_000, entriesMax: 12 })
let state = Number(seed)
let wrong = 0

/** A generator of its own, so that a seed tells the whole run. */
function below(limit: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return (state >>> 8) % limit
}

function damage(number: number): void {
  const file = join(folder, fileOf(sampleKey(number)))
  try {
    if (below(2) === 0) truncateSync(file, below(1000))
    else writeFileSync(file, Buffer.alloc(below(2000), below(256)), { flag: 'r+' })
  } catch {}
}

/** The payload tells its key, and the facts tell how long it is. */
function isRight(number: number): boolean {
  const entry = lookUp(cache, sampleKey(number))
  if (!entry) return true
  const expected = sampleEntry(number, entry.payload.length)
  return entry.payload.length >= 5000 && entry.payload.equals(expected.payload)
}

for (let round = 0; round < Number(rounds); round++) {
  const number = below(KEYS)
  if (below(3) === 0) cache.put(sampleKey(number), sampleEntry(number, 5000 + below(10_000)))
  else if (role === 'vandal' && below(4) === 0) damage(number)
  else if (!isRight(number)) wrong++
}
process.stdout.write(JSON.stringify({ ...cache.counters, wrong } satisfies Report))
