/**
 * The folder on disk: the only file of the cache that touches files and the clock. It gives out bytes only where
 * nobody but this user can have written them, because cached code is code that will run. It knows no format.
 */
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

export interface FileFacts {
  readonly name: string
  readonly bytes: number
  /** When it was last written or read. */
  readonly usedMs: number
}

/** `untrusted`: something is there that others can write, or that is no plain file of a sane size. */
export type ReadResult =
  | { readonly kind: 'found'; readonly bytes: Buffer }
  | { readonly kind: 'absent' | 'untrusted' | 'failed' }

/** Age from which a half-written file belongs to a process that died. */
const ABANDONED_MS = 600_000
const TEMPORARY = '.tmp'
const WRITABLE_BY_OTHERS = 0o022
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
/** A link is not followed; a pipe that lies there does not make the reader wait. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** The user whose files are believed; undefined on systems that do not tell. */
export const currentUser = (): number | undefined => process.geteuid?.()

export class Folder {
  readonly path: string
  readonly #user: number

  /** `user`: the numeric id of the owner that is trusted. */
  constructor(path: string, user: number) {
    this.path = path
    this.#user = user
  }

  /**
   * Never throws. The checks are made on the opened file: whoever swaps the folder in between shows a file of his
   * own, which is refused for its owner.
   */
  read(name: string, bytesMax: number): ReadResult {
    try {
      this.#check()
      const file = openSync(join(this.path, name), READ_FLAGS)
      try {
        const stat = fstatSync(file)
        if (!stat.isFile() || !this.#isPrivate(stat) || stat.size > bytesMax) return { kind: 'untrusted' }
        const bytes = readFileSync(file)
        markUsed(file)
        return { kind: 'found', bytes }
      } finally {
        closeSync(file)
      }
    } catch (error) {
      return { kind: readFailures[codeOf(error)] ?? 'failed' }
    }
  }

  /** Readers see the old file or the new one, never a part. Throws what the file system says. */
  write(name: string, bytes: Uint8Array): void {
    makeFolder(this.path)
    this.#check()
    const temporary = join(this.path, temporaryName(name))
    try {
      writeFileSync(temporary, bytes, { flag: 'wx', mode: FILE_MODE })
      renameSync(temporary, join(this.path, name))
    } catch (error) {
      removeQuietly(temporary)
      throw error
    }
  }

  /** Removes a file or a link, where it is ours. Says whether it is gone by our hand. */
  remove(name: string): boolean {
    try {
      this.#check()
      const path = join(this.path, name)
      if (lstatSync(path).uid !== this.#user) return false
      unlinkSync(path)
      return true
    } catch {
      return false
    }
  }

  /** The whole files whose name fits. What processes that died left half-written is removed on the way. */
  list(pattern: RegExp): readonly FileFacts[] {
    this.#check()
    const abandonedMs = Date.now() - ABANDONED_MS
    return readdirSync(this.path).flatMap(name => {
      const isWhole = !name.endsWith(TEMPORARY)
      if (!pattern.test(isWhole ? name : wholeName(name))) return []
      const stat = lstatSync(join(this.path, name), { throwIfNoEntry: false })
      if (stat && isWhole) return [{ name, bytes: stat.size, usedMs: stat.mtimeMs }]
      if (stat && stat.mtimeMs < abandonedMs) this.remove(name)
      return []
    })
  }

  /** @throws UntrustedFolder, or what the file system says */
  #check(): void {
    const stat = lstatSync(this.path)
    if (!stat.isDirectory() || !this.#isPrivate(stat)) throw new UntrustedFolder(this.path)
  }

  #isPrivate(stat: Stats): boolean {
    return stat.uid === this.#user && (stat.mode & WRITABLE_BY_OTHERS) === 0
  }
}

const temporaryName = (name: string): string => `${name}.${randomUUID()}${TEMPORARY}`
const wholeName = (temporary: string): string => temporary.replace(/\.[^.]*\.tmp$/, '')

class UntrustedFolder extends Error {
  readonly code = 'UNTRUSTED'

  constructor(path: string) {
    super(`${path} is not a folder that only its owner can write`)
  }
}

/** What the failure to open a file means. */
const readFailures: Readonly<Record<string, 'absent' | 'untrusted'>> = {
  ENOENT: 'absent',
  ELOOP: 'untrusted',
  EISDIR: 'untrusted',
  ENXIO: 'untrusted',
  UNTRUSTED: 'untrusted',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** Node's own recursive mkdir never comes back where the system makes no folder in one that is there, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, FOLDER_MODE)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Where the time of use cannot be written, as on a read-only disk, nothing is evicted either. */
function markUsed(file: number): void {
  try {
    const now = Date.now() / 1000
    futimesSync(file, now, now)
  } catch {}
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {}
}
