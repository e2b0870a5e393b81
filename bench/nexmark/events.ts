/** The numbers of events: what each is, when it happens, and how many persons and auctions there are by then. */

export interface NexmarkOptions {
  readonly seed: number
  /** Of event time. */
  readonly eventsPerSecond: number
  /** Events of a group whose order is not that of their times; 1 where all are in order. */
  readonly outOfOrderGroup: number
}

export const defaultOptions: NexmarkOptions = { seed: 42, eventsPerSecond: 10_000, outOfOrderGroup: 1 }

/** 2015-07-15 00:00, in milliseconds. */
export const BASE_TIME_MS = 1_436_918_400_000

/** Events of a kind in each 50. */
export const PERSONS = 1
export const AUCTIONS = 3
export const SHARES = 50

export const FIRST_PERSON = 1000
export const FIRST_AUCTION = 1000
export const FIRST_CATEGORY = 10
export const CATEGORIES = 5

/** The number that an event has in place of its own: it says its id and its time. */
export function adjusted(event: number, group: number): number {
  const base = event - (event % group)
  return base + ((event * 953) % group)
}

export const timeOf = (event: number, { eventsPerSecond }: NexmarkOptions): number =>
  BASE_TIME_MS + Math.trunc((event * 1000) / eventsPerSecond)

/** Numbers of persons and of auctions, from 0, that there are by an event. */
export const lastPerson = (event: number): number => Math.floor(event / SHARES) * PERSONS

export function lastAuction(event: number): number {
  const offset = event % SHARES
  const epoch = Math.floor(event / SHARES)
  if (offset < PERSONS) return epoch * AUCTIONS - 1
  return epoch * AUCTIONS + Math.min(offset - PERSONS, AUCTIONS - 1)
}

/** What an event is. */
export function kindOf(event: number): 'persons' | 'auctions' | 'bids' {
  const offset = event % SHARES
  return offset < PERSONS ? 'persons' : offset < PERSONS + AUCTIONS ? 'auctions' : 'bids'
}
