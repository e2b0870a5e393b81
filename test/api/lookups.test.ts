/** Lookups as users meet them: tables that answer at once or later, order, limits, what is remembered, and tables that fail. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  compile,
  type LiveQuery,
  type LookupOptions,
  type LookupSource,
  memoryTable,
  run,
  source,
  type TableRow,
  t,
  table,
  tumble,
  virtualClock,
} from '../../compiler/index.ts'
import { hasCode, settle, small } from './kit.ts'

const flights = source(
  'flights',
  { at: t.timestamp('ms'), origin: t.utf8.orNull, n: t.int64 },
  { time: 'at' },
)
const airports = table('airports', { code: t.utf8, city: t.utf8.orNull, gates: t.int32 }, { key: ['code'] })

const cities = [
  { code: 'LAX', city: 'Los Angeles', gates: 146 },
  { code: 'JFK', city: null, gates: 130 },
  { code: 'AMS', city: 'Amsterdam', gates: 160 },
]
const inMemory = memoryTable(airports, cities)

const flight = (at: number, origin: string | null) => ({ at: BigInt(at), origin, n: BigInt(at) })

/** A table that answers when it is told to. */
class SlowTable implements LookupSource {
  readonly asked: (readonly string[])[] = []
  readonly columns: (readonly string[])[] = []
  readonly maxBatch: number
  readonly #waiting: ((answer: readonly TableRow[] | Error) => void)[] = []

  constructor(maxBatch = 500) {
    this.maxBatch = maxBatch
  }

  query(keys: readonly TableRow[], { columns }: { readonly columns: readonly string[] }) {
    const codes = keys.map(({ code }) => String(code))
    this.asked.push(codes)
    this.columns.push(columns)
    return new Promise<readonly TableRow[]>((resolve, reject) => {
      this.#waiting.push(answer => (answer instanceof Error ? reject(answer) : resolve(answer)))
    })
  }

  /** Answers the question that has waited for longest, or another. */
  async answer(number = 0, rows: readonly TableRow[] | Error = cities): Promise<void> {
    const [one] = this.#waiting.splice(number, 1)
    one(rows)
    await settle()
  }
}

/** Those that wait for answers that never come would keep the process alive. */
const lives: LiveQuery[] = []
afterEach(() => {
  for (const live of lives.splice(0)) live.close()
})

interface Opened {
  readonly type?: 'inner' | 'left'
  readonly ordered?: boolean
  readonly ttl?: '10ms'
  readonly cacheRows?: number
  readonly waitingRows?: number
  readonly lookups?: LookupOptions
}

function opened(airportTable: LookupSource, { lookups = {}, ...options }: Opened = {}) {
  const lines: string[] = []
  const clock = virtualClock(1000)
  const query = compile(flights.lookup(airports, { origin: 'code' }, { type: 'left', ...options }), {
    limits: small,
  })
  const live = query.open(
    batch => lines.push(...Array.from(batch, row => `${row.n} ${row.code} ${row.city} ${row.gates}`)),
    { tables: { airports: airportTable }, clock, lookups, warmUp: false },
  )
  lives.push(live)
  return { live, lines, clock }
}

test('a table in memory answers before the push returns', () => {
  const { live, lines } = opened(inMemory)
  live.push([flight(1, 'LAX'), flight(2, 'ZZZ'), flight(3, null), flight(4, 'JFK')])
  assert.deepEqual(lines, ['1 LAX Los Angeles 146', '2 null null null', '3 null null null', '4 JFK null 130'])
  live.push([flight(5, 'LAX'), flight(6, 'ZZZ')])
  assert.deepEqual(lines.slice(4), ['5 LAX Los Angeles 146', '6 null null null'])
  const [{ hits, asked, waited, waiting }] = live.metrics().lookups
  assert.deepEqual({ hits, asked, waited, waiting }, { hits: 2n, asked: 3n, waited: 4n, waiting: 0 })
})

test('an inner lookup drops rows whose key is not there', () => {
  const { live, lines } = opened(inMemory, { type: 'inner' })
  live.push([flight(1, 'ZZZ'), flight(2, 'AMS'), flight(3, null)])
  assert.deepEqual(lines, ['2 AMS Amsterdam 160'])
})

test('a row that waits holds those behind it; each key is asked for once', async () => {
  const slow = new SlowTable()
  const { live, lines } = opened(slow)
  live.push([flight(1, 'LAX'), flight(2, 'LAX'), flight(3, 'ZZZ')])
  live.push([flight(4, 'AMS'), flight(5, 'LAX')])
  assert.deepEqual(slow.asked, [['LAX', 'ZZZ'], ['AMS']])
  await slow.answer(1)
  assert.equal(lines.length, 0)
  await slow.answer()
  assert.deepEqual(
    lines.map(line => line.slice(0, 5)),
    ['1 LAX', '2 LAX', '3 nul', '4 AMS', '5 LAX'],
  )
})

