/** `npm run bench -- <kernels|compile|peers|windows|watermarks|aggregates|ranking|joins|nexmark|history>`: pairs of a subject and a yardstick, timed in turn in this process. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { closeNativeCompiler } from '../codegen/llvm/backend.ts'
import { nativeTarget } from '../codegen/llvm/target.ts'
import { benchAggregates } from './aggregates/bench.ts'
import { benchCompile } from './compile/bench.ts'
import { benchHistory } from './history/bench.ts'
import { benchJoins } from './joins/bench.ts'
import { benchKernels } from './kernels/bench.ts'
import { type BenchOptions, wholeNumber } from './lib/options.ts'
import { type Reporter, reporter } from './lib/report.ts'
import { defaultRounds } from './lib/rounds.ts'
import { benchNexmark } from './nexmark/bench.ts'
import { benchPeers } from './peers/bench.ts'
import { benchRanking } from './ranking/bench.ts'
import { benchWatermarks } from './watermarks/bench.ts'
import { benchWindows } from './windows/bench.ts'

const benches: Readonly<Record<string, (options: BenchOptions, report: Reporter) => Promise<void>>> = {
  kernels: benchKernels,
  compile: benchCompile,
  peers: benchPeers,
  windows: benchWindows,
  watermarks: benchWatermarks,
  aggregates: benchAggregates,
  history: benchHistory,
  ranking: benchRanking,
  joins: benchJoins,
  nexmark: benchNexmark,
}

const BATCH_MIN = 8
const BATCH_MAX = 65_536

/** Batches divide the rows of every case, and hold whole bytes of validity bits. */
function batchRows(text: string): number {
  const value = wholeNumber(text)
  if (value < BATCH_MIN || value > BATCH_MAX || !Number.isInteger(Math.log2(value)))
    throw new InvalidArgumentError(`a power of two from ${BATCH_MIN} to ${BATCH_MAX}`)
  return value
}

/** Unless told otherwise nothing is taken from the disk cache or left there: what is timed would depend on the past. */
process.env.MILLRACE_CACHE ??= 'off'

const command = new Command()
  .name('bench')
  .description('Times pairs of a subject and a yardstick, in turn and in one process')
  .addArgument(new Argument('<bench>', 'which one').choices(Object.keys(benches)))
  .option('--json', 'one JSON object a line for each pair', false)
  .option('--case <text>', 'only cases whose name holds this text')
  .option('--batch <rows>', 'only batches of so many rows', batchRows)
  .option('--cpu', 'count the time of the processor, not that on the wall: where others use it, too', false)
  .option('--rounds <n>', 'rounds; the median counts', wholeNumber, defaultRounds.rounds)
  .parse()

const target = nativeTarget()
if (!target.available) console.error(`  SKIPPED: nothing is timed on native code: ${target.reason}`)
const options = command.opts<BenchOptions>()
await benches[command.args[0]](options, reporter(options.json))
await closeNativeCompiler()
