/** Queries that join: persons with their auctions, auctions with their bids. */
import { memoryTable, t, table, tumble } from '../../compiler/index.ts'
import { erase } from '../lib/kernel-case.ts'
import type { NexmarkCase } from './case.ts'
import { auctions, bids, persons } from './streams.ts'

/** More than there are of either side in a run: nothing bounds the times of these joins. */
const MAX_ROWS = 1 << 21
const WINDOW_MS = 10_000

/** The side input: a row for each remainder of an auction. */
const SIDE_ROWS = 10_000
const side = table('side', { key: t.int64, value: t.int64 }, { key: ['key'] })
const sideRows = Array.from({ length: SIDE_ROWS }, (_, i) => ({ key: BigInt(i), value: BigInt(i) }))

/** Bids of an auction while it is open. */
export const bidsWithin = auctions.join(
  bids,
  (auction, bid) => auction.id.eq(bid.auction).and(bid.dateTime.between(auction.dateTime, auction.expires)),
  { maxRows: MAX_ROWS },
)

export const WITHIN = `auctions a join bids b on a.id = b.auction and b.dateTime between a.dateTime and a.expires`

export const joinCases: readonly NexmarkCase[] = [
  {
    name: 'q3',
    about: 'who sells in three states: auctions of a category with their sellers',
    sources: ['persons', 'auctions'],
    stream: erase(
      auctions
        .where(a => a.category.eq(10))
        .join(
          persons.where(p => p.state.in(['OR', 'ID', 'CA'])),
          (auction, person) => auction.seller.eq(person.id),
          { maxRows: MAX_ROWS },
        )
        .select(r => ({ name: r.name, city: r.city, state: r.state, id: r.id })),
    ),
    sql: `select p.name, p.city, p.state, a.id from auctions a join persons p on a.seller = p.id
      where a.category = 10 and p.state in ('OR', 'ID', 'CA')`,
  },
  {
    name: 'q4',
    about: 'the average of the winning prices of a category',
    sources: ['auctions', 'bids'],
    stream: erase(
      bidsWithin
        .groupBy('id', 'category')
        .agg((r, a) => ({ final: a.max(r.price) }), { emit: 'changelog' })
        .groupBy('category')
        .agg((r, a) => ({ average: a.avg(r.final) })),
    ),
    sql: `select category, avg(final) from (
        select a.id, a.category, max(b.price) as final from ${WITHIN} group by a.id, a.category
      ) group by category`,
  },
  {
    name: 'q8',
    about: 'persons who registered and opened an auction in the same ten seconds',
    sources: ['persons', 'auctions'],
    stream: erase(
      persons
        .window(tumble('dateTime', `${WINDOW_MS}ms`))
        .distinct('id', 'name')
        .join(auctions.window(tumble('dateTime', `${WINDOW_MS}ms`)).distinct('seller'), (person, auction) =>
          person.id.eq(auction.seller).and(person.window_start.eq(auction.window_start)),
        )
        .select(r => ({ id: r.id, name: r.name, start: r.window_start })),
    ),
    sql: `select distinct p.id, p.name, p.dateTime // ${WINDOW_MS} * ${WINDOW_MS} as start from persons p join auctions a
      on p.id = a.seller and p.dateTime // ${WINDOW_MS} = a.dateTime // ${WINDOW_MS}`,
  },
  {
    name: 'q13',
    about: 'bids with what a table outside says of their auction',
    sources: ['bids'],
    tables: { side: memoryTable(side, sideRows) },
    stream: erase(
      bids
        .with(b => ({ key: b.auction.mod(SIDE_ROWS) }))
        .lookup(side, { key: 'key' })
        .select(r => ({
          auction: r.auction,
          bidder: r.bidder,
          price: r.price,
          at: r.dateTime,
          value: r.value,
        })),
    ),
    sql: `select auction, bidder, price, dateTime, auction % ${SIDE_ROWS} from bids`,
  },
  {
    name: 'q20',
    about: 'bids with what is known of their auction, of one category',
    sources: ['auctions', 'bids'],
    stream: erase(
      bids
        .join(
          auctions.where(a => a.category.eq(10)),
          (bid, auction) => bid.auction.eq(auction.id),
          { maxRows: MAX_ROWS },
        )
        .select(r => ({
          auction: r.auction,
          bidder: r.bidder,
          price: r.price,
          channel: r.channel,
          url: r.url,
          at: r.dateTime,
          item: r.itemName,
          description: r.description,
          initialBid: r.initialBid,
          reserve: r.reserve,
          opened: r.right_dateTime,
          expires: r.expires,
          seller: r.seller,
          category: r.category,
        })),
    ),
    sql: `select b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, a.itemName, a.description, a.initialBid,
      a.reserve, a.dateTime, a.expires, a.seller, a.category
      from bids b join auctions a on b.auction = a.id where a.category = 10`,
  },
]
