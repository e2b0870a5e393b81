/**
 * Lookups whose keys are known: what a row costs that finds its key, against a `Map` of JavaScript. Keys are drawn as the cache
 * benches of laminar draw them, n·u^(1/skew), of which 1 is uniform; and by a law of Zipf.
 */
import { type Columns, memoryTable, type Stream, source, t, table } from '../../compiler/index.ts'
import type { Cell } from '../lib/answer.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { type Data, doubles, ints, valuesOf } from '../lib/data.ts'
import { engine } from '../lib/engine.ts'
import { type BenchOptions, roundsOf } from '../lib/options.ts'
import { linesOf } from '../lib/pairs.ts'
import { type Random, seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { timedTiers } from '../windows/tiers.ts'

const ROWS = 1 << 17
const FINE = 2 ** 31

/** A case: how many keys a table has, and which of them a row asks for. */
export interface LookupCase {
  readonly name: string
  readonly keys: number
  readonly draw: (keys: number) => (random: Random) => number
}

const skewed = (skew: number) => (keys: number) => (random: Random) =>
  Math.floor(keys * (random(FINE) / FINE) ** (1 / skew))

/** The k-th key comes as often as 1/k^s says. */
const zipf = (s: number) => (keys: number) => {
  let sum = 0
  const sums = Float64Array.from({ length: keys }, (_, i) => {
    sum += 1 / (i + 1) ** s
    return sum
  })
  return (random: Random): number => {
    const wanted = (random(FINE) / FINE) * sum
    let [low, high] = [0, keys - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle] < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

export const lookups: readonly LookupCase[] = [
  { name: 'lookup-1k-skew-0.5', keys: 1000, draw: skewed(0.5) },
  { name: 'lookup-10k-skew-1', keys: 10_000, draw: skewed(1) },
  { name: 'lookup-10k-skew-1.5', keys: 10_000, draw: skewed(1.5) },
  { name: 'lookup-100k-zipf-1', keys: 100_000, draw: zipf(1) },
]

const prices = table('prices', { id: t.int32, price: t.float64 }, { key: ['id'] })
const stream = source('orders', { item: t.int32, amount: t.float64 })
  .lookup(prices, { item: 'id' }, { cacheRows: 1 << 18 })
  .select(f => ({ amount: f.amount, price: f.price })) as unknown as Stream<Columns>

const priceOf = (id: number): number => (id % 400) / 4

export async function benchLookup(
  { name, keys, draw }: LookupCase,
  batchRows: number,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  report.begin(`${name}, ${batchRows} rows a batch`, options.rounds)
  const random = seededRandom()
  const item = draw(keys)
  const columns = [ints('item', ROWS, () => item(random)), doubles('amount', ROWS, () => random(400) / 4)]
  const data: Data = { rows: ROWS, columns }
  const rows = Array.from({ length: keys }, (_, id) => ({ id, price: priceOf(id) }))
  const subjects: Subject[] = [byMap(data, rows)]
  for (const tier of timedTiers())
    subjects.push(
      await engine({
        stream,
        tier,
        data,
        batchRows,
        time: undefined,
        tables: { prices: memoryTable(prices, rows) },
      }),
    )
  await checkAnswers(name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(name, subjects)
  report.done(linesOf({ bench: 'joins', case: name, batch: batchRows }, [['engine', 'map']], times))
}

/** Columns in, columns out. */
function byMap(data: Data, rows: readonly { readonly id: number; readonly price: number }[]): Subject {
  const known = new Map(rows.map(row => [row.id, row]))
  const [items, amounts] = [valuesOf(data, 'item', 'int32'), valuesOf(data, 'amount', 'float64')]
  const out = { amount: new Float64Array(data.rows), price: new Float64Array(data.rows) }
  let found = 0
  const pass = (): void => {
    found = 0
    for (let i = 0; i < items.length; i++) {
      const row = known.get(items[i])
      if (row === undefined) continue
      out.amount[found] = amounts[i]
      out.price[found] = row.price
      found++
    }
  }
  return {
    name: 'map',
    rows: data.rows,
    async answer() {
      pass()
      return Array.from({ length: found }, (_, i): Cell[] => [out.amount[i], out.price[i]])
    },
    pass,
    get emitted() {
      return found
    },
  }
}
