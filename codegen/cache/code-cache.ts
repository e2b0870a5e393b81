/**
 * A bounded store of compiled code on disk, shared by all processes of a user. It is never in the way: whatever the
 * file system says, a lookup is a hit or a miss and a write happens or not. Counters tell what happened.
 */
import { type CodeKey, decodeEntry, type Entry, encodeEntry } from './entry.ts'
import type { FileFacts, Folder } from './folder.ts'

export interface CacheCounters {
  /** Lookups that gave code. */
  readonly hits: number
  /** Lookups that gave none, for whatever reason. */
  readonly misses: number
  /** Entries that were there and were not believed: damaged, foreign, or open to other users. */
  readonly rejected: number
  readonly written: number
  readonly evicted: number
  /** What the file system or the linker refused. */
  readonly failed: number
  /** Size of the whole cache when it was last looked through, and what this process has written since. */
  readonly entries: number
  readonly bytes: number
}

export interface CodeCache {
  /**
   * Looks an entry up. It is a hit if `use` makes something of it, and is removed if `use` gives undefined; what
   * `use` throws is counted as failed and the entry stays.
   */
  find<T>(key: CodeKey, use: (entry: Entry) => T | undefined): T | undefined
  put(key: CodeKey, entry: Entry): void
  /** For an entry that turned out to be unusable after it was found. */
  reject(key: CodeKey): void
  /** For an entry that is good and no longer wanted. */
  drop(key: CodeKey): void
  readonly counters: CacheCounters
  /** False where nothing is ever found or kept: then keys need not be made. */
  readonly isOn: boolean
}

export interface CacheLimits {
  readonly bytesMax: number
  readonly entriesMax: number
}

export const defaultLimits: CacheLimits = { bytesMax: 256 << 20, entriesMax: 1024 }

/** A larger file is not ours: a big plan has about a hundred kilobytes. */
const ENTRY_BYTES_MAX = 16 << 20
/** Eviction goes down to this part of the limits, so that not every write evicts. */
const AFTER_EVICTION = 7 / 8
/** Writes of this process after which the folder is looked through again, for what others wrote. */
const WRITES_PER_SCAN = 64
/** The files of this cache; others in the folder are left alone. */
const ENTRY_FILE = /^[0-9a-f]{64}\.[a-z]+$/

const fileOf = ({ kind, digest }: CodeKey): string => `${digest}.${kind}`

export class DiskCache implements CodeCache {
  readonly isOn = true
  readonly #folder: Folder
  readonly #limits: CacheLimits
  readonly #counters = { hits: 0, misses: 0, rejected: 0, written: 0, evicted: 0, failed: 0 }
  #entries = 0
  #bytes = 0
  #writesToScan = 0

  constructor(folder: Folder, limits: CacheLimits = defaultLimits) {
    this.#folder = folder
    this.#limits = limits
  }

  get counters(): CacheCounters {
    return { ...this.#counters, entries: this.#entries, bytes: this.#bytes }
  }

  find<T>(key: CodeKey, use: (entry: Entry) => T | undefined): T | undefined {
    const found = this.#read(key, use)
    this.#counters[found === undefined ? 'misses' : 'hits']++
    return found
  }

  #read<T>(key: CodeKey, use: (entry: Entry) => T | undefined): T | undefined {
    const read = this.#folder.read(fileOf(key), ENTRY_BYTES_MAX)
    if (read.kind === 'absent') return undefined
    if (read.kind === 'failed') {
      this.#counters.failed++
      return undefined
    }
    try {
      const entry = read.kind === 'found' ? decodeEntry(key, read.bytes) : undefined
      const used = entry && use(entry)
      if (used === undefined) this.reject(key)
      return used
    } catch {
      this.#counters.failed++
      return undefined
    }
  }

  put(key: CodeKey, entry: Entry): void {
    const bytes = encodeEntry(key, entry)
    if (bytes.length > Math.min(ENTRY_BYTES_MAX, this.#limits.bytesMax)) return
    try {
      this.#folder.write(fileOf(key), bytes)
      this.#counters.written++
      this.#entries++
      this.#bytes += bytes.length
      this.#makeRoom()
    } catch {
      this.#counters.failed++
    }
  }

  reject(key: CodeKey): void {
    this.#counters.rejected++
    this.#folder.remove(fileOf(key))
  }

  drop(key: CodeKey): void {
    this.#folder.remove(fileOf(key))
  }

  #makeRoom(): void {
    const { bytesMax, entriesMax } = this.#limits
    const isWithin = this.#bytes <= bytesMax && this.#entries <= entriesMax
    if (isWithin && this.#writesToScan-- > 0) return
    this.#writesToScan = WRITES_PER_SCAN
    const files = this.#folder.list(ENTRY_FILE).toSorted((a, b) => a.usedMs - b.usedMs)
    this.#entries = files.length
    this.#bytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
    if (this.#bytes > bytesMax || this.#entries > entriesMax) this.#evict(files)
  }

  /** Oldest use first; the newest, for which room is made, stays. */
  #evict(files: readonly FileFacts[]): void {
    const bytesLeft = this.#limits.bytesMax * AFTER_EVICTION
    const entriesLeft = this.#limits.entriesMax * AFTER_EVICTION
    for (const { name, bytes } of files.slice(0, -1)) {
      if (this.#bytes <= bytesLeft && this.#entries <= entriesLeft) return
      if (!this.#folder.remove(name)) continue
      this.#counters.evicted++
      this.#bytes -= bytes
      this.#entries--
    }
  }
}

/** Finds nothing and keeps nothing. */
export const noCache: CodeCache = {
  isOn: false,
  find: () => undefined,
  put() {},
  reject() {},
  drop() {},
  counters: {
    hits: 0,
    misses: 0,
    rejected: 0,
    written: 0,
    evicted: 0,
    failed: 0,
    entries: 0,
    bytes: 0,
  },
}
