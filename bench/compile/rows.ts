/**
 * Rows one by one and by the thousand, as the compiler bench of laminar-core 0.18 has them (EventRow, submit_row):
 * with expressions that are really compiled, on every tier. Its checkpoint barriers have no counterpart here yet.
 */
import {
  type Columns,
  compile,
  type LiveQuery,
  type Stream,
  source,
  type Tier,
  t,
  tumble,
} from '../../compiler/index.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import { erase } from '../lib/kernel-case.ts'
import type { Subject } from '../lib/subject.ts'

const ROWS = 1024
const START = 1_700_000_000_000n

interface Row {
  ts: bigint
  readonly val: number
}

const events = source('events', { ts: t.timestamp('ms'), val: t.float64 }, { time: 'ts' })
const newRows = (): Row[] => Array.from({ length: ROWS }, (_, i) => ({ ts: START + BigInt(i), val: i % 100 }))

const emitting = erase(events.where(e => e.val.ge(0)).select(e => ({ ts: e.ts, doubled: e.val.mul(2) })))
const dropping = erase(events.where(e => e.val.lt(0)).select(e => ({ ts: e.ts, doubled: e.val.mul(2) })))
const counting = erase(
  events
    .window(tumble('ts', '1s'))
    .groupBy()
    .agg((e, a) => ({ rows: a.count(), total: a.sum(e.val) })),
)

/** Rows that came out; everybody counts them. */
interface Count {
  emitted: number
}

type Work = (count: Count) => Promise<Pick<Subject, 'pass' | 'rewind'>>

export interface RowCase {
  readonly name: string
  readonly subjects: Readonly<Record<string, Work>>
}

async function opened(stream: Stream<Columns>, tier: Tier, count: Count): Promise<LiveQuery> {
  const live = compile(stream).open(
    batch => {
      count.emitted += batch.numRows
    },
    { tier },
  )
  await live.warm(newRows())
  if (live.tier !== tier) throw new Error(`the plan runs on ${live.tier} and not on ${tier}`)
  return live
}

/** Every row is a push of its own. */
const submitEach =
  (stream: Stream<Columns>, tier: Tier): Work =>
  async count => {
    const live = await opened(stream, tier, count)
    const pushes = newRows().map(row => [row])
    return {
      pass() {
        for (const one of pushes) live.push(one)
      },
    }
  }

const submitAll =
  (stream: Stream<Columns>, tier: Tier): Work =>
  async count => {
    const live = await opened(stream, tier, count)
    const rows = newRows()
    return { pass: () => live.push(rows) }
  }

/** The watermark closes the window that the rows lie in; those of the next pass lie in the next. */
const submitAndAdvance =
  (tier: Tier): Work =>
  async count => {
    const live = await opened(counting, tier, count)
    const rows = newRows()
    let end = START + 2000n
    return {
      rewind() {
        end += 2000n
        for (const row of rows) row.ts += 2000n
      },
      pass() {
        live.push(rows)
        live.advanceTo(end)
      },
    }
  }

const handEach =
  (isWanted: (row: Row) => boolean): Work =>
  async count => {
    const rows = newRows()
    const sink = (result: { readonly ts: bigint; readonly doubled: number }): void => {
      if (result.doubled >= 0) count.emitted++
    }
    return {
      pass() {
        for (const row of rows) if (isWanted(row)) sink({ ts: row.ts, doubled: row.val * 2 })
      },
    }
  }

const handWindow: Work = async count => {
  const rows = newRows()
  const windows = new Map<bigint, { rows: number; total: number }>()
  return {
    rewind() {
      for (const row of rows) row.ts += 2000n
    },
    pass() {
      for (const row of rows) {
        const start = row.ts / 1000n
        const window = windows.get(start)
        if (window) {
          window.rows++
          window.total += row.val
        } else windows.set(start, { rows: 1, total: row.val })
      }
      count.emitted += windows.size
      windows.clear()
    },
  }
}

const tiers: readonly Tier[] = ['js', 'native', 'interp']
const onTiers = (work: (tier: Tier) => Work): Readonly<Record<string, Work>> =>
  Object.fromEntries(tiers.map(tier => [tier, work(tier)]))

const { schema } = events

export const rowCases: readonly RowCase[] = [
  {
    name: 'submit-emit',
    subjects: { ...onTiers(tier => submitEach(emitting, tier)), 'hand-js': handEach(row => row.val >= 0) },
  },
  {
    name: 'submit-drop',
    subjects: { ...onTiers(tier => submitEach(dropping, tier)), 'hand-js': handEach(row => row.val < 0) },
  },
  {
    name: 'submit-1024',
    subjects: { ...onTiers(tier => submitAll(emitting, tier)), 'hand-js': handEach(row => row.val >= 0) },
  },
  {
    name: 'submit-1024-watermark',
    subjects: { ...onTiers(submitAndAdvance), 'hand-js': handWindow },
  },
  {
    name: 'rows-to-batch',
    subjects: {
      engine: async count => {
        const rows = newRows()
        return {
          pass() {
            count.emitted += batchFromRows(schema, rows).numRows
          },
        }
      },
      'hand-js': async count => {
        const rows = newRows()
        return {
          pass() {
            const columns = { ts: new BigInt64Array(ROWS), val: new Float64Array(ROWS) }
            for (let i = 0; i < ROWS; i++) {
              columns.ts[i] = rows[i].ts
              columns.val[i] = rows[i].val
            }
            count.emitted += columns.val.length
          },
        }
      },
    },
  },
  {
    name: 'batch-to-rows',
    subjects: {
      engine: async count => {
        const batch = batchFromRows(schema, newRows())
        return {
          pass() {
            count.emitted += rowsOf(schema, batch).length
          },
        }
      },
      'hand-js': async count => {
        const rows = newRows()
        const columns = {
          ts: BigInt64Array.from(rows, row => row.ts),
          val: Float64Array.from(rows, row => row.val),
        }
        return {
          pass() {
            const found = Array.from({ length: ROWS }, (_, i) => ({ ts: columns.ts[i], val: columns.val[i] }))
            count.emitted += found.length
          },
        }
      },
    },
  },
]

/** The subjects of a case, each with a count of its own. */
export const subjectsOf = (
  { subjects }: RowCase,
  wanted: (name: string) => boolean,
): Promise<readonly Subject[]> =>
  Promise.all(
    Object.entries(subjects)
      .filter(([name]) => wanted(name))
      .map(([name, work]) => subjectOf(name, work)),
  )

async function subjectOf(name: string, work: Work): Promise<Subject> {
  const count: Count = { emitted: 0 }
  const { pass, rewind } = await work(count)
  return {
    name,
    rows: ROWS,
    ...(rewind && { rewind }),
    /** What is compared is the number of rows that came out. */
    async answer() {
      rewind?.()
      count.emitted = 0
      await pass()
      return [[count.emitted]]
    },
    pass() {
      count.emitted = 0
      return pass()
    },
    get emitted() {
      return count.emitted
    },
  }
}
