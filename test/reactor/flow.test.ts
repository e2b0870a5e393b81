/** Queries in one reactor, from source to reader: nothing is lost or reordered, and every queue keeps its limit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Columns, compile, type Stream, tumble } from '../../compiler/index.ts'
import { type BatchSource, FEED_BATCHES_MAX } from '../../runtime/streaming/feed.ts'
import { OUTPUT_BATCHES_MAX } from '../../runtime/subscription/output.ts'
import { eventBatch, eventsFrom, positive, small, sumLines, sums } from '../api/kit.ts'
import { search } from '../support/search.ts'
import { type FakeBatch, turn } from './kit.ts'
import { batch, reactorOf, TaskBench } from './task-kit.ts'

/** A batch, and how many turns of the event loop its source takes to come up with it. */
interface Planned {
  readonly steps: number
  readonly results: number
  readonly delay: number
}

interface Query {
  readonly batches: readonly Planned[]
  /** Turns of the event loop that the reader takes over each of its first results. */
  readonly reading: readonly number[]
  readonly endSteps: number
}

const RESULTS_MAX = 5
/** Where an output has room for one, a turn may add the results of a batch under way and of all in the feed. */
const WAITING_MAX = OUTPUT_BATCHES_MAX - 1 + (FEED_BATCHES_MAX + 1) * RESULTS_MAX

const few = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
const queries: fc.Arbitrary<Query> = fc.record({
  batches: fc.array(
    fc.record({ steps: fc.integer({ min: 1, max: 12 }), results: fc.nat(RESULTS_MAX), delay: few }),
    {
      maxLength: 40,
      size: 'max',
    },
  ),
  reading: fc.array(few, { maxLength: 20 }),
  endSteps: fc.nat(20),
})

const pause = async (turns: number): Promise<void> => {
  for (let i = 0; i < turns; i++) await turn()
}

/** Answers at once where there is no delay, so that it is both kinds of source in one. */
function sourceOf(batches: readonly Planned[]): BatchSource<FakeBatch> {
  let at = 0
  const next = () => {
    const planned = batches[at]
    if (!planned) return { done: true, value: undefined }
    const results = Array.from({ length: planned.results }, (_, i) => `${at}.${i}`)
    const answer = { done: false, value: batch(`${at++}`, { steps: planned.steps, results }) }
    return planned.delay === 0 ? answer : pause(planned.delay).then(() => answer)
  }
  return { next } as BatchSource<FakeBatch>
}

const resultsOf = ({ batches }: Query): readonly string[] =>
  batches.flatMap(({ results }, at) => Array.from({ length: results }, (_, i) => `${at}.${i}`))

async function read({ output, results }: TaskBench, { reading }: Query): Promise<readonly string[]> {
  const seen: string[] = []
  for await (const result of output) {
    seen.push(result)
    assert.ok(results.length - seen.length <= WAITING_MAX, `${results.length - seen.length} results wait`)
    await pause(reading[seen.length] ?? 0)
  }
  return seen
}

test('queries that share a reactor give all their results, whatever the pace of sources and readers', async () => {
  const several = fc.array(queries, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(several, fc.constantFrom(1, 3, 64), async (given, stepsMax) => {
      const benches = given.map(
        ({ batches, endSteps }) => new TaskBench({ source: sourceOf(batches), endSteps }),
      )
      const running = reactorOf(stepsMax, ...benches).run()
      const seen = await Promise.all(benches.map((bench, i) => read(bench, given[i])))
      await running
      assert.deepEqual(seen, given.map(resultsOf))
      for (const [i, { runner, ends, released }] of benches.entries()) {
        const steps = given[i].batches.reduce((sum, one) => sum + one.steps, given[i].endSteps)
        assert.deepEqual([ends, released, runner.steps], [[undefined], 1, steps])
      }
    }),
    search(30),
  )
})

test('one query that is cancelled leaves the others alone', async () => {
  const plan = {
    batches: Array.from({ length: 30 }, () => ({ steps: 3, results: 1, delay: 1 })),
    reading: [],
    endSteps: 2,
  }
  const [cancelled, other] = [plan, plan].map(({ batches }) => new TaskBench({ source: sourceOf(batches) }))
  const running = reactorOf(5, cancelled, other).run()
  await cancelled.output.next()
  await cancelled.output.return()
  assert.deepEqual(await read(other, plan), resultsOf(plan))
  await running
  assert.deepEqual([cancelled.ends, cancelled.released, other.ends], [[undefined], 1, [undefined]])
  assert.ok(cancelled.results.length < 30)
})

const many = Array.from({ length: 20 }, (_, i) => eventBatch(eventsFrom(10 * i, 10)))
async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

for (const [kind, source] of [
  ['without promises', () => many],
  ['of promises', () => later(many)],
] as const) {
  test(`a run over a source ${kind} ends, also where no row of it comes out`, async () => {
    const none = compile(
      positive.where(f => f.n.gt(1_000_000)),
      { limits: small },
    )
    assert.equal((await none.run(source()).collect()).numRows, 0)
    const totals = compile(sums, { limits: small })
    assert.equal(sumLines(await totals.run(source()).collect()).length, 60)
  })
}

test('a run over one large batch lets the event loop turn', async () => {
  const rows = eventBatch(eventsFrom(0, 1000))
  const query = compile(sums, { limits: { ...small, budgetRows: 1 } })
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  assert.equal(sumLines(await query.run([rows]).collect()).length, 300)
  isOver = true
  // A turn of the reactor has 64 steps, and each takes one row.
  assert.ok(turns >= 1000 / 64, `${turns} turns`)
})

const passedOn = sums
  .select(f => ({ at: f.window_start, key: f.key, sum: f.sum }))
  .window(tumble('at', '20ms'))
  .groupBy('key')
  .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.sum) }))

/** The results of one batch, as they come out. */
async function readPieces<S extends Columns>(plan: Stream<S>, budgetRows: number): Promise<string[][]> {
  const pieces: string[][] = []
  const run = compile(plan, { limits: { ...small, budgetRows } }).run([eventBatch(eventsFrom(0, 1000))])
  for await (const one of run) pieces.push(sumLines(one))
  return pieces
}

for (const [name, read] of [
  ['one pipeline', (budgetRows: number) => readPieces(sums, budgetRows)],
  ['two pipelines', (budgetRows: number) => readPieces(passedOn, budgetRows)],
] as const) {
  test(`results of a batch that takes many turns come out while it is under way: ${name}`, async () => {
    const [slow, fast] = [await read(1), await read(10_000)]
    assert.deepEqual(slow.flat(), fast.flat())
    assert.ok(slow[0].length < fast.flat().length / 2, `${slow[0].length} rows at once`)
  })
}
