/**
 * Tables that answer some time later, one question before another: where rows leave in order of arrival the answer is that of the
 * model, with windows behind the lookup, too; in any order it is the same rows.
 */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Columns, compile, Stream } from '../../compiler/index.ts'
import { aggregate as aggregateCall } from '../../ir/expr/aggregates.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { ON_CLOSE } from '../../ir/logical/emit.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Lookup } from '../../ir/logical/lookup.ts'
import { source } from '../../ir/logical/source.ts'
import { window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import type { LookupAnswer, LookupSource } from '../../runtime/lookup/lookup-source.ts'
import { lookupsIn } from '../gen/lookups.ts'
import { type ModelRow, runModel } from '../model/model.ts'
import { endlessSource } from '../support/endless-table.ts'
import { partsOf, smallLimits, textOf } from '../support/engine.ts'
import { runs, sameSeed } from '../support/runs.ts'

const schema: Schema = [
  { name: 'ts', type: 'timestamp[ms]', nullable: false },
  { name: 'k', type: 'utf8', nullable: true },
]

const rows: fc.Arbitrary<readonly ModelRow[]> = fc
  .array(fc.tuple(fc.constantFrom(0n, 1n, 3n, -2n), fc.constantFrom('a', 'b', 'c', 'd', 'e', null)), {
    maxLength: 60,
    size: 'max',
  })
  .map(drawn => {
    let ts = 100n
    return drawn.map(([step, k]) => {
      ts += step
      return { ts, k }
    })
  })

/** How many answers come behind each batch, which of those that are open, and how many keys are asked for at once. */
interface Delays {
  readonly splits: readonly number[]
  readonly answers: readonly number[]
  readonly maxBatch: number
  readonly budgetRows: number
}

const delays: fc.Arbitrary<Delays> = fc.record({
  splits: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 12 }),
  answers: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
  maxBatch: fc.constantFrom(1, 2, 500),
  budgetRows: fc.constantFrom(1, 4, 1024),
})

/** Lets promises settle. */
const turn = (): Promise<void> => new Promise(setImmediate)

class LateTable implements LookupSource {
  readonly maxBatch: number
  readonly open: (() => void)[] = []
  readonly #source: LookupSource

  constructor({ table }: Lookup, maxBatch: number) {
    this.#source = endlessSource(table)
    this.maxBatch = maxBatch
  }

  query(...args: Parameters<LookupSource['query']>): Promise<LookupAnswer> {
    const answer = this.#source.query(...args) as LookupAnswer
    return new Promise(resolve => this.open.push(() => resolve(answer)))
  }

  async answer(number: number): Promise<void> {
    const [one] = this.open.splice(number % Math.max(1, this.open.length), 1)
    one?.()
    await turn()
  }
}

async function resultsOf(
  plan: LogicalNode,
  lookup: Lookup,
  given: readonly ModelRow[],
  { splits, answers, maxBatch, budgetRows }: Delays,
) {
  const late = new LateTable(lookup, maxBatch)
  const query = compile(new Stream<Columns>(plan), { limits: { ...smallLimits, budgetRows } })
  const found: string[] = []
  const live = query.open(
    batch => found.push(...rowsOf(query.schema, batch).map(row => textOf(row as ModelRow))),
    { tables: { [lookup.table.name]: late }, warmUp: false },
  )
  for (const [i, part] of partsOf(given, splits).entries()) {
    live.push(batchFromRows(schema, part))
    for (let n = answers[i % answers.length]; n > 0; n--) await late.answer(i + n)
  }
  live.end()
  for (let n = 0; late.open.length > 0; n++) await late.answer(n)
  await live.settled()
  return { found, counters: live.counters }
}

const read = source('s', schema, { column: 'ts', delayTicks: 1n })

const isLookup = (node: LogicalNode): node is Lookup => node.kind === 'lookup'

/** The rows of windows by what was found. */
function windowed(node: Lookup): LogicalNode {
  const spec = { kind: 'tumble' as const, column: 'ts', sizeTicks: 4n, offsetTicks: 0n }
  const calls = [{ name: 'rows', call: aggregateCall('count') }]
  return aggregate(window(node, spec), ['title'], calls, ON_CLOSE)
}

test('rows in order, and windows behind them', () =>
  fc.assert(
    fc.asyncProperty(lookupsIn(read, 'dim', fc.constant(true)), rows, delays, async (node, given, how) => {
      fc.pre(isLookup(node))
      for (const plan of [node, windowed(node)]) {
        const model = runModel(plan, given)
        const { found, counters } = await resultsOf(plan, node, given, how)
        assert.deepEqual(found, model.rows.map(textOf))
        assert.equal(counters.late, BigInt(model.late.length))
      }
    }),
    { numRuns: runs(60), ...sameSeed },
  ))

test('rows in any order', () =>
  fc.assert(
    fc.asyncProperty(lookupsIn(read, 'dim', fc.constant(false)), rows, delays, async (node, given, how) => {
      fc.pre(isLookup(node))
      const { found } = await resultsOf(node, node, given, how)
      assert.deepEqual(found.toSorted(), runModel(node, given).rows.map(textOf).toSorted())
    }),
    { numRuns: runs(60), ...sameSeed },
  ))
