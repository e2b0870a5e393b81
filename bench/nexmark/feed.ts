/** Events as batches, made before any clock starts: in the order in which they are pushed. */
import type { RecordBatch } from 'apache-arrow'
import { batchesOf } from '../lib/arrow-batches.ts'
import { type Data, longs, valuesOf } from '../lib/data.ts'
import type { NexmarkCase, SourceName } from './case.ts'
import { defaultOptions, SHARES } from './events.ts'
import { generate, generateBids } from './generator.ts'

export interface Push {
  readonly source: SourceName
  readonly batch: RecordBatch
  /** What the clock says then, in milliseconds; undefined where nobody asks for it. */
  readonly at: number | undefined
}

export interface Feed {
  /** Rows of all batches. */
  readonly rows: number
  readonly pushes: readonly Push[]
  /** The same rows as tables. */
  readonly tables: Readonly<Partial<Record<SourceName, Data>>>
}

/** A whole number of batches for a query that reads bids alone; else so many events, in pieces of a batch. */
export function feedOf(spec: NexmarkCase, rows: number, batchRows: number): Feed {
  return spec.sources.length === 1 && spec.sources[0] === 'bids'
    ? bidsFeed(spec, rows, batchRows)
    : mixedFeed(spec, rows, batchRows)
}

function bidsFeed({ arrives }: NexmarkCase, rows: number, batchRows: number): Feed {
  const generated = generateBids(defaultOptions, rows)
  const times = valuesOf(generated, 'dateTime', 'timestamp[ms]')
  const arrival = (row: number): number => Number(times[row - (row % batchRows) + batchRows - 1])
  const bids = arrives ? withArrival(generated, arrival) : generated
  const pushes = batchesOf(bids, batchRows).map((batch, n) => ({
    source: 'bids' as const,
    batch,
    at: arrives && arrival(n * batchRows),
  }))
  return { rows, pushes, tables: { bids } }
}

const withArrival = ({ rows, columns }: Data, arrival: (row: number) => number): Data => ({
  rows,
  columns: [
    ...columns.filter(({ name }) => name === 'bidder'),
    longs('arrival', rows, arrival, 'timestamp[ms]'),
  ],
})

/** Each piece of the stream is a batch of each kind: persons, auctions, bids. */
function mixedFeed({ sources }: NexmarkCase, events: number, batchRows: number): Feed {
  const size = Math.floor(batchRows / SHARES) * SHARES
  const pieces = Math.ceil(events / size)
  const all = generate(defaultOptions, 0, pieces * size)
  const perPiece = { persons: all.persons.rows, auctions: all.auctions.rows, bids: all.bids.rows }
  const batches = sources.map(source => ({
    source,
    batches: batchesOf(all[source], perPiece[source] / pieces),
  }))
  const pushes = Array.from({ length: pieces }, (_, n) =>
    batches.map(one => ({ source: one.source, batch: one.batches[n], at: undefined })),
  ).flat()
  const rows = pushes.reduce((sum, { batch }) => sum + batch.numRows, 0)
  return { rows, pushes, tables: Object.fromEntries(sources.map(source => [source, all[source]])) }
}
