/**
 * The events of Nexmark: persons who register, auctions that they open, bids on these, in the shares 1 : 3 : 46. An event is
 * a function of a seed and its number, so that any piece of the stream can be made on its own, and twice the same.
 *
 * As in the reference generator (nexmark-flink): shares, first ids, hot keys, prices, lengths of auctions, times, and the
 * order within groups that are out of order. Otherwise:
 * - chance is seeded by the event; the reference has no seed, and no two runs are the same;
 * - the first id of persons is added to bidders once, as in Beam; the reference adds it twice, so that the bidders of the
 *   first events are nobody;
 * - `extra` has the letters a to z; the reference takes the remainder of negative numbers, too, and has a few signs more;
 * - times start at 2015-07-15, as in Beam, and not at the time of the run.
 */
import type { Data } from '../lib/data.ts'
import { auctionsOf } from './auctions.ts'
import { bidsOf } from './bids.ts'
import { adjusted, kindOf, type NexmarkOptions } from './events.ts'
import { personsOf } from './persons.ts'

export interface NexmarkEvents {
  readonly persons: Data
  readonly auctions: Data
  readonly bids: Data
}

/** So many events from one on, by kind; each kind in the order of the stream. */
export function generate(options: NexmarkOptions, first: number, events: number): NexmarkEvents {
  const kinds = { persons: [] as number[], auctions: [] as number[], bids: [] as number[] }
  for (let i = first; i < first + events; i++) {
    const event = adjusted(i, options.outOfOrderGroup)
    kinds[kindOf(event)].push(event)
  }
  return {
    persons: personsOf(kinds.persons, options),
    auctions: auctionsOf(kinds.auctions, options),
    bids: bidsOf(kinds.bids, options),
  }
}

/** So many bids, and nothing else. */
export function generateBids(options: NexmarkOptions, bids: number): Data {
  const events: number[] = []
  for (let i = 0; events.length < bids; i++) {
    const event = adjusted(i, options.outOfOrderGroup)
    if (kindOf(event) === 'bids') events.push(event)
  }
  return bidsOf(events, options)
}
