/** Open windows against a Map of lists: groups leave by the end of their window, then in order of arrival. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NEVER } from '../../../compiler/lower/lib/group-windows.ts'
import { Status } from '../../../ir/abi.ts'
import { clashingLongs } from '../../support/hash-model.ts'
import type { Row } from '../../support/rig.ts'
import { search } from '../../support/search.ts'
import { leftIn, windowsRig } from '../../support/windows-rig.ts'

const rig = await windowsRig()

interface Bounds {
  readonly start: bigint
  readonly end: bigint
}

/** Windows whose starts clash in the table or do not, some with ends in common, some that never close. */
const bounds: readonly Bounds[] = [
  ...Array.from({ length: 20 }, (_, i) => ({ start: BigInt(i), end: BigInt(i + 1) })),
  ...clashingLongs('one hash', 12).map((start, i) => ({ start, end: BigInt((i >> 1) + 5) })),
  ...clashingLongs('one slot', 12).map((start, i) => ({ start, end: BigInt((i % 5) * 4) })),
  ...[-1n, -2n].map(start => ({ start, end: NEVER })),
]

/** A group of a window, and by how much the watermark rises behind it. */
interface Arrival {
  readonly window: Bounds
  readonly key: number
  readonly rise: number
}

const arrivals: fc.Arbitrary<readonly Arrival[]> = fc.array(
  fc.record({
    window: fc.constantFrom(...bounds),
    key: fc.nat(3),
    rise: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) }),
  }),
  { maxLength: 100, size: 'max' },
)

const options = fc.record({
  stateRows: fc.constantFrom(16, 32, 64),
  budgetRows: fc.constantFrom(1, 2, 7, 1000),
})

interface Closed extends Bounds {
  readonly keys: readonly number[]
}

/** Windows as lists in a Map. What is due leaves before the next group comes. */
class WindowsModel {
  readonly closed: Closed[] = []
  readonly #open = new Map<bigint, { end: bigint; keys: number[] }>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many windows are open behind it; undefined where there is no room for the group. */
  take({ window, key }: Arrival, watermark: bigint): number | undefined {
    this.close(watermark)
    const groups = [...this.#open.values()].reduce((sum, { keys }) => sum + keys.length, 0)
    const found = this.#open.get(window.start) ?? { end: window.end, keys: [] }
    if (!found.keys.includes(key)) {
      if (groups === this.#limit) return undefined
      found.keys.push(key)
      this.#open.set(window.start, found)
    }
    return this.#open.size
  }

  close(watermark: bigint): void {
    const due = [...this.#open].filter(([, { end }]) => end <= watermark)
    for (const [start] of due) this.#open.delete(start)
    this.closed.push(...inOrder(due.map(([start, window]) => ({ start, ...window }))))
  }
}

/** By end; windows of one end may close in any order, and are put into the order of their starts. */
const inOrder = (windows: readonly Closed[]): Closed[] =>
  windows.toSorted((a, b) => Number(a.end - b.end || (a.start < b.start ? -1n : 1n)))

/** Emitted rows as windows: the rows of one lie side by side. */
function windowsOf(rows: readonly Row[]): readonly Closed[] {
  const found: { start: bigint; end: bigint; keys: number[] }[] = []
  for (const { start, end, key } of rows) {
    const last = found.at(-1)
    if (last?.start === start && last.end === end) last.keys.push(Number(key))
    else found.push({ start: start as bigint, end: end as bigint, keys: [Number(key)] })
  }
  return found
}

/** Puts each run of windows of one end into the order of their starts; the order of the ends stays. */
function settled(windows: readonly Closed[]): readonly Closed[] {
  const runs: Closed[][] = []
  for (const window of windows) {
    if (runs.at(-1)?.[0].end === window.end) runs.at(-1)?.push(window)
    else runs.push([window])
  }
  return runs.flatMap(inOrder)
}

/** Commands for what is given, and how many windows must be open behind each; no group comes to a closed window. */
function commandsFor(model: WindowsModel, given: readonly Arrival[]) {
  const commands: Row[] = []
  const waiting: (number | undefined)[] = []
  let wm = 0n
  for (const arrival of given) {
    if (arrival.window.end <= wm) continue
    const open = model.take(arrival, wm)
    const risen = wm + BigInt(arrival.rise)
    commands.push({ ...arrival.window, key: arrival.key, wm: risen })
    waiting.push(open)
    if (open !== undefined) wm = risen
  }
  return { commands, waiting }
}

function check(given: readonly Arrival[], limits: { stateRows: number; budgetRows: number }): void {
  const model = new WindowsModel(limits.stateRows)
  const { commands, waiting } = commandsFor(model, given)
  rig.reset(limits)
  const answers = rig.run(commands)
  assert.deepEqual(
    answers.map(answer => answer?.waiting),
    waiting,
  )
  model.close(NEVER)
  rig.call('end')
  rig.call('advance')
  assert.deepEqual(settled(windowsOf(rig.takeEmitted())), model.closed)
  assert.deepEqual(leftIn(rig), [0, 0])
}

test('groups leave with their windows, in order, however often the work is stopped', () => {
  fc.assert(fc.property(arrivals, options, check), search(20))
})

test('closing stops at every group, growth at every slot, and nothing depends on it', () => {
  const given = Array.from({ length: 70 }, (_, i) => ({
    window: bounds[(i * 7) % bounds.length],
    key: i % 3,
    rise: Number(i % 40 === 39),
  }))
  const { commands } = commandsFor(new WindowsModel(64), given)
  const [whole, single, other] = [1000, 1, 3].map(budgetRows => {
    rig.reset({ stateRows: 64, budgetRows })
    rig.run(commands)
    rig.call('end')
    rig.call('advance')
    const yields = ['advance', 'grow_windows'].map(kernel => rig.count(kernel, Status.yield))
    return { state: rig.stateBytes().toString('hex'), emitted: rig.takeEmitted(), yields }
  })
  for (const { state, emitted } of [single, other])
    assert.deepEqual({ state, emitted }, { state: whole.state, emitted: whole.emitted })
  assert.ok(whole.emitted.length > 30)
  assert.deepEqual(whole.yields, [0, 0])
  // A call that found its output full has spent nothing yet.
  assert.ok(single.yields[0] > whole.emitted.length / 2)
  assert.ok(single.yields[1] > 64)
})
