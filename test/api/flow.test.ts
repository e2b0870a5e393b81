/** run(): how it ends early, what an error leaves behind, and how far ahead of its reader it works. */
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { compile } from '../../compiler/index.ts'
import { FEED_BATCHES_MAX } from '../../runtime/streaming/feed.ts'
import { OUTPUT_BATCHES_MAX } from '../../runtime/subscription/output.ts'
import {
  event,
  eventBatch,
  events,
  eventsFrom,
  hasCode,
  lines,
  newWatch,
  positive,
  settle,
  small,
  sumLines,
  sums,
  watched,
  watchedSync,
} from './kit.ts'

const passing = compile(positive, { limits: small })
const summing = compile(sums, { limits: small })

/** Batches of one row, for ever. */
function* endless() {
  for (let i = 0; ; i++) yield eventBatch([event(i)])
}

/** Batches that may be on their way: in the feed, asked for, in the engine, at the output, in the reader's hand. */
const AHEAD_MAX = FEED_BATCHES_MAX + OUTPUT_BATCHES_MAX + 3

for (const [kind, watching] of [
  ['an asynchronous', watched],
  ['a synchronous', watchedSync],
] as const) {
  test(`leaving the loop releases ${kind} source, and nothing more is pulled`, async () => {
    const watch = newWatch()
    let taken = 0
    for await (const batch of passing.run(watching(endless(), watch))) {
      taken += batch.numRows
      if (taken >= 3) break
    }
    assert.equal(watch.released, 1)
    const { asked } = watch
    await settle()
    assert.equal(watch.asked, asked)
  })

  test(`leaving the loop over rows releases ${kind} source as well`, async () => {
    const watch = newWatch()
    for await (const { at } of passing.run(watching(endless(), watch)).rows()) if (at >= 3n) break
    assert.equal(watch.released, 1)
  })

  test(`an error of the reader releases ${kind} source and stays what it is`, async () => {
    const watch = newWatch()
    const reading = async (): Promise<void> => {
      for await (const _ of passing.run(watching(endless(), watch))) throw new Error('mine')
    }
    await assert.rejects(reading(), /^Error: mine$/)
    assert.equal(watch.released, 1)
  })

  test(`a slow reader holds back ${kind} source`, async () => {
    const watch = newWatch()
    const results = passing.run(watching(endless(), watch))[Symbol.asyncIterator]()
    for (let read = 1; read <= 3; read++) {
      await results.next()
      await settle()
      assert.ok(watch.asked <= read + AHEAD_MAX, `asked ${watch.asked} times for ${read} batches`)
    }
    const { asked } = watch
    await settle()
    assert.equal(watch.asked, asked)
    await results.return?.()
    assert.equal(watch.released, 1)
  })

  test(`nothing is asked of ${kind} source before the results are read`, async () => {
    const watch = newWatch()
    passing.run(watching(endless(), watch))
    await settle()
    assert.equal(watch.asked, 0)
  })
}

test('a source that ends the run while it is asked is released', async () => {
  const watch = newWatch()
  const stop = new AbortController()
  function* stopping() {
    yield eventBatch([event(0)])
    stop.abort()
    yield* endless()
  }
  await assert.rejects(
    passing.run(watchedSync(stopping(), watch), { signal: stop.signal }).collect(),
    /aborted/,
  )
  await settle()
  assert.deepEqual(watch, { asked: 2, released: 1 })
})

test('a signal ends a run at once: results that wait are dropped, nothing fires, the source is released', async () => {
  const watch = newWatch()
  const stop = new AbortController()
  const run = passing.run(watched(endless(), watch), { signal: stop.signal })
  const results = run[Symbol.asyncIterator]()
  await results.next()
  await settle()
  stop.abort(new Error('enough'))
  await assert.rejects(results.next(), /^Error: enough$/)
  assert.deepEqual(await results.next(), { done: true, value: undefined })
  assert.equal(watch.released, 1)
})

test('a signal that was given before ends a run before it begins', async () => {
  const watch = newWatch()
  const run = passing.run(watched(endless(), watch), { signal: AbortSignal.abort(new Error('before')) })
  await assert.rejects(run.collect(), /^Error: before$/)
  assert.deepEqual(watch, { asked: 0, released: 1 })
})

test('a signal that outlives its runs is left as it was', async () => {
  const stop = new AbortController()
  for (let i = 0; i < 3; i++) await passing.run(eventsFrom(0, 3), { signal: stop.signal }).collect()
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0)
})

/** A source that has these items, and then nothing for ever. */
async function* stalling<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
  await new Promise(() => {})
}

