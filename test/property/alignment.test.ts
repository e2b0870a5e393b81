/**
 * Sources that do not run ahead of each other: what is dropped and told of is what the model says, for any split and on every
 * tier; a pause loses nothing, whenever batches come and however they are cut.
 */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, source, t, tumble } from '../../compiler/index.ts'
import type { Tier } from '../../ir/abi.ts'
import { aggregate as aggregateCall } from '../../ir/expr/aggregates.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source as sourceNode } from '../../ir/logical/source.ts'
import { union } from '../../ir/logical/union.ts'
import { window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'
import { rowsOf, schemas, TIME } from '../gen/streams.ts'
import { asTrial, comingsOf, schedulesOn, type Trial } from '../gen/trials.ts'
import { alignments, watermarksOf } from '../gen/watermarks.ts'
import { backends } from '../support/backends.ts'
import { smallLimits } from '../support/engine.ts'
import { runs, sameSeed } from '../support/runs.ts'
import { assertTrials } from '../support/trials.ts'

after(closeNativeCompiler)

/** Native plans are compiled one by one. */
const cases = { interp: 50, js: 80, native: 10 } as const

/** Counts of windows over sources of one group. */
const plansOn = (schema: Schema): fc.Arbitrary<LogicalNode> =>
  fc
    .tuple(alignments, fc.array(watermarksOf(schema), { minLength: 2, maxLength: 3 }))
    .map(([alignment, marks]) => {
      const sources = marks.map(({ follows: _, partition, ...mark }, i) =>
        sourceNode(`s${i}`, schema, {
          ...mark,
          ...(partition && { partition: { ...partition, lateBy: 'source' } }),
          alignment,
        }),
      )
      const spec = { kind: 'tumble', column: TIME, sizeTicks: 10n, offsetTicks: 0n } as const
      const rows = { name: 'rows', call: aggregateCall('count') }
      return sink(aggregate(window(union(sources), spec), [], [rows]))
    })

const trialsOn = (tier: Tier): fc.Arbitrary<Trial> =>
  schemas.chain(schema =>
    fc
      .tuple(plansOn(schema), rowsOf(schema))
      .chain(([plan, rows]) =>
        fc
          .tuple(comingsOf(plan, rows.length), schedulesOn(fc.constant([tier])))
          .map(([comings, schedule]) =>
            asTrial({ plan, schema, rows, params: { built: {}, given: {} }, ...comings }, schedule),
          ),
      ),
  )

for (const { name } of backends) {
  test(`rows that are dropped and sources that are told of: model = ${name}`, async () => {
    await assertTrials(trialsOn(name), cases[name])
  })
}

const columns = { at: t.timestamp('ms'), of: t.int32 }
const feeds = ['east', 'west', 'north'].map(name =>
  source(name, columns, { time: 'at', align: 'feeds', maxDrift: '20ms' }),
)
const counts = compile(
  feeds[0]
    .union(feeds[1])
    .union(feeds[2])
    .window(tumble('at', '10ms'))
    .groupBy('of')
    .agg((_, a) => ({ rows: a.count() }))
    .select(r => ({ start: r.window_start, of: r.of, rows: r.rows })),
  { limits: smallLimits },
)

/** Batches of rows whose times never fall, and the turns of the event loop before each of them. */
const batches = fc.array(
  fc.record({
    steps: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
    turns: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
)

interface Batch {
  readonly rows: readonly { readonly at: bigint; readonly of: number }[]
  readonly turns: number
}

const feedOf = (of: number): fc.Arbitrary<readonly Batch[]> =>
  batches.map(drawn => {
    let at = 0
    return drawn.map(({ steps, turns }) => ({
      turns,
      rows: steps.map(step => {
        at += step
        return { at: BigInt(at), of }
      }),
    }))
  })

async function* comingFrom(feed: readonly Batch[]): AsyncGenerator<Batch['rows']> {
  for (const { rows, turns } of feed) {
    for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
    yield rows
  }
}

test('a pause loses nothing and makes nothing late, whenever batches come', async () => {
  const property = fc.asyncProperty(feedOf(0), feedOf(1), feedOf(2), async (east, west, north) => {
    const running = counts.run(
      { east: comingFrom(east), west: comingFrom(west), north: comingFrom(north) },
      { tier: 'js' },
    )
    const found = (await running.collectRows()).map(({ start, of, rows }) => `${start} ${of} ${rows}`)
    assert.deepEqual(found.toSorted(), countsOf([...east, ...west, ...north]).toSorted())
    assert.equal(running.counters.late, 0n)
  })
  await fc.assert(property, { numRuns: runs(60), ...sameSeed })
})

function countsOf(feed: readonly Batch[]): readonly string[] {
  const groups = new Map<string, number>()
  for (const { at, of } of feed.flatMap(({ rows }) => rows)) {
    const key = `${(at / 10n) * 10n} ${of}`
    groups.set(key, (groups.get(key) ?? 0) + 1)
  }
  return [...groups].map(([key, rows]) => `${key} ${rows}`)
}

test('in a live query no source gets further ahead than a batch, and one can always go on', async () => {
  const property = fc.property(
    ...([0, 1, 2].map(feedOf) as [
      ReturnType<typeof feedOf>,
      ReturnType<typeof feedOf>,
      ReturnType<typeof feedOf>,
    ]),
    fc.infiniteStream(fc.nat(2)),
    (east, west, north, choices) => {
      const left = [east, west, north].map(feed => [...feed])
      const live = counts.open(() => {}, { tier: 'js', warmUp: false })
      const sources = ['east', 'west', 'north'].map(name => live.source(name))
      for (;;) {
        for (const [i, feed] of left.entries()) if (feed.length === 0) sources[i].end()
        const open = left.flatMap((feed, i) => (feed.length > 0 && !sources[i].isPaused ? [i] : []))
        if (open.length === 0) break
        const [{ value: choice }] = [choices.next()]
        const next = open[choice % open.length]
        const marks = live.watermarks()
        const others = marks.filter((_, i) => i !== next && left[i].length > 0)
        const own = marks[next].watermark
        if (own !== undefined)
          for (const { watermark } of others) assert.ok(watermark !== undefined && own - watermark <= 20n)
        const batch = left[next].shift()
        if (batch) sources[next].push(batch.rows)
      }
      assert.ok(left.every(feed => feed.length === 0))
      assert.equal(live.counters.late, 0n)
    },
  )
  fc.assert(property, { numRuns: runs(60), ...sameSeed })
})
