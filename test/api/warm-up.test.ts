/** Queries are warmed while they stand idle, and stop at once when somebody comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { compile, type OpenOptions } from '../../compiler/index.ts'
import { WarmQueue } from '../../compiler/run/warm-queue.ts'
import { WarmUp } from '../../compiler/run/warm-up.ts'
import { encodeTexts } from '../support/dictionaries.ts'
import { event, eventBatch, eventsFrom, small, sumLines, sums } from './kit.ts'

/** A warm-up of so many steps that does nothing but count them. */
class CountedWarmUp extends WarmUp {
  taken = 0
  readonly #steps: number

  constructor(steps: number) {
    super({
      program: compile(sums).compilation.program,
      link() {},
      apart() {},
      restore() {},
      batches: () => [],
    })
    this.#steps = steps
  }

  override step(): boolean {
    return ++this.taken < this.#steps
  }
}

/** What should not happen would happen within that time, as a rule. */
const REST_MS = 30
/** A warm-up of a small query has come far by then. */
const IDLE_MS = 200

test('one piece of work at a time, in order, with the event loop running in between', async () => {
  const queue = new WarmQueue()
  const [first, second] = [new CountedWarmUp(3), new CountedWarmUp(2)]
  queue.add(first)
  queue.add(second)
  assert.equal(first.taken, 0, 'nothing runs where a query is opened')
  const seen: string[] = []
  while (second.taken < 2) {
    seen.push(`${first.taken} ${second.taken}`)
    await sleep(1)
  }
  const changes = seen.filter((state, i) => state !== seen[i - 1])
  assert.ok(changes.includes('3 0') || changes.includes('3 1'), changes.join())
  await sleep(REST_MS)
  assert.deepEqual([first.taken, second.taken], [3, 2])
})

test('a query that waits no more has no more turns; no more wait than the limit', async () => {
  const queue = new WarmQueue()
  const many = Array.from({ length: 65 }, () => new CountedWarmUp(1))
  for (const one of many) queue.add(one)
  queue.delete(many[1])
  while (many[63].taken === 0) await sleep(1)
  await sleep(REST_MS)
  assert.deepEqual(
    many.flatMap(({ taken }, i) => (taken === 0 ? [i] : [])),
    [1, 64],
  )
})

test('waiting to be warmed keeps no process alive', () => {
  const before = process.getActiveResourcesInfo().filter(name => name !== 'Timeout').length
  const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  compile(sums, { limits: small }).open(() => {}, { tier: 'js' })
  const now = process.getActiveResourcesInfo()
  assert.equal(now.filter(name => name === 'Timeout').length, timers)
  assert.equal(now.length, before + timers)
})

/** What comes out of three batches, with a wait before the first and between them. */
async function pushed(options: OpenOptions, prepare: (warm: () => Promise<unknown>) => Promise<unknown>) {
  const found: string[] = []
  const query = compile(sums, { limits: small })
  const live = query.open(batch => found.push(...sumLines(batch)), { tier: 'js', ...options })
  await prepare(() => live.warm(eventsFrom(0, 5)))
  assert.deepEqual([live.counters.rowsIn, live.counters.rowsOut, live.counters.late], [0n, 0n, 0n])
  for (const from of [0, 25, 50]) {
    live.push(eventsFrom(from, 25))
    await sleep(3)
  }
  live.end()
  return { found, counters: live.counters }
}

test('idle for a while, warmed by hand, interrupted, or not at all: the same comes out', async () => {
  const plain = await pushed({ warmUp: false }, async () => {})
  assert.equal(plain.counters.rowsIn, 75n)
  const idle = await pushed({}, () => sleep(IDLE_MS))
  const interrupted = await pushed({}, () => sleep(5))
  const byHand = await pushed({ warmUp: false }, warm => warm())
  for (const other of [idle, interrupted, byHand]) assert.deepEqual(other, plain)
})

test('a push ends a warm-up that is awaited', async () => {
  const found: string[] = []
  const live = compile(sums, { limits: small }).open(batch => found.push(...sumLines(batch)), { tier: 'js' })
  const warming = live.warm()
  await new Promise(setImmediate)
  live.push(eventsFrom(0, 25))
  assert.equal(await warming, 'js')
  for (const from of [25, 50]) live.push(eventsFrom(from, 25))
  live.end()
  assert.equal(live.counters.rowsIn, 75n)
  assert.deepEqual(found, (await pushed({ warmUp: false }, async () => {})).found)
})

test('rows with a dictionary of many texts warm the kernel that takes it', async ({ mock }) => {
  const query = compile(sums)
  const [pipeline] = query.compilation.program.pipelines
  const asked = mock.method(pipeline, 'push').mock
  const rows = Array.from({ length: 1000 }, (_, i) => event(i, `place number ${i}`))
  const live = query.open(() => {}, { tier: 'js', warmUp: false })
  await live.warm(encodeTexts(eventBatch(rows)))
  const shapes = asked.calls.map(call => call.arguments[0]?.dictionaries.length)
  assert.ok(shapes.length > 0)
  assert.deepEqual([...new Set(shapes)], [1])
})

test('rows that do not fit into the room of a warm-up are no error', async () => {
  const live = compile(sums, { limits: small }).open(() => {}, { tier: 'js' })
  assert.equal(await live.warm([event(1, 'x'.repeat(4000))]), 'js')
  live.push([event(1, 'x'.repeat(4000))])
  assert.equal(live.counters.rowsIn, 1n)
})

test('a query that is closed is not warmed', async () => {
  const live = compile(sums, { limits: small }).open(() => {}, { tier: 'js' })
  live.close()
  await assert.rejects(live.warm(), /closed/)
})
