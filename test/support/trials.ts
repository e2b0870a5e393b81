/** Runs a property over random trials. A trial that fails can be kept as a file of the corpus. */
import fc from 'fast-check'
import type { Trial } from '../gen/trials.ts'
import { checkTrial } from './check.ts'
import { keep } from './corpus-files.ts'
import { runs, sameSeed } from './runs.ts'

export async function assertTrials(
  trials: fc.Arbitrary<Trial>,
  count: number,
  check: (trial: Trial) => Promise<void> = checkTrial,
): Promise<void> {
  const property = fc.asyncProperty(trials, check)
  const details = await fc.check(property, { numRuns: runs(count), includeErrorInReport: true, ...sameSeed })
  const [trial] = details.counterexample ?? []
  if (!details.failed) return
  const report = await fc.asyncDefaultReportMessage(details)
  throw new Error([report, trial ? keep(trial, details.seed) : ''].join('\n'), {
    cause: details.errorInstance,
  })
}