test('a cancelled run fires nothing, drops what waits, and ends without an error', async () => {
  const watch = newWatch()
  const run = summing.run(watched([eventBatch(eventsFrom(0, 25))], watch))
  run.cancel()
  assert.equal((await run.collect()).numRows, 0)
  assert.deepEqual(watch, { asked: 0, released: 1 })
  const open = summing.run(stalling([eventsFrom(0, 25), eventsFrom(25, 10)]))
  const results = open[Symbol.asyncIterator]()
  let lines = 0
  while (lines < 9) {
    const { value } = await results.next()
    lines += value ? sumLines(value).length : 9
  }
  assert.equal(lines, 9)
  await settle()
  open.cancel()
  assert.deepEqual(await results.next(), { done: true, value: undefined })
})

test('a run that is disposed of releases its source, read or not', async () => {
  const read = newWatch()
  const unread = newWatch()
  {
    await using run = passing.run(watched(endless(), read))
    await using _never = passing.run(watched(endless(), unread))
    await run[Symbol.asyncIterator]().next()
  }
  assert.equal(read.released, 1)
  assert.deepEqual(unread, { asked: 0, released: 1 })
})

const failingSources = {
  'an iterable': function* () {
    yield* [eventBatch(eventsFrom(0, 12)), eventBatch(eventsFrom(12, 9))]
    throw new Error('broken pipe')
  },
  'an asynchronous iterable': async function* () {
    yield* [eventBatch(eventsFrom(0, 12)), eventBatch(eventsFrom(12, 9))]
    throw new Error('broken pipe')
  },
  'a Node stream': () => Readable.from(failingSources['an asynchronous iterable']()),
  'a web stream': () => ReadableStream.from(failingSources['an asynchronous iterable']()),
} as const

for (const [name, failing] of Object.entries(failingSources)) {
  test(`an error of ${name} comes behind all results that came before it, and fires nothing`, async () => {
    for (const [query, whole] of [
      [summing, ['a 4 22', 'b 3 15', 'c 3 18', 'b 4 26', 'c 3 21', 'a 3 12']],
      [passing, [...eventsFrom(0, 12), ...eventsFrom(12, 9)].map(row => `${row.key} ${row.n}`)],
    ] as const) {
      const seen: string[] = []
      const reading = async (): Promise<void> => {
        for await (const batch of query.run(failing()))
          seen.push(...(query === summing ? sumLines(batch) : lines(batch, 'key', 'n')))
      }
      await assert.rejects(reading(), hasCode('LDB-5003', /the source failed: broken pipe/))
      assert.deepEqual(seen, whole)
    }
  })
}

test('the cause of an error of the source is kept', async () => {
  const cause = new Error('broken pipe')
  const source = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(cause) }),
  }
  await assert.rejects(passing.run(source).collect(), (error: Error) => error.cause === cause)
})

test('a batch that does not fit ends the run behind the results before it', async () => {
  const doubled = compile(
    events.select(f => ({ twice: f.n.mul(2) })),
    { limits: small },
  )
  const bad = eventBatch(eventsFrom(5, 2)).select(['at', 'key', 'n'])
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    const run = doubled.run([eventBatch(eventsFrom(0, 3)), bad, eventBatch(eventsFrom(9, 3))])
    for await (const batch of run) seen.push(...lines(batch, 'twice'))
  }
  await assert.rejects(reading(), hasCode('LDB-0006', /no column 'note'/))
  assert.deepEqual(seen, ['2', '4', '6'])
})

test('a batch that does not fit goes to onRefused, and the run goes on without it', async () => {
  const bad = eventBatch(eventsFrom(5, 2)).select(['at', 'key', 'n'])
  const refused: unknown[] = []
  const table = await passing
    .run([eventBatch(eventsFrom(0, 2)), bad, eventBatch(eventsFrom(9, 2))], {
      onRefused(error, batch) {
        assert.ok(hasCode('LDB-0006', /no column 'note'/)(error))
        refused.push(batch)
      },
    })
    .collect()
  assert.deepEqual(refused, [bad])
  assert.deepEqual(lines(table, 'key', 'n'), ['a 1', 'b 2', 'a 1', 'b 2'])
})

for (const name of ['onLate', 'onFaulty', 'onRefused'] as const) {
  test(`a run whose ${name} throws ends with LDB-5004`, async () => {
    const cause = new Error('mine')
    const query = compile(
      sums.where(f => f.sum.mul(1n << 62n).gt(0)),
      { limits: small },
    )
    const throwing = (): never => {
      throw cause
    }
    const watch = newWatch()
    function* input() {
      yield* [eventsFrom(0, 12), [event(3)], eventBatch(eventsFrom(12, 9)).select(['at']), eventsFrom(21, 9)]
      yield* endless()
    }
    const failed = (error: Error): boolean =>
      hasCode('LDB-5004', RegExp(`${name} threw: mine`))(error) && error.cause === cause
    const others = { onRefused: () => {} }
    await assert.rejects(
      query.run(watched(input(), watch), { ...others, [name]: throwing }).collect(),
      failed,
    )
    assert.equal(watch.released, 1)
  })
}
