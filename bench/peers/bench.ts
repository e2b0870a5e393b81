/** `bench peers`: the whole engine against other libraries of JavaScript on the same rows. */
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { checkAnswers } from '../lib/check.ts'
import type { Data } from '../lib/data.ts'
import { engine } from '../lib/engine.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { filterProjectPeers } from './filter-project.ts'
import { groupByPeers } from './group-by.ts'
import type { Peer, PeerCase } from './peer.ts'
import { tumblePeers } from './tumble.ts'

const ROWS = 65_536
/** The batch of the engine; its peers take rows one by one, or all of them at once. */
const BATCH = 8192

const cases: readonly PeerCase[] = [filterProjectPeers, groupByPeers, tumblePeers]
const pairs: readonly Pair[] = ['array', 'rxjs', 'arquero', 'd2ts'].map(name => ['engine', name])

export async function benchPeers(options: BenchOptions, report: Reporter): Promise<void> {
  for (const one of cases) {
    if (wantsCase(options, one.spec.name)) await benchCase(one, options, report)
  }
}

async function benchCase(one: PeerCase, options: BenchOptions, report: Reporter): Promise<void> {
  const { name } = one.spec
  report.begin(name, options.rounds)
  const engines = await enginesOf(one, ROWS)
  const peers: Subject[] = []
  for (const peer of one.peers) peers.push(await checkedPeer(one, peer))
  await checkAnswers(name, engines)
  const times = await timeInTurn(
    [...engines, ...peers],
    roundsOf(options, () => report.step()),
  )
  report.done(linesOf({ bench: 'peers', case: name, batch: BATCH }, pairs, times))
}

async function enginesOf(
  { spec: { stream, time, data } }: PeerCase,
  rows: number,
): Promise<readonly Subject[]> {
  const tiers = nativeTarget().available ? (['js', 'native'] as const) : (['js'] as const)
  const options = { stream, data: data(rows, seededRandom()), batchRows: BATCH, time }
  return Promise.all(tiers.map(tier => engine({ ...options, tier })))
}

/** It answers as the engine does over as many rows. */
async function checkedPeer(one: PeerCase, peer: Peer): Promise<Subject> {
  const rows = Math.min(ROWS, peer.rowsMax ?? ROWS)
  const data: Data = one.spec.data(rows, seededRandom())
  const subject = { name: peer.name, rows, ...peer.open(data) }
  const [reference] = await enginesOf(one, rows)
  await checkAnswers(one.spec.name, [reference, subject])
  return subject
}
