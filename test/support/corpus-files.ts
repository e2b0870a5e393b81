/**
 * The corpus: trials that failed once, or that are worth running for ever, one a file. MILLRACE_CORPUS=save makes a
 * property that fails write its shrunk trial there.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashText } from '../../ir/hash.ts'
import type { Trial } from '../gen/trials.ts'
import { decodeTrial, encodeTrial } from './corpus.ts'

/** dist/test/support -> the folder in the checkout. */
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'test', 'corpus')

export interface CorpusFile {
  readonly name: string
  readonly trial: Trial
}

export const corpusFiles = (): readonly CorpusFile[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .toSorted()
    .map(name => ({ name, trial: decodeTrial(readFileSync(join(folder, name), 'utf8')) }))

/** Writes a trial that failed, where that is wished for; says what was done, or what to do. */
export function keep(trial: Trial, seed: number): string {
  if (process.env.MILLRACE_CORPUS !== 'save') {
    return `To keep this case as a test, run again with MILLRACE_CORPUS=save MILLRACE_SEED=${seed}`
  }
  const text = encodeTrial(trial, `found with seed ${seed}`)
  const name = `${hashText(text).slice(0, HASH_CHARS)}.json`
  writeFileSync(join(folder, name), text)
  return `Kept as test/corpus/${name}. Say in it what it is about.`
}
const HASH_CHARS = 12
