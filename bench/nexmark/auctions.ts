/** Auctions: id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra. */
import type { Data } from '../lib/data.ts'
import { Chance } from './chance.ts'
import { LongColumn, TextWriter } from './columns.ts'
import {
  AUCTIONS,
  CATEGORIES,
  FIRST_AUCTION,
  FIRST_CATEGORY,
  FIRST_PERSON,
  lastAuction,
  type NexmarkOptions,
  SHARES,
  timeOf,
} from './events.ts'
import { AUCTIONS_IN_FLIGHT, priceOf, sellerOf } from './keys.ts'

const ITEM_LETTERS = 20
const DESCRIPTION_LETTERS = 100
const FIXED_BYTES = 64
const AVERAGE_BYTES = 500

export function auctionsOf(events: readonly number[], options: NexmarkOptions): Data {
  const rows = events.length
  const chance = new Chance(options.seed)
  const longs = ['id', 'initialBid', 'reserve', 'seller', 'category'].map(name => new LongColumn(name, rows))
  const [id, initialBid, reserve, seller, category] = longs
  const [dateTime, expires] = ['dateTime', 'expires'].map(name => new LongColumn(name, rows, 'timestamp[ms]'))
  const [itemName, description, extra] = ['itemName', 'description', 'extra'].map(
    name => new TextWriter(name, rows, 100),
  )
  for (const event of events) {
    chance.start(event)
    id.push(lastAuction(event) + FIRST_AUCTION)
    itemName.words(chance, ITEM_LETTERS)
    description.words(chance, DESCRIPTION_LETTERS)
    const first = priceOf(chance)
    initialBid.push(first)
    reserve.push(first + priceOf(chance))
    const at = timeOf(event, options)
    dateTime.push(at)
    expires.push(at + lengthOf(chance, event, at, options))
    seller.push(sellerOf(chance, event) + FIRST_PERSON)
    category.push(FIRST_CATEGORY + chance.below(CATEGORIES))
    extra.fill(chance, FIXED_BYTES + itemName.end() + description.end(), AVERAGE_BYTES)
    extra.end()
  }
  const columns = [id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra]
  return { rows, columns: columns.map(one => one.done()) }
}

/** So long that about as many are open at any time as are in flight. */
function lengthOf(chance: Chance, event: number, at: number, options: NexmarkOptions): number {
  const ahead = Math.floor((AUCTIONS_IN_FLIGHT * SHARES) / AUCTIONS)
  const horizon = timeOf(event + ahead, options) - at
  return 1 + chance.below(Math.max(2 * horizon, 1))
}
