/** Folders that a test may fill, and entries to put into them. No test touches the cache of the user. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type CacheLimits, DiskCache } from '../../codegen/cache/code-cache.ts'
import { type CodeKey, type Entry, keyOf } from '../../codegen/cache/entry.ts'
import { currentUser, Folder } from '../../codegen/cache/folder.ts'

const user = currentUser()

/** Why the disk cache is not tested here; `false` where it is. */
export const diskUnavailable: string | false = user === undefined ? 'files have no owner here' : false

/** A folder of its own for a test, gone afterwards. Its mode is 0700. */
export function temporary(t: Pick<TestContext, 'after'>): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const folderAt = (path: string): Folder => new Folder(path, user ?? 0)

export const cacheAt = (path: string, limits?: CacheLimits): DiskCache =>
  new DiskCache(folderAt(path), limits)

export const sampleKey = (number: number): CodeKey => keyOf('sample', [number])
export const fileOf = ({ digest, kind }: CodeKey): string => `${digest}.${kind}`

/** An entry that shows which key it belongs to, all through its payload. */
export const sampleEntry = (number: number, bytes = 1000): Entry => ({
  facts: { number },
  payload: Buffer.alloc(bytes, `${number} `),
})

export const filesIn = (path: string): readonly string[] => readdirSync(path).toSorted()

/** What a lookup gives when every good entry will do. */
export const lookUp = (cache: DiskCache, key: CodeKey): Entry | undefined => cache.find(key, entry => entry)
