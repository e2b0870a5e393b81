/** open(): rows are pushed, results come before the call returns, and nothing that goes wrong leaves a trace. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Int32, Int64, makeData, RecordBatch, Table, Utf8 } from 'apache-arrow'
import { compile, type LdbCode, type LiveQuery, MillraceError } from '../../compiler/index.ts'
import {
  event,
  eventBatch,
  events,
  eventsFrom,
  hasCode,
  lines,
  newWatch,
  small,
  sumLines,
  sums,
  watched,
} from './kit.ts'

const query = compile(sums, { limits: small })

/** A live query and the lines that came out of it. */
function opened(of: Pick<typeof query, 'open'> = query): { live: LiveQuery; seen: string[] } {
  const seen: string[] = []
  return { live: of.open(batch => seen.push(...sumLines(batch))), seen }
}

test('results arrive before push returns', () => {
  const { live, seen } = opened()
  live.push([event(1, 'a', 3), event(2, 'a', 4)])
  assert.deepEqual(seen, [])
  live.push([event(10, 'b', 5)])
  assert.deepEqual(seen, ['a 2 7'])
  live.push([event(35, 'c', 6), event(41, 'd', 7)])
  assert.deepEqual(seen, ['a 2 7', 'b 1 5', 'c 1 6'])
  live.end()
  assert.deepEqual(seen, ['a 2 7', 'b 1 5', 'c 1 6', 'd 1 7'])
})

test('rows, batches and tables can be pushed; nothing in them is fine', () => {
  const rows = eventsFrom(0, 30)
  const inputs = [
    rows,
    eventBatch(rows),
    new Table([eventBatch(rows.slice(0, 9)), eventBatch(rows.slice(9))]),
  ]
  const results = inputs.map(input => {
    const { live, seen } = opened()
    for (const empty of [[], eventBatch([]), new Table([eventBatch([])])]) live.push(empty)
    live.push(input)
    live.end()
    return seen
  })
  assert.equal(results[0].length, 9)
  assert.deepEqual(results[1], results[0])
  assert.deepEqual(results[2], results[0])
})

test('a stream cannot be pushed', () => {
  const { live } = opened()
  const refused = hasCode('LDB-0001', /use run\(\) for streams/)
  assert.throws(() => live.push(watched([event(1)], newWatch()) as never), refused)
})

test('advanceTo closes windows; going back does nothing', () => {
  const { live, seen } = opened()
  live.push([event(1, 'a', 3), event(12, 'b', 4)])
  assert.deepEqual(seen, ['a 1 3'])
  live.advanceTo(19n)
  live.advanceTo(5n)
  assert.deepEqual(seen, ['a 1 3'])
  live.push([event(15, 'b', 5)])
  live.advanceTo(20n)
  assert.deepEqual(seen, ['a 1 3', 'b 2 9'])
  live.push([event(19, 'c', 1)])
  assert.equal(live.counters.late, 1n)
  live.push([event(20, 'd', 1)])
  live.end()
  assert.deepEqual(seen, ['a 1 3', 'b 2 9', 'd 1 1'])
})

test('a time that is none is refused and moves nothing', () => {
  const { live, seen } = opened()
  live.push([event(15)])
  for (const time of [1n << 63n, -(1n << 63n) - 1n, 20, '20', undefined]) {
    assert.throws(() => live.advanceTo(time as never), hasCode('LDB-0001', /no time to advance to/))
  }
  live.push([event(12)])
  live.advanceTo((1n << 63n) - 1n)
  assert.deepEqual(seen, ['a 2 2'])
})

test('after the end nothing can be pushed; ending again is fine; after close nothing is possible', () => {
  const { live, seen } = opened()
  live.push([event(1)])
  live.end()
  live.end()
  assert.deepEqual(seen, ['a 1 1'])
  for (const late of [[event(50)], [], eventBatch([])])
    assert.throws(() => live.push(late), hasCode('LDB-0005', /has ended/))
  assert.throws(() => live.advanceTo(99n), hasCode('LDB-0005', /has ended/))
  live.close()
  live.close()
  const closed = hasCode('LDB-0004', /closed/)
  assert.throws(() => live.push([event(1)]), closed)
  assert.throws(() => live.advanceTo(1n), closed)
  assert.throws(() => live.end(), closed)
  assert.equal(live.counters.rowsOut, 1n)
})

