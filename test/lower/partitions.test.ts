/** Sources whose partitions have watermarks of their own: who holds the watermark back, who is idle, who is forgotten. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, type SourceOptions, source, t, tumble, virtualClock } from '../../compiler/index.ts'
import { type LdbCode, MillraceError } from '../../ir/errors.ts'
import { backends } from '../support/backends.ts'
import { smallLimits } from '../support/engine.ts'

after(closeNativeCompiler)

const columns = { at: t.timestamp('ms'), key: t.utf8.orNull, shard: t.int32 }
type Options = SourceOptions<'at', never, 'key' | 'shard'>

/** A row is a partition and a time: `['a', 12]`. */
type Row = readonly [string | null, number]
/** Rows that are pushed together, or milliseconds that pass. */
type Step = readonly Row[] | number

/** What came out at each step, how many rows were late, and what the clock of the query knows in the end. */
function play(options: Options, steps: readonly Step[], tier: 'interp' | 'js' = 'js') {
  const events = source('events', columns, { time: 'at', partition: 'key', ...options })
  const clock = virtualClock()
  const query = compile(
    events.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() })),
    {
      limits: { ...smallLimits, budgetRows: 1 },
    },
  )
  const out: string[] = []
  const live = query.open(
    batch => {
      for (const { window_start, rows } of batch) out[out.length - 1] += ` ${window_start}:${rows}`
    },
    { clock, tier },
  )
  for (const step of steps) {
    out.push('')
    if (typeof step === 'number') clock.advance(step)
    else live.push(step.map(([key, at]) => ({ key, at: BigInt(at), shard: 0 })))
  }
  const { late } = live.counters
  live.close()
  return { out: out.map(step => step.trim()), late: Number(late) }
}

const tiers = backends.map(({ name }) => name).filter(name => name !== 'native')

for (const tier of tiers) {
  test(`${tier}: the least of the partitions is the watermark, null is one of them`, () => {
    const steps = [
      [['a', 5]],
      [
        ['b', 7],
        [null, 9],
      ],
      [['a', 30]],
      [['b', 12]],
      [[null, 11]],
      [['b', 9]],
    ] as Step[]
    assert.deepEqual(play({}, steps, tier), { out: ['', '', '', '', '0:3', ''], late: 1 })
  })
}

test('a partition that comes later does not take the watermark back: its rows are late', () => {
  const steps = [
    [['a', 25]],
    [
      ['b', 3],
      ['b', 21],
    ],
    [['a', 40]],
    [['b', 40]],
  ] as Step[]
  assert.deepEqual(play({}, steps), { out: ['', '', '', '20:2'], late: 1 })
})

test('expected partitions: the watermark waits until all have appeared', () => {
  const steps = [
    [
      ['a', 25],
      ['a', 99],
    ],
    [
      ['b', 3],
      ['b', 31],
    ],
  ] as Step[]
  assert.deepEqual(play({ partitions: 2 }, steps), { out: ['', '0:1 20:1'], late: 0 })
})

test('an idle partition holds nothing back, and its next row is held against the watermark', () => {
  const steps = [
    [
      ['a', 5],
      ['b', 5],
    ],
    60,
    [['a', 31]],
    40,
    [
      ['b', 8],
      ['b', 35],
    ],
    [['a', 60]],
    [['b', 61]],
  ] as Step[]
  assert.deepEqual(play({ idleAfter: '100ms' }, steps), {
    out: ['', '', '', '0:2', '', '', '30:2'],
    late: 1,
  })
})

test('where all partitions are idle the largest of them is the watermark', () => {
  const steps = [
    [
      ['a', 5],
      ['b', 25],
    ],
    100,
    [
      ['c', 1],
      ['c', 30],
    ],
    1000,
  ] as Step[]
  assert.deepEqual(play({ idleAfter: '100ms' }, steps), { out: ['', '0:1', '20:1', ''], late: 1 })
})

test('an idle partition is found while no row comes, no later than half of the time behind', () => {
  const found = play({ idleAfter: '100ms' }, [
    [
      ['a', 5],
      ['b', 25],
    ],
    149,
    1,
  ])
  assert.deepEqual(found.out, ['', '0:1', ''])
})

test('late by the watermark of the own partition', () => {
  const steps = [
    [
      ['a', 5],
      ['b', 5],
    ],
    [
      ['a', 25],
      ['a', 6],
    ],
    [['b', 7]],
  ] as Step[]
  assert.equal(play({ lateBy: 'source' }, steps).late, 0)
  assert.equal(play({ lateBy: 'partition' }, steps).late, 1)
  const ahead = [
    [
      ['a', 5],
      ['b', 5],
    ],
    [
      ['b', 40],
      ['a', 35],
    ],
    [['a', 4]],
  ] as Step[]
  assert.equal(play({ lateBy: 'partition' }, ahead).late, 1)
})

