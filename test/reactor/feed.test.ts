/** Feeds: how far ahead of need a source is asked, and what becomes of its answers, its errors and its end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../../ir/errors.ts'
import { type BatchSource, FEED_BATCHES_MAX, Feed } from '../../runtime/streaming/feed.ts'
import { Signal } from '../../runtime/streaming/signal.ts'
import { search } from '../support/search.ts'
import { AskedSource, turn } from './kit.ts'

interface Watched {
  readonly feed: Feed<number>
  /** How often the feed said that something changed. */
  readonly changes: () => number
}

function feedOf(source: BatchSource<number>): Watched {
  let changes = 0
  return { feed: new Feed(source, () => changes++), changes: () => changes }
}

function takeAll(feed: Feed<number>): number[] {
  const taken: number[] = []
  for (let batch = feed.take(); batch !== undefined; batch = feed.take()) taken.push(batch)
  return taken
}

test('a source of promises is asked for one batch at a time, and for none beyond the limit', async () => {
  const source = new AskedSource<number>()
  const { feed, changes } = feedOf(source)
  assert.equal(source.asked, 0)
  for (let i = 0; i < FEED_BATCHES_MAX; i++) {
    for (let again = 0; again < 3; again++) feed.poll()
    assert.deepEqual([source.asked, source.owed, changes()], [i + 1, 1, i])
    await source.give(i)
  }
  assert.equal(feed.wantsMore, false)
  feed.poll()
  assert.equal(source.owed, 0)
  assert.equal(feed.take(), 0)
  assert.equal(feed.wantsMore, true)
  feed.poll()
  assert.deepEqual([source.asked, source.owed], [FEED_BATCHES_MAX + 1, 1])
})

test('a source without promises is asked up to the limit at once', () => {
  let asked = 0
  const next = () => ({ done: false, value: asked++ })
  const { feed, changes } = feedOf({ next })
  feed.poll()
  feed.poll()
  assert.equal(asked, FEED_BATCHES_MAX)
  assert.deepEqual(takeAll(feed), [0, 1, 2, 3])
  assert.ok(feed.wantsMore)
  feed.poll()
  assert.equal(asked, 2 * FEED_BATCHES_MAX)
  assert.equal(changes(), 0)
})

test('a source is drained when it has ended and all is taken, and is not asked again', async () => {
  const source = new AskedSource<number>()
  const { feed } = feedOf(source)
  feed.poll()
  await source.give(7)
  feed.poll()
  await source.end()
  assert.deepEqual([feed.isDrained, feed.hasBatch, feed.wantsMore], [false, true, false])
  assert.deepEqual(takeAll(feed), [7])
  feed.poll()
  assert.deepEqual([feed.isDrained, feed.error, source.asked], [true, undefined, 2])
})

const cause = new Error('broken pipe')
const failing: Readonly<Record<string, (error: unknown) => BatchSource<number>>> = {
  'throws at once': error => ({
    next() {
      throw error
    },
  }),
  'throws behind two batches': error =>
    (function* () {
      yield* [1, 2]
      throw error
    })(),
  rejects: error => ({ next: () => Promise.reject(error) }),
  'rejects behind two batches': error =>
    (async function* () {
      yield* [1, 2]
      throw error
    })(),
}

for (const [how, source] of Object.entries(failing)) {
  test(`a source that ${how} has failed when what came before is taken`, async () => {
    for (const error of [cause, new MillraceError('LDB-5020', 'a bad row'), 'no error object']) {
      const { feed } = feedOf(source(error))
      for (let i = 0; i < 5; i++) {
        feed.poll()
        await turn()
      }
      assert.deepEqual(takeAll(feed), how.includes('two') ? [1, 2] : [])
      assert.deepEqual([feed.isDrained, feed.wantsMore], [true, false])
      const failure = feed.error as MillraceError
      if (error instanceof MillraceError) assert.equal(failure, error)
      else {
        assert.deepEqual([failure.code, failure.cause], ['LDB-5003', error])
        assert.match(failure.message, /the source failed: (broken pipe|no error object)/)
      }
    }
  })
}

