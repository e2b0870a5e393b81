/** The whole engine on a plan of two sources, `left` and `right`, whose batches are pushed in turn. */
import type { RecordBatch } from 'apache-arrow'
import { type Columns, type CompiledQuery, compile, type LiveQuery } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { Cell } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { copyData, type Data, type DataColumn } from '../lib/data.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftData } from '../lib/time-shift.ts'

const sides = ['left', 'right'] as const
type Side = (typeof sides)[number]
type Batches = Readonly<Record<Side, readonly RecordBatch[]>>

/** The columns of a side: those without a prefix are of both. */
function dataOf({ rows, columns }: Data, side: Side): Data {
  const own = columns.flatMap((column): DataColumn[] => {
    const [of] = column.name.split('_')
    if (of === side) return [{ ...column, name: column.name.slice(side.length + 1) }]
    return of === 'left' || of === 'right' ? [] : [column]
  })
  return { rows, columns: own }
}

export async function twoSided(
  { stream, time }: CodedCase,
  tier: 'js' | 'native',
  data: Data,
  batchRows: number,
): Promise<Subject> {
  const own = copyData(data)
  const batches = {
    left: batchesOf(dataOf(own, 'left'), batchRows),
    right: batchesOf(dataOf(own, 'right'), batchRows),
  }
  const query = compile(stream)
  let emitted = 0
  const live = query.open(
    batch => {
      emitted += batch.numRows
    },
    { tier },
  )
  await warm(live, tier, batches)
  return {
    name: 'engine',
    tier,
    rows: 2 * own.rows,
    answer: () => answerOf(query, tier, batches),
    rewind: () => shiftData(own, time),
    pass() {
      emitted = 0
      pushAll(live, batches)
    },
    get emitted() {
      return emitted
    },
  }
}

function pushAll(live: LiveQuery, batches: Batches): void {
  const [left, right] = sides.map(side => live.source(side))
  for (const [i, batch] of batches.left.entries()) {
    left.push(batch)
    right.push(batches.right[i])
  }
}

async function warm(live: LiveQuery, tier: 'js' | 'native', batches: Batches): Promise<void> {
  for (const side of sides) {
    const found = await live.source(side).warm(batches[side][0])
    if (found !== tier) throw new Error(`the plan runs on ${found} and not on ${tier}`)
  }
}

async function answerOf(
  query: CompiledQuery<Columns>,
  tier: 'js' | 'native',
  batches: Batches,
): Promise<readonly (readonly Cell[])[]> {
  const rows: Cell[][] = []
  const live = query.open(
    batch => {
      for (const row of rowsOf(query.schema, batch)) rows.push(Object.values(row) as Cell[])
    },
    { tier },
  )
  await warm(live, tier, batches)
  pushAll(live, batches)
  live.end()
  return rows
}