const refuses = (code: LdbCode, work: () => void): void =>
  assert.throws(work, (error: unknown) => error instanceof MillraceError && error.code === code)

test('one partition too many: what was taken stays, the next batch is welcome', () => {
  const events = source('events', columns, { time: 'at', partition: 'key', partitionsMax: 2 })
  const counts: unknown[] = []
  const live = compile(events.groupBy('key').agg((_, a) => ({ rows: a.count() }))).open(batch => {
    counts.push(...Array.from(batch, row => `${row.key}:${row.rows}`))
  })
  const rows = (...keys: string[]) => keys.map(key => ({ key, at: 1n, shard: 0 }))
  refuses('LDB-2006', () => live.push(rows('a', 'b', 'c', 'a')))
  assert.equal(live.counters.rowsIn, 2n)
  live.push(rows('b', 'a'))
  live.end()
  assert.deepEqual(counts, ['a:2', 'b:2'])
})

test('the partition that has been idle for longest is forgotten, none that is active', () => {
  const options = { partitionsMax: 2, idleAfter: '10ms', onPartitionsMax: 'forget' } as const
  const steps: Step[] = [
    [
      ['a', 5],
      ['b', 5],
    ],
    10,
    [['b', 6]],
    [['c', 25]],
    [['b', 25]],
  ]
  assert.deepEqual(play(options, steps).out, ['', '', '', '', '0:3'])
  refuses('LDB-2006', () =>
    play(options, [
      [
        ['a', 5],
        ['b', 5],
      ],
      9,
      [['c', 6]],
    ]),
  )
})

test('the largest watermark of idle partitions is that of one that was idle before the others', () => {
  const steps: Step[] = [
    [
      ['a', 3],
      ['b', 25],
    ],
    10,
    [['a', 5]],
    140,
  ]
  assert.deepEqual(play({ idleAfter: '100ms' }, steps).out, ['', '', '', '0:2'])
})

test('a partition that comes back has not appeared twice', () => {
  const steps: Step[] = [[['a', 25]], 100, [['a', 40]]]
  assert.deepEqual(play({ partitions: 2, idleAfter: '100ms' }, steps).out, ['', '', ''])
})

test('a forgotten partition is in no list any more', () => {
  const options = { partitionsMax: 2, idleAfter: '10ms', onPartitionsMax: 'forget' } as const
  const steps: Step[] = [
    [
      ['a', 5],
      ['b', 5],
    ],
    10,
    [['c', 25]],
    5,
    [['b', 27]],
    5,
    [['b', 31]],
    5,
    [['d', 40]],
    5,
    [['d', 50]],
  ]
  assert.deepEqual(play(options, steps).out, ['', '', '0:2', '', '', '', '20:2', '', '', '30:1', '40:1'])
})

test('a row near the beginning of time moves no partition to its end', () => {
  const events = source('events', columns, { time: 'at', partition: 'key', outOfOrderness: '1s' })
  const live = compile(events).open(() => {})
  live.push([{ key: 'a', at: 5n - (1n << 63n), shard: 0 }])
  assert.equal(live.watermarks()[0].watermark, undefined)
})

test('what cannot be is refused where the source is declared', () => {
  const declare = (options: Options) => () => void source('events', columns, { time: 'at', ...options })
  refuses('LDB-0002', declare({ partition: 'key', onPartitionsMax: 'forget' }))
  refuses('LDB-0001', declare({ partition: 'key', partitionsMax: 0 }))
  refuses('LDB-0001', declare({ partition: 'key', partitions: 3, partitionsMax: 2 }))
  refuses('LDB-0001', declare({ partition: 'key', idleAfter: '0ms' }))
  refuses('LDB-1001', declare({ partition: 'key', lateBy: 'partition', watermarkMoves: 'batch' }))
  const held = source('events', columns, { time: 'at', partition: 'key', lateBy: 'partition' })
  refuses('LDB-1001', () => compile(held.deduplicate(['key'], '1s')))
  refuses('LDB-1001', () => compile(held.union(source('other', columns, { time: 'at' }))))
  refuses(
    'LDB-1001',
    declare({ partition: 'key', partitions: 2, idleAfter: '1s', onPartitionsMax: 'forget' }),
  )
  refuses('LDB-1100', declare({ partition: 'kay' as 'key' }))
})

test('a pipeline without state keeps the watermark of its partitions all the same', () => {
  const events = source('events', columns, { time: 'at', partition: 'key', idleAfter: '10ms' })
  const clock = virtualClock()
  let rows = 0
  const live = compile(events.where(row => row.at.isNotNull())).open(
    batch => {
      rows += batch.numRows
    },
    { clock },
  )
  for (let at = 0; at < 50; at++) live.push([{ key: `k${at % 7}`, at: BigInt(at), shard: 0 }])
  clock.advance(100)
  assert.equal(rows, 50)
})