test('a feed that is cancelled drops what waits, releases its source and asks no more', async () => {
  const source = new AskedSource<number>()
  const { feed } = feedOf(source)
  feed.poll()
  await source.give(1)
  feed.poll()
  await feed.cancel()
  assert.deepEqual([source.released, feed.hasBatch, feed.isDrained], [1, false, true])
  await source.give(2)
  feed.poll()
  assert.deepEqual([feed.hasBatch, feed.isDrained, source.asked], [false, true, 2])
})

test('a source that cancels its own feed while it is asked is released behind its answer, once', async () => {
  for (const isAsync of [false, true]) {
    const log: string[] = []
    const source = {
      next() {
        log.push('asked')
        feed.cancel()
        log.push('answers')
        const answer = { done: false as const, value: 1 }
        return isAsync ? Promise.resolve(answer) : answer
      },
      return() {
        log.push('released')
        return { done: true as const, value: undefined }
      },
    }
    const { feed } = feedOf(source as BatchSource<number>)
    feed.poll()
    await turn()
    feed.poll()
    assert.deepEqual(log, ['asked', 'answers', 'released'])
    assert.deepEqual([feed.hasBatch, feed.isDrained], [false, true])
  }
})

test('a source that throws while it cancels its own feed is released as well', async () => {
  let released = 0
  const source: BatchSource<number> = {
    next() {
      feed.cancel()
      throw cause
    },
    return() {
      released++
      throw new Error('and again')
    },
  }
  const { feed } = feedOf(source)
  feed.poll()
  await turn()
  assert.deepEqual([released, feed.isDrained], [1, true])
})

test('a source need not be able to be released; what its release throws is told', async () => {
  await feedOf({ next: () => ({ done: false, value: 1 }) }).feed.cancel()
  const stubborn: AsyncIterator<number> = {
    next: async () => ({ done: false, value: 1 }),
    return: () => Promise.reject(cause),
  }
  await assert.rejects(feedOf(stubborn).feed.cancel(), cause)
})

/** A source that answers at once or later, in any mixture; `most` is how many answers it ever owed. */
class MixedSource {
  most = 0
  readonly #isLate: readonly boolean[]
  #at = 0
  #owed = 0

  constructor(isLate: readonly boolean[]) {
    this.#isLate = isLate
  }

  next(): IteratorResult<number> | Promise<IteratorResult<number>> {
    this.most = Math.max(this.most, this.#owed + 1)
    if (this.#at === this.#isLate.length) return { done: true, value: undefined }
    const answer = { done: false, value: this.#at }
    return this.#isLate[this.#at++] ? this.#later(answer) : answer
  }

  async #later(answer: IteratorResult<number>): Promise<IteratorResult<number>> {
    this.#owed++
    await turn()
    this.#owed--
    return answer
  }
}

test('any mixture of answers arrives in order, whenever it is polled and taken', async () => {
  const calls = fc.array(fc.constantFrom('poll', 'take', 'turn'), { maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 20 }), calls, async (isLate, order) => {
      const source = new MixedSource(isLate)
      const { feed } = feedOf(source as BatchSource<number>)
      const taken: (number | undefined)[] = []
      for (const call of order) {
        if (call === 'poll') feed.poll()
        else if (call === 'take') taken.push(feed.take())
        else await turn()
      }
      for (let i = 0; !feed.isDrained && i < 50; i++) {
        feed.poll()
        taken.push(...takeAll(feed))
        await turn()
      }
      assert.deepEqual(
        taken.filter(batch => batch !== undefined),
        isLate.map((_, i) => i),
      )
      assert.ok(source.most <= 1, 'asked again before it had answered')
    }),
    search(50),
  )
})

test('a signal wakes all that wait, once; nobody is woken by one that came before', async () => {
  const signal = new Signal()
  const woken: string[] = []
  const wait = (name: string): void => void signal.wait().then(() => woken.push(name))
  signal.notify()
  wait('a')
  wait('b')
  await turn()
  assert.deepEqual(woken, [])
  signal.notify()
  wait('c')
  await turn()
  assert.deepEqual(woken, ['a', 'b'])
  signal.notify()
  signal.notify()
  await turn()
  assert.deepEqual(woken, ['a', 'b', 'c'])
})
