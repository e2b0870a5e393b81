/** Sources that do not run ahead of each other: who is paused and goes on when, who is told of, what is dropped. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compile,
  type Diagnostic,
  type SourceOptions,
  source,
  type Tier,
  t,
  tumble,
  virtualClock,
} from '../../compiler/index.ts'
import { smallLimits } from '../support/engine.ts'
import { hasCode } from './kit.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8 }
type Options = SourceOptions<'at', never, 'key'>
const names = ['east', 'west', 'north'] as const
type Name = (typeof names)[number]

const feeds = (count: number, options: Options) =>
  names
    .slice(0, count)
    .map(name => source(name, columns, { time: 'at', align: 'feeds', maxDrift: '10ms', ...options }))

function queryOf(options: Options = {}, count = 2) {
  const [first, ...others] = feeds(count, options)
  const counts = others
    .reduce((all, one) => all.union(one), first)
    .window(tumble('at', '10ms'))
    .agg((_, a) => ({ rows: a.count() }))
    .select(r => ({ start: r.window_start, rows: r.rows }))
  return compile(counts, { limits: smallLimits })
}

const row = (at: number, key = 'a') => ({ at: BigInt(at), key })
const rows = (...times: readonly number[]) => times.map(at => row(at))

function opened(query = queryOf(), tier: Tier = 'js') {
  const found: string[] = []
  const told: Diagnostic[] = []
  const clock = virtualClock(1000)
  const live = query.open(
    batch => {
      for (const { start, rows } of batch) found.push(`${start}:${rows}`)
    },
    { tier, clock, warmUp: false, onDiagnostic: one => told.push(one) },
  )
  const push = (name: Name, ...times: readonly number[]): void => live.source(name).push(rows(...times))
  const paused = (): readonly string[] => names.filter(name => sourceOf(name)?.isPaused)
  const sourceOf = (name: Name) =>
    live.metrics().sources.some(one => one.source === name) ? live.source(name) : undefined
  const alignmentOf = (name: Name) =>
    live.metrics().sources.find(one => one.source === name)?.alignment ?? assert.fail()
  return { live, clock, told, found, push, paused, alignmentOf }
}

const isPaused = hasCode('LDB-2008', /source 'east' is paused/)

test('a source that is too far ahead takes nothing until the others have caught up', () => {
  const { live, clock, found, push, paused, alignmentOf } = opened()
  push('west', 5)
  push('east', 7, 15)
  assert.deepEqual(paused(), [])
  push('east', 16)
  assert.deepEqual(paused(), ['east'])
  clock.advance(500)
  assert.throws(() => push('east', 17), isPaused)
  assert.throws(() => push('east', 6), isPaused)
  assert.equal(live.counters.rowsIn, 4n)
  assert.deepEqual(alignmentOf('east'), {
    ...{ group: 'feeds', policy: 'pause', maxDrift: 10n, drift: 11n },
    ...{ exceedsSinceMs: 1000, timesExceeded: 1, dropped: 0n },
  })
  assert.equal(alignmentOf('west').drift, -11n)
  push('west', 6)
  assert.deepEqual([paused(), alignmentOf('east').exceedsSinceMs], [[], undefined])
  push('east', 17)
  assert.deepEqual([paused(), alignmentOf('east').timesExceeded], [['east'], 2])
  push('west', 20)
  assert.deepEqual(found, ['0:3'])
  push('east', 30)
  live.end()
  assert.deepEqual(found, ['0:3', '10:3', '20:1', '30:1'])
})

test('a batch is taken whole, however far it goes', () => {
  const { push, paused, live } = opened()
  push('west', 5)
  push('east', 1, 100, 2000)
  assert.deepEqual([paused(), live.counters.rowsIn], [['east'], 4n])
})

test('a source without a watermark holds the others back behind their first batch', () => {
  const { push, paused, alignmentOf } = opened(queryOf({}, 3))
  push('east', 5)
  push('west', 6)
  assert.deepEqual([paused(), alignmentOf('east').drift], [['east', 'west'], undefined])
  push('north', 1)
  assert.deepEqual([paused(), alignmentOf('west').drift], [[], 5n])
})

test('the source that is the furthest behind is never paused', () => {
  const { push, paused } = opened(queryOf({}, 3))
  push('north', 100)
  push('east', 50)
  push('west', 1)
  assert.deepEqual(paused(), ['east', 'north'])
  push('west', 45)
  assert.deepEqual(paused(), ['north'])
  push('west', 95)
  assert.deepEqual(paused(), ['west', 'north'])
})

test('sources that have ended or are idle hold nobody back', () => {
  const { live, push, paused } = opened(queryOf({}, 3))
  push('west', 1)
  push('north', 2)
  push('east', 50)
  live.source('west').idle()
  assert.deepEqual(paused(), ['east'])
  live.source('north').end()
  assert.deepEqual(paused(), [])
  push('east', 60)
  push('west', 2)
  assert.deepEqual(paused(), ['east'])
  live.source('west').advanceTo(55n)
  assert.deepEqual(paused(), [])
})

test('a source that falls silent by the clock lets the others go on; a paused one does not fall silent', () => {
  const { live, clock, push, paused, alignmentOf } = opened(queryOf({ idleAfter: '100ms' }))
  push('west', 1)
  push('east', 50)
  clock.advance(90)
  push('west', 2)
  clock.advance(50)
  const idle = (): readonly boolean[] => live.watermarks().map(({ isIdle }) => isIdle)
  assert.deepEqual([idle(), paused()], [[false, false], ['east']])
  clock.advance(60)
  assert.deepEqual([idle(), paused()], [[false, true], []])
  assert.equal(alignmentOf('east').exceedsSinceMs, undefined)
  clock.advance(100)
  assert.deepEqual(idle(), [true, true])
})

test('pushInTurn waits until it is taken, one call at a time', async () => {
  const { live, push } = opened()
  const [east, west] = [live.source('east'), live.source('west')]
  const order: string[] = []
  const inTurn = (at: number) => east.pushInTurn([row(at)]).then(() => order.push(`east ${at}`))
  await west.pushInTurn([row(1)])
  await inTurn(20)
  const waiting = inTurn(21)
  await assert.rejects(east.pushInTurn([row(22)]), hasCode('LDB-0005', /waits already/))
  order.push('west 5')
  push('west', 5)
  await new Promise(resolve => setImmediate(resolve))
  order.push('west 10')
  push('west', 10)
  await waiting
  assert.deepEqual(order, ['east 20', 'west 5', 'west 10', 'east 21'])
  assert.equal(live.counters.rowsIn, 5n)
  const refused = [east.pushInTurn([row(30)])]
  await new Promise(resolve => setImmediate(resolve))
  east.end()
  await assert.rejects(refused[0], hasCode('LDB-0005', /'east' has ended/))
})

test('who waits when the query is closed is told', async () => {
  const { live, push } = opened()
  push('west', 1)
  push('east', 20)
  const waiting = live.source('east').pushInTurn([row(21)])
  await new Promise(resolve => setImmediate(resolve))
  live.close()
  await assert.rejects(waiting, hasCode('LDB-0004', /closed/))
})

test('warn: told once each time that a source gets too far ahead, which goes on', () => {
  const { told, push, paused, alignmentOf } = opened(queryOf({ onDrift: 'warn' }))
  push('east', 50)
  push('west', 45)
  assert.equal(told.length, 0)
  push('east', 56)
  push('east', 57)
  assert.equal(told.length, 1)
  assert.deepEqual([told[0].code, paused()], ['LDB-2009', []])
  assert.match(told[0].message, /source 'east' .* group 'feeds'/)
  push('west', 50)
  push('east', 61)
  assert.deepEqual([told.length, alignmentOf('east').timesExceeded], [2, 2])
})

for (const tier of ['interp', 'js'] as const) {
  test(`${tier}, drop: rows that would take a source too far are dropped one by one, and counted`, () => {
    const play = (split: boolean) => {
      const { live, found, push, alignmentOf } = opened(queryOf({ onDrift: 'drop' }), tier)
      const pushed = (name: Name, ...times: readonly number[]): void => {
        if (split) for (const at of times) push(name, at)
        else push(name, ...times)
      }
      pushed('east', 90, 7)
      pushed('west', 80)
      pushed('east', 91, 92, 3)
      pushed('west', 85, 102, 103, 86)
      pushed('east', 112, 113, 95)
      live.end()
      const { drifted, late, rowsOut } = live.counters
      const { dropped, drift } = alignmentOf('west')
      return { found, drifted, late, rowsOut, dropped, drift }
    }
    const whole = play(false)
    assert.deepEqual(play(true), whole)
    // East has come to 90: west may go to 100. West has come to 86: east may go to 96.
    assert.deepEqual(whole, {
      found: ['0:1', '80:3', '90:2'],
      ...{ drifted: 6n, late: 1n, rowsOut: 3n, dropped: 2n, drift: undefined },
    })
  })
}

test('a dropped row moves no partition', () => {
  const { live, found, push } = opened(queryOf({ onDrift: 'drop', partition: 'key' }))
  push('west', 5)
  live.source('east').push([row(7, 'b'), row(12, 'a'), row(99, 'a'), row(14, 'a')])
  live.source('east').push([row(14, 'b')])
  push('west', 12)
  assert.deepEqual([found, live.counters.drifted], [['0:2'], 1n])
  push('east', 22)
  live.source('east').push([row(22, 'b')])
  push('west', 21)
  assert.deepEqual(found, ['0:2', '10:4'])
  live.source('east').push([row(30, 'b')])
  assert.equal(live.watermarks()[0].watermark, 22n)
})

test('the groups of a query know nothing of each other', () => {
  const [first, ...others] = names.flatMap((name, i) =>
    [name, `${name}2`].map(one =>
      source(one, columns, { time: 'at', align: i === 0 ? 'one' : 'two', maxDrift: '10ms' }),
    ),
  )
  const all = others.reduce((union, one) => union.union(one), first)
  const live = compile(all, { limits: smallLimits }).open(() => {}, { tier: 'js' })
  const push = (name: string, at: number): void => live.source(name).push([row(at)])
  for (const name of ['west', 'west2', 'north', 'north2']) push(name, 1)
  push('east', 100)
  push('east2', 100)
  push('east', 105)
  assert.deepEqual([live.source('east').isPaused, live.source('west').isPaused], [false, false])
  push('west', 50)
  assert.deepEqual([live.source('east').isPaused, live.source('west').isPaused], [false, true])
})

/** Batches that come when the test says so, and how often they were asked for. */
class Given {
  asked = 0
  readonly #waiting: ((result: IteratorResult<readonly object[]>) => void)[] = [];