test('without order rows leave as they are answered', async () => {
  const slow = new SlowTable()
  const { live, lines } = opened(slow, { ordered: false })
  live.push([flight(1, 'LAX')])
  live.push([flight(2, 'AMS'), flight(3, 'LAX'), flight(4, null)])
  assert.deepEqual(lines, ['4 null null null'])
  await slow.answer(1)
  await slow.answer()
  assert.deepEqual(
    lines.slice(1).map(line => line[0]),
    ['2', '1', '3'],
  )
})

test('only the columns that are read are asked for', async () => {
  const slow = new SlowTable()
  const cut = flights.lookup(airports, { origin: 'code' }).select(f => ({ gates: f.gates }))
  const live = compile(cut).open(() => {}, { tables: { airports: slow } })
  live.push([flight(1, 'LAX')])
  assert.deepEqual(slow.columns, [['gates']])
  live.close()
})

test('rows that wait hold the watermark back, and the end of the input', async () => {
  const slow = new SlowTable()
  const counts: string[] = []
  const windows = flights
    .lookup(airports, { origin: 'code' }, { type: 'left' })
    .window(tumble('at', '10ms'))
    .groupBy('code')
    .agg((_, a) => ({ rows: a.count() }))
  const live = compile(windows).open(
    batch => counts.push(...Array.from(batch, row => `${row.code} ${row.rows}`)),
    { tables: { airports: slow } },
  )
  live.push([flight(1, 'LAX'), flight(25, 'LAX')])
  live.end()
  assert.deepEqual(counts, [])
  await slow.answer()
  await live.settled()
  assert.deepEqual(counts, ['LAX 1', 'LAX 1'])
  assert.equal(live.counters.late, 0n)
})

test('a run waits for its answers', async () => {
  const slow: LookupSource = {
    query: async keys => {
      await settle()
      return cities.filter(({ code }) => keys.some(key => key.code === code))
    },
  }
  const rows = await run(
    flights.lookup(airports, { origin: 'code' }, { waitingRows: 1 }),
    [flight(1, 'LAX'), flight(2, 'AMS'), flight(3, 'ZZZ')],
    { tables: { airports: slow } },
  ).collectRows()
  assert.deepEqual(
    rows.map(({ city, gates }) => [city, gates]),
    [
      ['Los Angeles', 146],
      ['Amsterdam', 160],
    ],
  )
})

test('when as many rows wait as may, a push is refused and pushInTurn waits', async () => {
  const slow = new SlowTable()
  const { live, lines } = opened(slow, { waitingRows: 2 })
  live.push([flight(1, 'LAX'), flight(2, 'LAX')])
  assert.throws(() => live.push([flight(3, 'LAX')]), hasCode('LDB-3013'))
  const pushed = live.source('flights').pushInTurn([flight(3, 'LAX')])
  await slow.answer()
  await pushed
  assert.equal(lines.length, 3)
})

test('answers are remembered for as long as they count', async () => {
  const slow = new SlowTable()
  const { live, clock } = opened(slow, { ttl: '10ms' })
  live.push([flight(1, 'ZZZ')])
  await slow.answer()
  clock.advance(9)
  live.push([flight(2, 'ZZZ')])
  assert.equal(slow.asked.length, 1)
  clock.advance(1)
  live.push([flight(3, 'ZZZ')])
  assert.equal(slow.asked.length, 2)
  live.close()
})

test('what has not been used makes room', () => {
  const { live } = opened(inMemory, { cacheRows: 2 })
  for (const code of ['LAX', 'JFK', 'LAX', 'AMS', 'LAX', 'AMS']) live.push([flight(1, code)])
  const [{ hits, asked, evicted, known }] = live.metrics().lookups
  assert.deepEqual({ hits, asked, evicted, known }, { hits: 3n, asked: 3n, evicted: 1n, known: 2 })
})

test('what has changed is asked for again, also where the answer is on its way', async () => {
  const changing = memoryTable(airports, cities)
  const { live, lines } = opened(changing)
  live.push([flight(1, 'AMS')])
  changing.set([{ code: 'AMS', city: 'Schiphol', gates: 161 }])
  live.push([flight(2, 'AMS')])
  live.invalidate('airports', [{ code: 'AMS' }])
  live.push([flight(3, 'AMS')])
  assert.deepEqual(lines, ['1 AMS Amsterdam 160', '2 AMS Amsterdam 160', '3 AMS Schiphol 161'])
  assert.throws(() => live.invalidate('airport', []), hasCode('LDB-1101'))
  const slow = new SlowTable()
  const other = opened(slow)
  other.live.push([flight(1, 'AMS')])
  other.live.invalidate('airports', [{ code: 'AMS' }])
  await slow.answer()
  assert.deepEqual([slow.asked.length, other.lines.length], [2, 0])
  await slow.answer(0, [{ code: 'AMS', city: 'Schiphol', gates: 161 }])
  assert.deepEqual(other.lines, ['1 AMS Schiphol 161'])
})