test('a live query that is disposed of emits nothing more', () => {
  const { live, seen } = opened()
  {
    using scoped = live
    scoped.push([event(1)])
  }
  assert.deepEqual(seen, [])
  assert.throws(() => live.push([event(1)]), hasCode('LDB-0004'))
})

test('all groups of an input without windows come at its end, even of one that ends at the end of time', () => {
  const { live, seen } = opened(
    compile(
      sums.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.sum) })),
      { limits: small },
    ),
  )
  live.push([event(1, 'a', 2), event(15, 'a', 3), event(30, 'a', 4)])
  live.advanceTo(1000n)
  live.push([{ ...event(0), at: (1n << 63n) - 1n }])
  live.end()
  assert.deepEqual(seen, ['a 3 9'])
})

test('time that advances to its last tick is not the end of the input', () => {
  const { live, seen } = opened(
    compile(
      events.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) })),
      { limits: small },
    ),
  )
  live.push([event(1, 'a', 2)])
  live.advanceTo((1n << 63n) - 1n)
  for (const n of [3, 4]) live.push([event(2, 'a', n)])
  assert.deepEqual(seen, [])
  live.end()
  assert.deepEqual(seen, ['a 3 9'])
})

test('a batch of results is valid during the call only: the next rows lie where it lay', () => {
  const doubled = compile(
    events.select(f => ({ twice: f.n.mul(2), text: f.note.coalesce('none') })),
    { limits: small },
  )
  const kept: RecordBatch[] = []
  const copied: string[] = []
  const live = doubled.open(batch => {
    kept.push(batch)
    copied.push(...lines(batch, 'twice', 'text'))
  })
  live.push([event(1, 'a', 1, 'one')])
  assert.deepEqual(lines(kept[0], 'twice'), ['2'])
  live.push([event(2, 'a', 21, 'two')])
  assert.deepEqual(copied, ['2 one', '42 two'])
  assert.deepEqual(lines(kept[0], 'twice'), ['42'])
})

const good = [eventsFrom(0, 12), eventsFrom(12, 10), eventsFrom(22, 9)]

/** A good batch with one column replaced. */
function spoiled(column: string, data: ReturnType<typeof makeData>): RecordBatch {
  const batch = eventBatch(good[1])
  const children = batch.data.children.map((child, i) =>
    batch.schema.fields[i].name === column ? data : child,
  )
  return new RecordBatch(
    Object.fromEntries(children.map((child, i) => [batch.schema.fields[i].name, child])) as never,
  )
}

const badBatches: Readonly<Record<string, readonly [LdbCode, () => unknown]>> = {
  'a missing column': ['LDB-0006', () => eventBatch(good[1]).select(['at', 'key', 'note'])],
  'a column of another type': [
    'LDB-0006',
    () => spoiled('n', makeData({ type: new Int32(), data: new Int32Array(10) })),
  ],
  'a null in a column that is not null': [
    'LDB-0006',
    () => {
      const n = eventBatch(good[1]).data.children[2]
      return spoiled(
        'n',
        makeData({ type: new Int64(), data: n.values, nullBitmap: Uint8Array.of(0xff, 1) }) as never,
      )
    },
  ],
  'a detached buffer': [
    'LDB-7004',
    () => {
      const batch = eventBatch(good[1])
      const { buffer } = batch.data.children[2].values
      structuredClone(buffer, { transfer: [buffer] })
      return batch
    },
  ],
  'text that is not UTF-8': [
    'LDB-7005',
    () => {
      const valueOffsets = Int32Array.from({ length: 11 }, (_, i) => i)
      return spoiled('key', makeData({ type: new Utf8(), data: new Uint8Array(10).fill(0xff), valueOffsets }))
    },
  ],
  'a text longer than columnBytes': ['LDB-8014', () => eventBatch([...good[1], event(22, 'x'.repeat(5000))])],
  'a row that does not fit': ['LDB-5020', () => [...good[1], { ...event(22), n: 'one' }]],
  'a bad row behind a full batch of good ones': [
    'LDB-5020',
    () => [...eventsFrom(20, 9000), { ...event(9020), key: null }],
  ],
  'a bad batch behind a good one': [
    'LDB-0006',
    () => [eventBatch(eventsFrom(50, 5)), eventBatch(good[1]).select(['at'])],
  ],
  'no batch at all': ['LDB-0001', () => 7],
}

