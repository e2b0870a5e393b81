/** Bids: auction, bidder, price, channel, url, dateTime, extra. */
import type { Data } from '../lib/data.ts'
import { Chance } from './chance.ts'
import { LongColumn, TextWriter } from './columns.ts'
import { FIRST_AUCTION, FIRST_PERSON, type NexmarkOptions, timeOf } from './events.ts'
import { auctionOfBid, bidderOf, priceOf } from './keys.ts'

/** One bid of so many comes through a channel that is not hot. */
const HOT_CHANNELS = 2
const CHANNELS = 10_000
const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple'] as const
/** Bytes of a bid without its texts, and of a bid on average. */
const FIXED_BYTES = 32
const AVERAGE_BYTES = 100

interface Channel {
  readonly name: Uint8Array
  readonly url: Uint8Array
}

export function bidsOf(events: readonly number[], options: NexmarkOptions): Data {
  const rows = events.length
  const chance = new Chance(options.seed)
  const channels = channelsOf(options.seed)
  const [auction, bidder, price] = ['auction', 'bidder', 'price'].map(name => new LongColumn(name, rows))
  const [channel, url, extra] = ['channel', 'url', 'extra'].map(name => new TextWriter(name, rows, 80))
  const dateTime = new LongColumn('dateTime', rows, 'timestamp[ms]')
  for (const event of events) {
    chance.start(event)
    auction.push(auctionOfBid(chance, event) + FIRST_AUCTION)
    bidder.push(bidderOf(chance, event) + FIRST_PERSON)
    price.push(priceOf(chance))
    const through = chance.below(HOT_CHANNELS) > 0 ? chance.below(hotChannels.length) : coldOf(chance)
    channel.put(channels[through].name)
    url.put(channels[through].url)
    dateTime.push(timeOf(event, options))
    extra.fill(chance, FIXED_BYTES, AVERAGE_BYTES)
    for (const text of [channel, url, extra]) text.end()
  }
  return { rows, columns: [auction, bidder, price, channel, url, dateTime, extra].map(one => one.done()) }
}

const coldOf = (chance: Chance): number => hotChannels.length + chance.below(CHANNELS)

/** Each channel has one url; nine of ten of those that are not hot name it. */
function channelsOf(seed: number): readonly Channel[] {
  const chance = new Chance(~seed)
  const names = [...hotChannels, ...Array.from({ length: CHANNELS }, (_, i) => `channel-${i}`)]
  return names.map((name, n) => {
    chance.start(n)
    const path = [0, 1, 2].map(() => word(chance)).join('/')
    const number = n - hotChannels.length
    const id = number >= 0 && chance.below(10) > 0 ? `&channel_id=${Math.abs(reversed(number))}` : ''
    const url = `https://www.nexmark.com/${path}/item.htm?query=1${id}`
    return { name: Buffer.from(name), url: Buffer.from(url) }
  })
}

/** 3 or 4 letters, some of them underscores. */
function word(chance: Chance): string {
  const letters = Array.from({ length: 3 + chance.below(2) }, () =>
    chance.below(13) === 0 ? '_' : String.fromCharCode(97 + chance.below(26)),
  )
  return letters.join('')
}

/** The 32 bits of a number from the last to the first, as a signed one. */
function reversed(number: number): number {
  let bits = 0
  for (let i = 0; i < 32; i++) bits = (bits << 1) | ((number >>> i) & 1)
  return bits
}
