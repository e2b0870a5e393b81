/**
 * Queries for what comes first: the hottest auctions, the highest bids, the latest ones. `q5` and `q7` are asked by rank and not
 * by a join with the maximum, as in RisingWave's variants: a source is read once.
 */
import { hop, tumble } from '../../compiler/index.ts'
import { erase } from '../lib/kernel-case.ts'
import type { NexmarkCase } from './case.ts'
import { bidsWithin, WITHIN } from './joins.ts'
import { bids } from './streams.ts'

const sources = ['bids'] as const

/** How many bids each auction has in ten seconds, every two of them. */
const counts = bids
  .window(hop('dateTime', '10s', '2s'))
  .groupBy('auction')
  .agg((_b, a) => ({ bids: a.count() }))
  .select(r => ({ start: r.window_start, end: r.window_end, auction: r.auction, bids: r.bids }))

export const rankCases: readonly NexmarkCase[] = [
  {
    name: 'q5',
    about: 'the auctions with the most bids in ten seconds, every two of them',
    sources,
    stream: erase(
      counts
        .window(tumble('start', '2s'))
        .rank({ orderBy: [{ column: 'bids', descending: true }], limit: 1, by: 'rank', emit: 'close' })
        .select(r => ({ auction: r.auction, bids: r.bids, start: r.start, end: r.end })),
    ),
    sql: `with spread as (select auction, (dateTime // 2000 - part) * 2000 as start from bids, range(5) parts(part)),
      counted as (select start, auction, count(*) as bids from spread group by start, auction),
      ranked as (select *, rank() over (partition by start order by bids desc) as place from counted)
      select auction, bids, start, start + 10000 from ranked where place = 1`,
  },
  {
    name: 'q7',
    about: 'the highest bids of each ten seconds',
    sources,
    stream: erase(
      bids
        .window(tumble('dateTime', '10s'))
        .rank({ orderBy: [{ column: 'price', descending: true }], limit: 1, by: 'rank', emit: 'close' })
        .select(r => ({ auction: r.auction, bidder: r.bidder, price: r.price, at: r.dateTime })),
    ),
    sql: `with ranked as (
        select *, rank() over (partition by dateTime // 10000 order by price desc) as place from bids
      ) select auction, bidder, price, dateTime from ranked where place = 1`,
  },
  {
    name: 'q9',
    rows: 1 << 18,
    about: 'the winning bid of each auction, as changes',
    sources: ['auctions', 'bids'],
    stream: erase(
      bidsWithin
        .rank({
          partitionBy: ['id'],
          orderBy: [{ column: 'price', descending: true }, 'right_dateTime'],
          limit: 1,
        })
        .select(r => ({
          id: r.id,
          item: r.itemName,
          seller: r.seller,
          price: r.price,
          at: r.right_dateTime,
        })),
    ),
    sql: `with ranked as (
        select a.id, a.itemName, a.seller, b.price, b.dateTime as placed,
          row_number() over (partition by a.id order by b.price desc, b.dateTime) as place from ${WITHIN}
      ) select id, itemName, seller, price, placed from ranked where place = 1`,
  },
  {
    name: 'q18',
    about: 'the latest bid of each bidder on each auction, as changes',
    sources,
    stream: erase(
      bids
        .lastBy(['bidder', 'auction'], 'dateTime')
        .select(r => ({ auction: r.auction, bidder: r.bidder, at: r.dateTime })),
    ),
    sql: 'select auction, bidder, max(dateTime) from bids group by auction, bidder',
  },
  {
    name: 'q19',
    about: 'the ten highest bids of each auction with their places, as changes',
    sources,
    stream: erase(
      bids
        .rank({
          partitionBy: ['auction'],
          orderBy: [{ column: 'price', descending: true }],
          limit: 10,
          as: 'place',
        })
        .select(r => ({ auction: r.auction, price: r.price, place: r.place })),
    ),
    sql: `with ranked as (
        select *, row_number() over (partition by auction order by price desc) as place from bids
      ) select auction, price, place from ranked where place <= 10`,
  },
]
