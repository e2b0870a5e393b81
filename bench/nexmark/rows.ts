/** Queries that look at each bid on its own. */
import { lit, t, when } from '../../compiler/index.ts'
import { erase } from '../lib/kernel-case.ts'
import type { NexmarkCase } from './case.ts'
import { bids } from './streams.ts'

const CHANNEL_ID = '(&|^)channel_id=([^&]*)'
const sources = ['bids'] as const
const RATE = lit(t.decimal(3, 3), '0.908')

/** Those that do not name their id in the url. */
const namedChannels = { apple: '0', google: '1', facebook: '2', baidu: '3' }

const q21 = bids
  .with(b => ({ lower: b.channel.lower(), found: b.url.regexpExtract(CHANNEL_ID, 2) }))
  .where(b => b.found.isNotNull().or(b.lower.in(Object.keys(namedChannels))))
  .select(b => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.price,
    channel: b.channel,
    channelId: when(b.lower.eq('apple'), lit(t.utf8, namedChannels.apple))
      .when(b.lower.eq('google'), namedChannels.google)
      .when(b.lower.eq('facebook'), namedChannels.facebook)
      .when(b.lower.eq('baidu'), namedChannels.baidu)
      .else(b.found),
  }))

const q14 = bids
  .with(b => ({ discounted: b.price.cast(t.decimal(15)).mul(RATE), hour: b.dateTime.extract('hour') }))
  .where(b => b.discounted.gt('1000000').and(b.discounted.lt('50000000')))
  .select(b => ({
    auction: b.auction,
    bidder: b.bidder,
    price: b.discounted,
    bidTimeType: when(b.hour.between(8, 18), lit(t.utf8, 'dayTime'))
      .when(b.hour.le(6).or(b.hour.ge(20)), 'nightTime')
      .else('otherTime'),
    dateTime: b.dateTime,
    extra: b.extra,
    letters: b.extra.length().sub(b.extra.replace('c', '').length()),
  }))

export const rowCases: readonly NexmarkCase[] = [
  {
    name: 'q0',
    about: 'every bid as it is',
    sources,
    stream: erase(
      bids.select(b => ({
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        dateTime: b.dateTime,
        extra: b.extra,
      })),
    ),
    sql: 'select auction, bidder, price, dateTime, extra from bids',
  },
  {
    name: 'q1',
    about: 'prices in another currency',
    sources,
    stream: erase(
      bids.select(b => ({
        auction: b.auction,
        bidder: b.bidder,
        price: b.price.cast(t.decimal(15)).mul(RATE),
        dateTime: b.dateTime,
        extra: b.extra,
      })),
    ),
    // A decimal comes as its units.
    sql: 'select auction, bidder, 908 * price, dateTime, extra from bids',
  },
  {
    name: 'q2',
    about: 'bids on some auctions',
    sources,
    stream: erase(
      bids.where(b => b.auction.mod(123).eq(0)).select(b => ({ auction: b.auction, price: b.price })),
    ),
    sql: 'select auction, price from bids where auction % 123 = 0',
  },
  {
    name: 'q10',
    about: 'bids with their day and minute as texts',
    sources,
    stream: erase(
      bids.select(b => ({
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        dateTime: b.dateTime,
        extra: b.extra,
        dt: b.dateTime.dateFormat('yyyy-MM-dd'),
        hm: b.dateTime.dateFormat('HH:mm'),
      })),
    ),
    sql: `select auction, bidder, price, dateTime, extra, strftime(epoch_ms(dateTime), '%Y-%m-%d'),
      strftime(epoch_ms(dateTime), '%H:%M') from bids`,
  },
  {
    name: 'q14',
    about: 'bids of some prices, with the time of day and the number of a letter',
    sources,
    stream: erase(q14),
    sql: `select auction, bidder, 908 * price, case
        when extract('hour' from epoch_ms(dateTime)) between 8 and 18 then 'dayTime'
        when extract('hour' from epoch_ms(dateTime)) <= 6 or extract('hour' from epoch_ms(dateTime)) >= 20 then 'nightTime'
        else 'otherTime' end, dateTime, extra, length(extra) - length(replace(extra, 'c', ''))
      from bids where 908 * price > 1000000000 and 908 * price < 50000000000`,
  },
  {
    name: 'q21',
    about: 'the id of the channel, from a regular expression',
    sources,
    stream: erase(q21),
    sql: `select auction, bidder, price, channel, case lower(channel)
        when 'apple' then '0' when 'google' then '1' when 'facebook' then '2' when 'baidu' then '3'
        else regexp_extract(url, '${CHANNEL_ID}', 2) end
      from bids where regexp_matches(url, '${CHANNEL_ID}')
        or lower(channel) in ('apple', 'google', 'facebook', 'baidu')`,
  },
  {
    name: 'q22',
    about: 'three parts of the url',
    sources,
    stream: erase(
      bids.select(b => ({
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        dir1: b.url.splitPart('/', 4),
        dir2: b.url.splitPart('/', 5),
        dir3: b.url.splitPart('/', 6),
      })),
    ),
    sql: `select auction, bidder, price, channel, split_part(url, '/', 4), split_part(url, '/', 5),
      split_part(url, '/', 6) from bids`,
  },
]