  [Symbol.asyncIterator](): AsyncIterator<readonly object[]> {
    return {
      next: () => {
        this.asked++
        return new Promise(resolve => this.#waiting.push(resolve))
      },
    }
  }

  async answer(...times: readonly number[]): Promise<void> {
    await this.#settle({ done: false, value: rows(...times) })
  }

  async end(): Promise<void> {
    await this.#settle({ done: true, value: undefined })
  }

  async #settle(result: IteratorResult<readonly object[]>): Promise<void> {
    while (this.#waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
    this.#waiting.shift()?.(result)
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  }
}

test('run does not read a source that is too far ahead, and goes on when the other one has ended', async () => {
  const [east, west] = [new Given(), new Given()]
  const running = queryOf().run({ east, west }, { tier: 'js' })
  const found = running.collectRows()
  await west.answer(1)
  await east.answer(20)
  // What is on its way comes, and is not taken; nothing more is asked for.
  await east.answer(30)
  const { asked } = east
  await east.answer(31)
  assert.deepEqual([running.counters.rowsIn, east.asked], [2n, asked])
  await west.answer(25)
  assert.equal(running.counters.rowsIn, 5n)
  await west.end()
  await east.answer(50)
  assert.equal(running.counters.rowsIn, 6n)
  await east.end()
  assert.equal((await found).length, 4)
})

test('a source that fails does not stop what the others have: the run ends with its error', async () => {
  const [east, west] = [new Given(), new Given()]
  async function* failing() {
    for await (const batch of { [Symbol.asyncIterator]: () => west[Symbol.asyncIterator]() }) yield batch
    throw new Error('mine')
  }
  const running = queryOf().run({ east, west: failing() }, { tier: 'js' })
  const found = running.collectRows()
  const failed = assert.rejects(found, hasCode('LDB-5003', /mine/))
  await west.answer(1)
  await east.answer(20)
  await east.answer(40)
  assert.equal(running.counters.rowsIn, 2n)
  await west.end()
  await east.end()
  await failed
  assert.equal(running.counters.rowsIn, 3n)
})

test('an analysis counts the rows that are dropped', async () => {
  const east = rows(1, 2, 3)
  const west = rows(4, 60, 5)
  const analysis = await queryOf({ onDrift: 'drop' }).analyze({ east, west }, { tier: 'js' })
  assert.equal(analysis.report.drifted, 1)
  assert.deepEqual(
    analysis.report.operators
      .filter(({ kind }) => kind === 'source')
      .map(({ rowsIn, rowsOut, drifted }) => [rowsIn, rowsOut, drifted]),
    [
      [3, 3, 0],
      [3, 2, 1],
    ],
  )
  assert.match(analysis.text(), /1 ahead of their group/)
})

test('explain names the group', () => {
  assert.match(queryOf().explain(), /aligned with feeds within 10, else pause/)
})

test('what makes no sense is refused', () => {
  const declare = (options: Options) => () => source('events', columns, options)
  assert.throws(declare({ align: 'feeds' }), hasCode('LDB-0002', /align says nothing without time/))
  assert.throws(declare({ time: 'at', maxDrift: '1s' }), hasCode('LDB-0002', /maxDrift .* align/))
  assert.throws(declare({ time: 'at', onDrift: 'drop' }), hasCode('LDB-0002', /onDrift .* align/))
  assert.throws(
    declare({ time: 'at', align: 'feeds', watermark: 'processing time' }),
    hasCode('LDB-1001', /follows the clock/),
  )
  assert.throws(
    declare({ time: 'at', align: 'feeds', onDrift: 'stop' as 'drop' }),
    hasCode('LDB-0001', /onDrift is 'stop'/),
  )
  const [east] = feeds(1, {})
  const other = (options: Options) => source('other', columns, { time: 'at', align: 'feeds', ...options })
  assert.throws(() => compile(east), hasCode('LDB-1001', /'east' is alone in its group 'feeds'/))
  assert.throws(() => compile(east.union(other({ align: 'others' }))), hasCode('LDB-1001', /alone/))
  assert.throws(() => compile(east.union(other({}))), hasCode('LDB-1001', /do not agree/))
  assert.throws(
    () => compile(east.union(other({ maxDrift: '10ms', onDrift: 'warn' }))),
    hasCode('LDB-1001', /do not agree/),
  )
  const seconds = source('seconds', { at: t.timestamp('s') }, { time: 'at', align: 'feeds', maxDrift: '10s' })
  const cast = seconds.select(r => ({ at: r.at.cast(t.timestamp('ms')) }))
  assert.throws(
    () => compile(east.select(r => ({ at: r.at })).union(cast)),
    hasCode('LDB-1001', /timestamp\[ms\] and timestamp\[s\]/),
  )
})
