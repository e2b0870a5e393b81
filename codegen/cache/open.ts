/**
 * Which cache a process uses: a folder that the caller names, or the one of the environment. `MILLRACE_CACHE=off`
 * switches the shared cache off, any other value is its folder; else it lies where the system keeps caches.
 */
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { MillraceError } from '../../ir/errors.ts'
import { type CacheLimits, type CodeCache, DiskCache, defaultLimits, noCache } from './code-cache.ts'
import { currentUser, Folder } from './folder.ts'

export interface CacheOptions extends Partial<CacheLimits> {
  /** Made where it is missing, readable by its owner only. */
  readonly directory?: string
}

/** A cache of its own. Where the system does not tell whose a file is, none can be trusted, and nothing is kept. */
export function openCache(options: CacheOptions = {}): CodeCache {
  const { bytesMax = defaultLimits.bytesMax, entriesMax = defaultLimits.entriesMax } = options
  checkLimit('bytesMax', bytesMax)
  checkLimit('entriesMax', entriesMax)
  const user = currentUser()
  if (user === undefined) return noCache
  const folder = new Folder(resolve(options.directory ?? defaultDirectory()), user)
  return new DiskCache(folder, { bytesMax, entriesMax })
}

function checkLimit(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return
  throw new MillraceError('LDB-0001', `${name} of the cache is ${value}`, { fix: 'use a positive integer' })
}

/** An XDG path that is not absolute is to be ignored, says its specification. */
function defaultDirectory(): string {
  const { XDG_CACHE_HOME = '' } = process.env
  return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'millrace')
}

const opened = new Map<string, CodeCache>()

/** The cache of the environment: one for all who ask. The variable counts at once. */
export function sharedCache(): CodeCache {
  const setting = process.env.MILLRACE_CACHE ?? ''
  const known = opened.get(setting) ?? openShared(setting)
  opened.set(setting, known)
  return known
}

function openShared(setting: string): CodeCache {
  if (setting === 'off') return noCache
  return openCache(setting === '' ? {} : { directory: setting })
}
