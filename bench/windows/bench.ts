/** `bench windows`: windows on both tiers against hand-written JavaScript and C, and what laminar-core's benches do. */
import { loadC } from '../lib/c-code.ts'
import { type BenchOptions, wantsCase } from '../lib/options.ts'
import type { Reporter } from '../lib/report.ts'
import { windowCases } from './cases.ts'
import { benchFire, FIRE } from './fire.ts'
import { benchHopping, HOPPING } from './hopping.ts'
import { benchKeyed } from './kernel-pairs.ts'
import { benchLaminar } from './laminar.ts'

/** The batch of the engine. */
const BATCH = 8192

export async function benchWindows(options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  const wanted = windowCases.filter(
    ({ spec, isLong }) => wantsCase(options, spec.name) && (!isLong || options.case !== undefined),
  )
  // First of all: a process that has reserved many arenas may be refused a child by the system.
  for (const { spec } of windowCases) loadC(spec.rival.cFile)
  for (const one of wanted) await benchKeyed(one, batchRows, options, report)
  if (wantsCase(options, HOPPING)) await benchHopping(batchRows, options, report)
  if (wantsCase(options, FIRE)) await benchFire(options, report)
  await benchLaminar(options, report)
}