test('keys are asked for in batches, some at a time', async () => {
  const slow = new SlowTable(2)
  const { live, lines } = opened(slow, { lookups: { concurrency: 2 } })
  live.push(['a', 'b', 'c', 'd', 'e'].map((code, i) => flight(i, code)))
  assert.deepEqual(slow.asked, [
    ['a', 'b'],
    ['c', 'd'],
  ])
  await slow.answer()
  assert.deepEqual(slow.asked.at(-1), ['e'])
  await slow.answer()
  await slow.answer()
  assert.equal(lines.length, 5)
})

test('a table that fails is asked again, later each time', async () => {
  const slow = new SlowTable()
  const { live, lines, clock } = opened(slow, { lookups: { backoffMs: 10, timeoutMs: 100 } })
  live.push([flight(1, 'LAX')])
  await slow.answer(0, new Error('gone'))
  clock.advance(9)
  assert.equal(slow.asked.length, 1)
  clock.advance(1)
  assert.equal(slow.asked.length, 2)
  clock.advance(100)
  clock.advance(20)
  assert.equal(slow.asked.length, 3)
  await slow.answer(0)
  assert.deepEqual(lines, [], 'an answer that came too late')
  await slow.answer(0)
  assert.deepEqual(lines, ['1 LAX Los Angeles 146'])
  assert.equal(live.metrics().lookups[0].failures, 2)
})

const failing: LookupSource = {
  query: () => {
    throw new Error('no table')
  },
}

test('a table that has failed five times in a row ends the query', async () => {
  const { live, clock } = opened(failing, { lookups: { backoffMs: 1 } })
  live.push([flight(1, 'LAX')])
  clock.advance(100)
  await assert.rejects(live.settled(), hasCode('LDB-3012', /no table/))
  assert.throws(() => live.push([flight(2, 'LAX')]), hasCode('LDB-0004'))
})

test('or its keys are taken for missing for half a minute', async () => {
  let isDown = true
  let questions = 0
  const shaky: LookupSource = {
    query: () => {
      questions++
      if (isDown) throw new Error('down')
      return cities
    },
  }
  const { live, lines, clock } = opened(shaky, { lookups: { backoffMs: 1, onFailure: 'null' } })
  live.push([flight(1, 'LAX')])
  clock.advance(100)
  live.push([flight(2, 'LAX'), flight(3, 'AMS')])
  assert.deepEqual(lines, ['1 null null null', '2 null null null', '3 null null null'])
  const [{ breaker, givenUp, failures }] = live.metrics().lookups
  assert.deepEqual(
    { breaker, givenUp, failures, questions },
    { breaker: 'open', givenUp: 3, failures: 5, questions: 5 },
  )
  isDown = false
  clock.advance(30_000)
  assert.equal(live.metrics().lookups[0].breaker, 'half open')
  for (const code of ['LAX', 'AMS']) live.push([flight(4, code)])
  assert.equal(live.metrics().lookups[0].breaker, 'half open')
  live.push([flight(4, 'JFK')])
  assert.equal(live.metrics().lookups[0].breaker, 'closed')
  assert.deepEqual(lines.slice(3), ['4 LAX Los Angeles 146', '4 AMS Amsterdam 160', '4 JFK null 130'])
})

test('what cannot be looked up is refused', () => {
  assert.throws(() => table('x', { a: t.int32.orNull }, { key: ['a' as never] }), hasCode('LDB-3001'))
  assert.throws(() => flights.lookup(airports, { n: 'code' } as never), hasCode('LDB-3001'))
  assert.throws(() => flights.lookup(airports, {}), hasCode('LDB-3001'))
  assert.throws(() => flights.lookup(airports, { origin: 'code' }, { cacheRows: 0 }), hasCode('LDB-0001'))
  const windowed = flights.window(tumble('at', '1s'))
  assert.throws(() => windowed.lookup(airports, { origin: 'code' }), hasCode('LDB-1001'))
  const changed = flights.groupBy('origin').agg((_, a) => ({ n: a.count() }), { emit: 'changelog' })
  assert.throws(() => changed.lookup(airports, { origin: 'code' }), hasCode('LDB-1001'))
  const listed = flights.groupBy('origin').agg((f, a) => ({ all: a.arrayAgg(f.n) }))
  assert.throws(() => listed.lookup(airports, { origin: 'code' }), hasCode('LDB-1001'))
  const query = compile(flights.lookup(airports, { origin: 'code' }))
  assert.throws(() => query.open(() => {}), hasCode('LDB-1101'))
  assert.throws(() => query.open(() => {}, { tables: { airport: inMemory } }), hasCode('LDB-1101'))
})

test('a table may not call into the query that asks it', () => {
  const own: LookupSource = {
    query: () => {
      assert.throws(() => live.push([]), hasCode('LDB-0005'))
      return []
    },
  }
  const { live, lines } = opened(own)
  live.push([flight(1, 'LAX')])
  assert.equal(lines.length, 1)
})
