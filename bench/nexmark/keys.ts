/** Which person and which auction an event is about: mostly a hot one, else one of those that are active. */
import type { Chance } from './chance.ts'
import { lastAuction, lastPerson } from './events.ts'

/** One of so many is not hot. */
const HOT_AUCTIONS = 2
const HOT_SELLERS = 4
const HOT_BIDDERS = 4
/** The hot one changes with each so many. */
const HOT_STEP = 100
const ACTIVE_PERSONS = 1000
export const AUCTIONS_IN_FLIGHT = 100
/** So many that are not there yet may be named as well. */
const LEAD = 10

const hot = (last: number): number => Math.floor(last / HOT_STEP) * HOT_STEP

function anyPerson(chance: Chance, event: number): number {
  const persons = lastPerson(event) + 1
  const active = Math.min(persons, ACTIVE_PERSONS)
  return persons - active + chance.below(active + LEAD)
}

function anyAuction(chance: Chance, event: number): number {
  const last = lastAuction(event)
  const least = Math.max(last - AUCTIONS_IN_FLIGHT, 0)
  return least + chance.below(last - least + 1 + LEAD)
}

/** All of them are numbers from 0. */
export const auctionOfBid = (chance: Chance, event: number): number =>
  chance.below(HOT_AUCTIONS) > 0 ? hot(lastAuction(event)) : anyAuction(chance, event)

export const bidderOf = (chance: Chance, event: number): number =>
  chance.below(HOT_BIDDERS) > 0 ? hot(lastPerson(event)) + 1 : anyPerson(chance, event)

export const sellerOf = (chance: Chance, event: number): number =>
  chance.below(HOT_SELLERS) > 0 ? hot(lastPerson(event)) : anyPerson(chance, event)

/** In cents: each power of ten is as likely as any other. */
export const priceOf = (chance: Chance): number => Math.round(10 ** (chance.share() * 6) * 100)
