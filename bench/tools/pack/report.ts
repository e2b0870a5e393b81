/** What became of each check of the package: a table, and below it what a check that failed had to say. */
import { left, newTable } from '../../lib/table.ts'

export interface Outcome {
  readonly check: string
  /** With which tool or version of Node. */
  readonly on: string
  readonly verdict: 'ok' | 'FAILED' | 'SKIPPED'
  readonly detail: string
}

/** Thrown by a check that cannot be made here; the message says why. */
export class Skipped extends Error {}

/** Makes a check; it returns what it found, and throws where that is wrong. */
export function attempt(check: string, on: string, make: () => string): Outcome {
  process.stderr.write(`  ${check}, ${on} ...\n`)
  try {
    return { check, on, verdict: 'ok', detail: make() }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { check, on, verdict: error instanceof Skipped ? 'SKIPPED' : 'FAILED', detail }
  }
}

export function printOutcomes(outcomes: readonly Outcome[]): void {
  const table = newTable(['check', 'on', 'verdict', 'detail'].map(left))
  for (const { check, on, verdict, detail } of outcomes) {
    table.push([check, on, verdict, verdict === 'FAILED' ? 'see below' : detail])
  }
  console.log(table.toString())
  for (const { check, on, verdict, detail } of outcomes) {
    if (verdict === 'FAILED') console.log(`\n${check}, ${on}:\n${detail}`)
  }
}
