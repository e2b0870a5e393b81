/**
 * The rows of the highest score: ten of each of a thousand keys with their ranks, which move with every row that enters, and a
 * hundred of all without. Scores rise with time, as those of what is in fashion do: so rows go on entering.
 */
import { source, t } from '../../compiler/index.ts'
import { type Data, ints, longs, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'

const ROWS = 1 << 18
const KEYS = 1000
const START = 1_700_000_000_000
/** Rows that come that much later come first in any case. */
const SPREAD = 100_000
const RESULTS_PER_ROW = 6

const offers = source('offers', { score: t.timestamp('ms'), key: t.int32, amount: t.int64 })

const dataOf =
  (keys: number): CodedCase['data'] =>
  (rows, random) => ({
    rows,
    columns: [
      longs('score', rows, i => START + i + random(SPREAD), 'timestamp[ms]'),
      ints('key', rows, () => random(keys)),
      longs('amount', rows, () => random(100_000)),
    ],
  })

const buffersOf = (owners: number, limit: number, tellsRanks: boolean) => (data: Data) => {
  const score = valuesOf(data, 'score', 'timestamp[ms]')
  const results = RESULTS_PER_ROW * data.rows
  return {
    score,
    /** Scores by their words: a bigint for each row would be garbage. */
    scoreWords: new Int32Array(score.buffer, score.byteOffset, score.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Owners, rows of each, and whether ranks are told. */
    asked: Int32Array.of(owners, limit, tellsRanks ? 1 : 0),
    /** Of each owner its rows, the first one first, and how many they are. */
    kept: new Float64Array(owners * limit),
    keptKey: new Int32Array(owners * limit),
    keptAmount: new BigInt64Array(owners * limit),
    counts: new Int32Array(owners),
    resultScore: new Float64Array(results),
    resultKey: new Int32Array(results),
    resultAmount: new BigInt64Array(results),
    resultRank: new Int32Array(results),
    resultOp: new Int32Array(results),
    out: new Int32Array(1),
  }
}

type Buffers = ReturnType<ReturnType<typeof buffersOf>>

/** Keys are small numbers, which the engine does not know: it looks them up. */
function byHand(b: Buffers) {
  const { scoreWords, key, amount, asked, kept, keptKey, keptAmount, counts, out } = b
  const { resultScore, resultKey, resultAmount, resultRank, resultOp } = b
  const tell = (at: number, rank: number, op: number): void => {
    const n = out[0]++
    resultScore[n] = kept[at]
    resultKey[n] = keptKey[at]
    resultAmount[n] = keptAmount[at]
    resultRank[n] = rank
    resultOp[n] = op
  }
  return {
    run(from: number, to: number) {
      const [owners, limit, tellsRanks] = asked
      for (let i = from; i < to; i++) {
        const owner = owners === 1 ? 0 : key[i]
        const first = owner * limit
        const count = counts[owner]
        const value = scoreWords[2 * i + 1] * 4294967296 + (scoreWords[2 * i] >>> 0)
        const isFull = count === limit
        if (isFull && value <= kept[first + limit - 1]) continue
        let place = count
        if (isFull) tell(first + --place, limit, tellsRanks ? 1 : 2)
        else counts[owner]++
        while (place > 0 && kept[first + place - 1] < value) {
          const at = first + place
          if (tellsRanks) tell(at - 1, place, 2)
          kept[at] = kept[at - 1]
          keptKey[at] = keptKey[at - 1]
          keptAmount[at] = keptAmount[at - 1]
          place--
          if (tellsRanks) tell(at, place + 2, 3)
        }
        kept[first + place] = value
        keptKey[first + place] = key[i]
        keptAmount[first + place] = amount[i]
        tell(first + place, place + 1, isFull && !tellsRanks ? 3 : 0)
      }
    },
    end() {},
  }
}

interface Asked {
  readonly name: string
  readonly about: string
  readonly owners: number
  readonly limit: number
  readonly stream: CodedCase['stream']
}

const caseOf = ({ name, about, owners, limit, stream }: Asked, tellsRanks: boolean): CodedCase => ({
  name,
  about,
  rows: ROWS,
  data: dataOf(KEYS),
  time: { column: 'score', ticks: BigInt(ROWS) },
  stream,
  rival: rival({
    buffers: buffersOf(owners, limit, tellsRanks),
    hand: byHand,
    cFile: 'ranking/top.c',
    results: ({ resultScore, resultKey, resultAmount, resultRank, resultOp, out }) =>
      Array.from({ length: out[0] }, (_, i) => [
        resultScore[i],
        resultKey[i],
        resultAmount[i],
        ...(tellsRanks ? [resultRank[i]] : []),
        resultOp[i],
      ]),
  }),
})

const byScore = [{ column: 'score', descending: true }] as const

export const topOfEach = caseOf(
  {
    name: 'top-10-of-1k',
    about: `${KEYS} keys, the ten rows of the highest score of each, with their ranks`,
    owners: KEYS,
    limit: 10,
    stream: erase(offers.rank({ partitionBy: ['key'], orderBy: byScore, limit: 10, as: 'rank' })),
  },
  true,
)

export const topOfAll = caseOf(
  {
    name: 'top-100',
    about: 'the hundred rows of the highest score',
    owners: 1,
    limit: 100,
    stream: erase(offers.rank({ orderBy: byScore, limit: 100 })),
  },
  false,
)
