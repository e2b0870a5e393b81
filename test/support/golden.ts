/** Texts that are kept as files and compared; UPDATE=1 writes them anew, and the diff is for a person to read. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the sources: tests run from dist. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const folder = join(projectRoot, 'test', 'golden')

export function checkGolden(name: string, text: string): void {
  const path = join(folder, name)
  if (process.env.UPDATE) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }
  assert.equal(`${text}\n`, readFileSync(path, 'utf8'))
}
