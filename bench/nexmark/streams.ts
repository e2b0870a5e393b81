/** The streams of Nexmark as queries read them. */
import { source, t } from '../../compiler/index.ts'

const time = { time: 'dateTime', outOfOrderness: '4s' } as const

export const bids = source(
  'bids',
  {
    auction: t.int64,
    bidder: t.int64,
    price: t.int64,
    channel: t.utf8,
    url: t.utf8,
    dateTime: t.timestamp('ms'),
    extra: t.utf8,
  },
  time,
)

export const auctions = source(
  'auctions',
  {
    id: t.int64,
    itemName: t.utf8,
    description: t.utf8,
    initialBid: t.int64,
    reserve: t.int64,
    dateTime: t.timestamp('ms'),
    expires: t.timestamp('ms'),
    seller: t.int64,
    category: t.int64,
    extra: t.utf8,
  },
  time,
)

export const persons = source(
  'persons',
  {
    id: t.int64,
    name: t.utf8,
    emailAddress: t.utf8,
    creditCard: t.utf8,
    city: t.utf8,
    state: t.utf8,
    dateTime: t.timestamp('ms'),
    extra: t.utf8,
  },
  time,
)

/** Bids with the time at which they arrive, as the clock has it. */
export const arrivingBids = source(
  'bids',
  { bidder: t.int64, arrival: t.timestamp('ms') },
  { time: 'arrival', watermark: 'processing time' },
)
