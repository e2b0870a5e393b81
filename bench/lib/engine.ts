/** The whole engine as a user has it: Arrow batches are pushed, results are handed out before the call returns. */
import {
  type Columns,
  type CompiledQuery,
  compile,
  type LiveQuery,
  type LookupSource,
  type Stream,
} from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { Answer, Cell } from './answer.ts'
import { batchesOf } from './arrow-batches.ts'
import { copyData, type Data } from './data.ts'
import type { Subject } from './subject.ts'
import { shiftData, type TimeShift } from './time-shift.ts'

export interface EngineOptions {
  readonly stream: Stream<Columns>
  readonly tier: 'js' | 'native'
  readonly data: Data
  readonly batchRows: number
  readonly time: TimeShift | undefined
  readonly tables?: Readonly<Record<string, LookupSource>>
}

export async function engine({
  stream,
  tier,
  data,
  batchRows,
  time,
  tables = {},
}: EngineOptions): Promise<Subject> {
  const own = time ? copyData(data) : data
  const batches = batchesOf(own, batchRows)
  const query = compile(stream)
  let emitted = 0
  const live = query.open(
    batch => {
      emitted += batch.numRows
    },
    { tier, tables },
  )
  await warm(live, tier, batches[0])
  return {
    name: 'engine',
    tier,
    rows: own.rows,
    answer: () => answerOf(query, { tier, tables }, batches),
    rewind: () => shiftData(own, time),
    pass() {
      emitted = 0
      for (const batch of batches) live.push(batch)
    },
    get emitted() {
      return emitted
    },
  }
}

async function warm(
  live: LiveQuery,
  tier: 'js' | 'native',
  batch: Parameters<LiveQuery['warm']>[0],
): Promise<void> {
  const found = await live.warm(batch)
  if (found !== tier) throw new Error(`the plan runs on ${found} and not on ${tier}`)
}

/** From an instance of its own: the end of the input is the end of an instance. */
async function answerOf(
  query: CompiledQuery<Columns>,
  options: { readonly tier: 'js' | 'native'; readonly tables: Readonly<Record<string, LookupSource>> },
  batches: ReturnType<typeof batchesOf>,
): Promise<Answer> {
  const rows: Cell[][] = []
  const live = query.open(batch => {
    for (const row of rowsOf(query.schema, batch)) rows.push(Object.values(row) as Cell[])
  }, options)
  await warm(live, options.tier, batches[0])
  for (const batch of batches) live.push(batch)
  live.end()
  return rows
}