for (const [name, [code, bad]] of Object.entries(badBatches)) {
  test(`${name} is ${code} and leaves no trace`, () => {
    for (const of of [
      query,
      compile(
        events.where(f => f.key.ne('b')),
        { limits: small },
      ),
    ]) {
      const run = (spoil: boolean) => {
        const seen: string[] = []
        const late: number[] = []
        const live = of.open(batch => seen.push(JSON.stringify(batch.toArray(), longs)), {
          onLate: batch => late.push(batch.numRows),
        })
        for (const batch of good) {
          live.push(batch)
          if (spoil) assert.throws(() => live.push(bad() as never), hasCode(code))
        }
        live.end()
        return { seen, late, counters: live.counters }
      }
      assert.deepEqual(run(true), run(false))
    }
  })
}
const longs = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)

test('a callback that throws: the rows count as taken, the caller is told, the next push works', () => {
  for (const limits of [small, { ...small, batchRows: 2, outputRows: 1, budgetRows: 1 }]) {
    const cause = new Error('mine')
    const seen: string[] = []
    let throws = true
    const live = compile(sums, { limits }).open(batch => {
      seen.push(...sumLines(batch))
      if (throws) throw cause
    })
    const told = (error: unknown): boolean =>
      hasCode('LDB-5004', /the callback for results threw: mine/)(error) && (error as Error).cause === cause
    assert.throws(() => live.push(eventsFrom(0, 25)), told)
    assert.deepEqual(seen, ['a 4 22', 'b 3 15', 'c 3 18', 'b 4 62', 'c 3 45', 'a 3 48'])
    assert.equal(live.counters.rowsIn, 25n)
    throws = false
    live.push(eventsFrom(25, 5))
    live.end()
    assert.deepEqual(seen.slice(6), ['c 3 48', 'a 4 52', 'b 3 30'])
    assert.equal(live.counters.rowsOut, 9n)
  }
})

test('a callback that throws when time advances or the input ends', () => {
  const live = query.open(() => {
    throw 'no error object'
  })
  const told = hasCode('LDB-5004', /threw: no error object/)
  live.push([event(1), event(2, 'b')])
  assert.throws(() => live.advanceTo(10n), told)
  live.push([event(11)])
  assert.throws(() => live.end(), told)
  assert.equal(live.counters.rowsOut, 3n)
})

test('a side callback that throws: results, other rows and counters are what they would be', () => {
  const risky = compile(
    sums.where(f => f.sum.mul(1n << 62n).gt(0)),
    { limits: small },
  )
  const late: number[] = []
  const seen: string[] = []
  const live = risky.open(batch => seen.push(...sumLines(batch)), {
    onLate(batch) {
      late.push(batch.numRows)
      throw new Error('late')
    },
    onFaulty() {
      throw new Error('faulty')
    },
  })
  assert.throws(
    () => live.push([event(15), event(1), event(22, 'b', 5)]),
    hasCode('LDB-5004', /onLate threw: late/),
  )
  assert.throws(() => live.push([event(35)]), hasCode('LDB-5004', /onFaulty threw: faulty/))
  assert.deepEqual(late, [1])
  assert.deepEqual(seen, ['a 1 1'])
  assert.deepEqual(live.counters, {
    rowsIn: 4n,
    rowsOut: 1n,
    late: 1n,
    nullTime: 0n,
    drifted: 0n,
    faulty: 1n,
  })
})

test('an error of a callback is told once', () => {
  let throws = true
  const live = query.open(() => {
    if (throws) throw new Error('mine')
  })
  assert.throws(() => live.push(eventsFrom(0, 12)), hasCode('LDB-5004'))
  throws = false
  live.push(eventsFrom(12, 12))
  live.end()
})

test('a callback may not push into its own query', () => {
  const refusals: unknown[] = []
  const live = query.open(() => {
    for (const call of [() => live.push([event(50)]), () => live.advanceTo(60n), () => live.end()]) {
      try {
        call()
      } catch (error) {
        refusals.push(error instanceof MillraceError && error.code)
      }
    }
  })
  live.push(eventsFrom(0, 12))
  assert.deepEqual(refusals, ['LDB-0005', 'LDB-0005', 'LDB-0005'])
  live.push(eventsFrom(12, 3))
  assert.equal(live.counters.rowsIn, 15n)
})

test('a callback may close its query: it is the last that it hears', () => {
  const seen: string[] = []
  const live = compile(sums, { limits: { ...small, outputRows: 1 } }).open(batch => {
    seen.push(...sumLines(batch))
    live.close()
  })
  live.push(eventsFrom(0, 30))
  assert.deepEqual(seen, ['a 4 22'])
  assert.throws(() => live.end(), hasCode('LDB-0004'))
})
