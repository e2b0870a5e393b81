/** Queries that group bids: in windows, and by the day so far. */
import { type AggregatesOf, type ExprOf, session, tumble } from '../../compiler/index.ts'
import { erase } from '../lib/kernel-case.ts'
import type { NexmarkCase } from './case.ts'
import { arrivingBids, bids } from './streams.ts'

const sources = ['bids'] as const
const GAP_MS = 10_000
/** Eight sets of distinct values are looked into for each row. */
const COSTLY_ROWS = 1 << 15

/** The three ranks of bids, by their price. */
const CHEAP = 10_000
const DEAR = 1_000_000

const daily = bids.with(b => ({ day: b.dateTime.dateFormat('yyyy-MM-dd') }))
const DAY = `strftime(epoch_ms(dateTime), '%Y-%m-%d')`

type Number64 = ExprOf<'int64', false, 'row'>

interface BidColumns {
  readonly auction: Number64
  readonly bidder: Number64
  readonly price: Number64
}

const ranksOf = ({ price }: BidColumns) => [
  price.lt(CHEAP),
  price.ge(CHEAP).and(price.lt(DEAR)),
  price.ge(DEAR),
]

function bidsByRank(b: BidColumns, a: AggregatesOf) {
  const [first, second, third] = ranksOf(b)
  return {
    bids: a.count(),
    rank1Bids: a.count({ where: first }),
    rank2Bids: a.count({ where: second }),
    rank3Bids: a.count({ where: third }),
  }
}

function distinctByRank(b: BidColumns, a: AggregatesOf) {
  const [first, second, third] = ranksOf(b)
  return {
    bidders: a.countDistinct(b.bidder),
    rank1Bidders: a.countDistinct(b.bidder, { where: first }),
    rank2Bidders: a.countDistinct(b.bidder, { where: second }),
    rank3Bidders: a.countDistinct(b.bidder, { where: third }),
    auctions: a.countDistinct(b.auction),
    rank1Auctions: a.countDistinct(b.auction, { where: first }),
    rank2Auctions: a.countDistinct(b.auction, { where: second }),
    rank3Auctions: a.countDistinct(b.auction, { where: third }),
  }
}

const byRank = (what: string): string =>
  ['true', `price < ${CHEAP}`, `price >= ${CHEAP} and price < ${DEAR}`, `price >= ${DEAR}`]
    .map(rank => `${what} filter (where ${rank})`)
    .join(', ')

const BIDS = byRank('count(*)')
const DISTINCT = `${byRank('count(distinct bidder)')}, ${byRank('count(distinct auction)')}`

export const groupCases: readonly NexmarkCase[] = [
  {
    name: 'q11',
    about: 'bids of a bidder in each session',
    sources,
    stream: erase(
      bids
        .window(session('dateTime', `${GAP_MS}ms`))
        .groupBy('bidder')
        .agg((_b, a) => ({ bids: a.count() })),
    ),
    sql: `with marked as (
        select *, dateTime - lag(dateTime) over own >= ${GAP_MS} as starts from bids
        window own as (partition by bidder order by dateTime)
      ), numbered as (
        select *, sum(coalesce(starts, true)::int) over (partition by bidder order by dateTime) as session from marked
      )
      select min(dateTime), max(dateTime) + ${GAP_MS}, bidder, count(*) from numbered group by bidder, session`,
  },
  {
    name: 'q12',
    about: 'bids of a bidder in each ten seconds by the clock',
    sources,
    arrives: true,
    stream: erase(
      arrivingBids
        .window(tumble('arrival', '10s'))
        .groupBy('bidder')
        .agg((_b, a) => ({ bids: a.count() })),
    ),
    sql: `select arrival // 10000 * 10000 as s, s + 10000, bidder, count(*) from bids group by s, bidder`,
  },
  {
    name: 'q15',
    rows: COSTLY_ROWS,
    about: 'bids, bidders and auctions of a day by rank of price; a result with each bid',
    sources,
    latestBy: 1,
    stream: erase(
      daily.groupBy('day').agg((b, a) => ({ ...bidsByRank(b, a), ...distinctByRank(b, a) }), {
        emit: 'update',
      }),
    ),
    sql: `select ${DAY} as day, ${BIDS}, ${DISTINCT} from bids group by day`,
  },
  {
    name: 'q16',
    rows: COSTLY_ROWS,
    about: 'the same by channel and day',
    sources,
    latestBy: 2,
    stream: erase(
      daily
        .with(b => ({ time: b.dateTime.dateFormat('HH:mm') }))
        .groupBy('channel', 'day')
        .agg((b, a) => ({ minute: a.max(b.time), ...bidsByRank(b, a), ...distinctByRank(b, a) }), {
          emit: 'update',
        }),
    ),
    sql: `select channel, ${DAY} as day, max(strftime(epoch_ms(dateTime), '%H:%M')), ${BIDS}, ${DISTINCT}
      from bids group by channel, day`,
  },
  {
    name: 'q17',
    about: 'bids and prices of an auction and day; a result with each bid',
    sources,
    latestBy: 2,
    stream: erase(
      daily.groupBy('auction', 'day').agg(
        (b, a) => ({
          ...bidsByRank(b, a),
          least: a.min(b.price),
          most: a.max(b.price),
          average: a.avg(b.price),
          total: a.sum(b.price),
        }),
        { emit: 'update' },
      ),
    ),
    sql: `select auction, ${DAY} as day, ${BIDS}, min(price), max(price), avg(price), sum(price)::bigint
      from bids group by auction, day`,
  },
]
