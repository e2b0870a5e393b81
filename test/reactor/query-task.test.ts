/** A query as a task: what it does in each phase, when it waits, and how it ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../../ir/errors.ts'
import { FEED_BATCHES_MAX } from '../../runtime/streaming/feed.ts'
import { OUTPUT_BATCHES_MAX } from '../../runtime/subscription/output.ts'
import { AskedSource, Deferred, type FakeBatch, turn } from './kit.ts'
import { batch, reactorOf, TaskBench, takeTurns } from './task-kit.ts'

const named = (...names: readonly string[]): FakeBatch[] => names.map(name => batch(name))
const cause = new Error('mine')

function* endless(): Generator<FakeBatch> {
  for (let i = 0; ; i++) yield batch(`${i}`)
}

test('batches run one after the other, the end behind them, and results leave when the turn ends', () => {
  const bench = new TaskBench({ source: named('a', 'b', 'c').values(), endSteps: 1 })
  takeTurns(reactorOf(100, bench), 1)
  const runs = ['a', 'b', 'c'].flatMap(name => [`accept ${name}`, `begin ${name}`])
  assert.deepEqual(bench.runner.log, [...runs, 'end', 'flush a b c'])
  assert.deepEqual([bench.ends, bench.task.isDone, bench.released], [[undefined], true, 1])
})

test('rows that wait for their turn keep their source awake', () => {
  const bench = new TaskBench({ source: named('a', 'b').values() })
  const reactor = reactorOf(1, bench)
  reactor.turn()
  assert.deepEqual([bench.runner.log.at(-1), bench.runner.awake], ['begin a', [0]])
  takeTurns(reactor, 3)
  assert.deepEqual([bench.runner.log.at(-1), bench.runner.awake], ['flush b', [0, 0]])
})

test('a long batch takes as many turns as it needs, each with its steps', () => {
  const bench = new TaskBench({ source: [batch('long', { steps: 25 })].values() })
  const reactor = reactorOf(10, bench)
  const steps = [1, 2, 3].map(() => {
    reactor.turn()
    return bench.runner.steps
  })
  // To begin a batch is a step as well.
  assert.deepEqual(steps, [9, 19, 25])
  assert.deepEqual([bench.results, bench.ends], [['long'], [undefined]])
})

test('what the end of the input makes due fires with the steps that are left, and goes on in the next turns', () => {
  const bench = new TaskBench({ source: named('a').values(), endSteps: 25 })
  const reactor = reactorOf(10, bench)
  const steps: number[] = []
  while (bench.ends.length === 0) {
    reactor.turn()
    steps.push(bench.runner.steps)
  }
  assert.equal(bench.runner.steps, 26)
  assert.ok(steps.every((done, i) => done - (steps[i - 1] ?? 0) <= 10))
  assert.ok(steps[0] > 1 && steps.length === 3, steps.join())
})

test('a full output stops the task: no step, no batch taken, nothing asked beyond the feed; room wakes it', async () => {
  let asked = 0
  const source = endless()
  const next = () => {
    asked++
    return source.next()
  }
  const bench = new TaskBench({ source: { next } })
  const reactor = reactorOf(10, bench)
  takeTurns(reactor, 20)
  const { length } = bench.results
  assert.ok(length >= OUTPUT_BATCHES_MAX && length < OUTPUT_BATCHES_MAX + FEED_BATCHES_MAX, `${length}`)
  const [steps, askedThen] = [bench.runner.steps, asked]
  assert.ok(asked <= length + FEED_BATCHES_MAX)
  takeTurns(reactor, 20)
  assert.deepEqual([bench.runner.steps, asked, bench.task.isReady], [steps, askedThen, false])
  let isWoken = false
  bench.task.wait().then(() => {
    isWoken = true
  })
  for (let i = 0; !bench.task.isReady; i++) assert.equal((await bench.output.next()).value, `${i}`)
  await turn()
  assert.ok(isWoken)
  reactor.turn()
  assert.ok(bench.runner.steps > steps)
})

test('a batch waits for its kernels, and all behind it wait as well', async () => {
  const kernels = new Deferred<void>()
  const prepare = (name: string) => (name === 'b' ? kernels.promise : undefined)
  const bench = new TaskBench({ source: named('a', 'b', 'c').values(), prepare })
  const reactor = reactorOf(100, bench)
  takeTurns(reactor, 5)
  assert.deepEqual(bench.runner.log, ['accept a', 'begin a', 'accept b', 'flush a'])
  assert.equal(bench.task.isReady, false)
  kernels.resolve()
  await turn()
  assert.equal(bench.task.isReady, true)
  takeTurns(reactor, 1)
  assert.deepEqual(bench.runner.log.slice(4), ['begin b', 'accept c', 'begin c', 'end', 'flush b c'])
  assert.deepEqual(bench.ends, [undefined])
})

test('kernels that arrive wake the task, even where nothing else is to come', async () => {
  const kernels = new Deferred<void>()
  const source = new AskedSource<FakeBatch>()
  const bench = new TaskBench({ source, prepare: () => kernels.promise })
  const running = reactorOf(100, bench).run()
  await source.give(batch('a'))
  await turn()
  assert.deepEqual(bench.results, [])
  kernels.resolve()
  assert.equal((await bench.output.next()).value, 'a')
  await source.end()
  await running
})

test('a query that is cancelled while it sleeps lets its reactor end', async () => {
  const bench = new TaskBench({ source: new AskedSource<FakeBatch>() })
  const running = reactorOf(100, bench).run()
  await turn()
  bench.task.finish(undefined)
  await running
  assert.deepEqual([bench.ends, bench.released], [[undefined], 1])
})

test('a batch whose kernels never come ends the query with the reason', async () => {
  const bench = new TaskBench({ source: named('a').values(), prepare: () => Promise.reject(cause) })
  const running = reactorOf(100, bench).run()
  await running
  assert.deepEqual([bench.ends, bench.runner.log], [[cause], ['accept a']])
})

test('a query that is cancelled while a batch waits for its kernels never begins it', async () => {
  const kernels = new Deferred<void>()
  const bench = new TaskBench({ source: named('a').values(), prepare: () => kernels.promise })
  const reactor = reactorOf(100, bench)
  reactor.turn()
  bench.task.finish(undefined)
  kernels.resolve()
  await turn()
  reactor.turn()
  assert.deepEqual([bench.ends, bench.runner.log, bench.task.isReady], [[undefined], ['accept a'], false])
})

test('a refused batch ends the query behind what came before, or goes where it is wanted', () => {
  const source = () => [batch('a'), batch('bad', { refuses: cause }), batch('c')].values()
  const strict = new TaskBench({ source: source() })
  takeTurns(reactorOf(100, strict), 3)
  assert.deepEqual([strict.results, strict.ends], [['a'], [cause]])
  const refused: unknown[] = []
  const mild = new TaskBench({ source: source(), onRefused: error => refused.push(error) })
  takeTurns(reactorOf(100, mild), 3)
  assert.deepEqual([mild.results, mild.ends, refused], [['a', 'c'], [undefined], [cause]])
})

test('a step that fails ends the query behind what was finished before it', () => {
  const source = [batch('a'), batch('bad', { steps: 3, fails: cause }), batch('c')].values()
  const bench = new TaskBench({ source })
  takeTurns(reactorOf(100, bench), 3)
  assert.deepEqual([bench.results, bench.ends, bench.released], [['a'], [cause], 1])
  assert.ok(!bench.runner.log.includes('accept c'))
})

test('results that cannot be handed out end the query', () => {
  const fail = (): never => {
    throw cause
  }
  const bench = new TaskBench({ source: named('a', 'b').values(), onResult: fail })
  takeTurns(reactorOf(100, bench), 3)
  assert.deepEqual([bench.results, bench.ends, bench.released], [['a'], [cause], 1])
})

test('an error of a callback ends the query before its next step', () => {
  const bench = new TaskBench({
    source: [batch('a'), batch('long', { steps: 50 })].values(),
    takeError: () => (bench.runner.steps >= 5 ? cause : undefined),
  })
  takeTurns(reactorOf(100, bench), 3)
  assert.deepEqual([bench.ends, bench.runner.steps, bench.released], [[cause], 5, 1])
})

test('an error of a callback for results ends the query behind those that left with them', () => {
  let error: unknown
  const bench = new TaskBench({
    source: endless(),
    takeError: () => error,
    onResult: result => {
      if (result === '5') error = cause
    },
  })
  takeTurns(reactorOf(6, bench), 10)
  assert.deepEqual([bench.ends, bench.released], [[cause], 1])
  assert.ok(bench.results.includes('5') && bench.results.length < 10)
})

test('a source that fails ends the query with its error, behind its batches; nothing becomes due', () => {
  function* failing() {
    yield* named('a', 'b')
    throw cause
  }
  const bench = new TaskBench({ source: failing(), endSteps: 5 })
  takeTurns(reactorOf(3, bench), 10)
  assert.deepEqual(bench.results, ['a', 'b'])
  assert.ok(!bench.runner.log.includes('end'))
  const [error, ...more] = bench.ends as MillraceError[]
  assert.deepEqual([error.code, error.cause, more], ['LDB-5003', cause, []])
})

test('a query that is cancelled in the middle of a batch ends at once, and once', () => {
  const bench = new TaskBench({ source: [batch('a'), batch('long', { steps: 50 })].values() })
  const reactor = reactorOf(10, bench)
  reactor.turn()
  bench.task.finish(undefined)
  bench.task.finish(cause)
  const { steps } = bench.runner
  takeTurns(reactor, 5)
  assert.deepEqual([bench.ends, bench.released, bench.runner.steps], [[undefined], 1, steps])
  assert.deepEqual([bench.task.isDone, bench.task.isReady], [true, false])
})

for (const results of [[], ['x']]) {
  test(`a source without promises is read to its end, with ${results.length} results a batch`, async () => {
    const source = Array.from({ length: 50 }, (_, i) => batch(`${i}`, { results })).values()
    const bench = new TaskBench({ source })
    const running = reactorOf(100, bench).run()
    let read = 0
    for await (const _ of bench.output) read++
    await running
    assert.deepEqual([read, bench.ends], [50 * results.length, [undefined]])
  })
}

test('a slow source is waited for without a turn, and each of its batches comes out at once', async () => {
  const source = new AskedSource<FakeBatch>()
  const bench = new TaskBench({ source })
  const reactor = reactorOf(10, bench)
  const running = reactor.run()
  for (const name of ['a', 'b', 'c']) {
    for (let i = 0; i < 5; i++) await turn()
    const { turns } = reactor
    await source.give(batch(name))
    for (let i = 0; i < 5; i++) await turn()
    assert.equal((await bench.output.next()).value, name)
    assert.ok(reactor.turns - turns <= 4, `${reactor.turns - turns} turns`)
  }
  await source.end()
  await running
  assert.deepEqual(bench.ends, [undefined])
})
