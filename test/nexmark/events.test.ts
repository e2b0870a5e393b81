/** The events of Nexmark: any piece of the stream on its own, in the shares and with the keys that queries count on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellOf, type Data, valuesOf } from '../../bench/lib/data.ts'
import {
  adjusted,
  BASE_TIME_MS,
  defaultOptions,
  FIRST_AUCTION,
  FIRST_PERSON,
  lastAuction,
  lastPerson,
} from '../../bench/nexmark/events.ts'
import { generate, generateBids } from '../../bench/nexmark/generator.ts'

const EVENTS = 50_000

const rowsOf = ({ rows, columns }: Data): readonly unknown[][] =>
  Array.from({ length: rows }, (_, row) => columns.map(column => cellOf(column, row)))

test('a piece of the stream is the same as in the whole', () => {
  const whole = generate(defaultOptions, 0, 1000)
  const pieces = [generate(defaultOptions, 0, 333), generate(defaultOptions, 333, 667)]
  for (const kind of ['persons', 'auctions', 'bids'] as const) {
    assert.deepEqual(
      pieces.flatMap(piece => rowsOf(piece[kind])),
      rowsOf(whole[kind]),
    )
  }
  assert.deepEqual(rowsOf(generateBids(defaultOptions, 920)), rowsOf(whole.bids))
  const other = generate({ ...defaultOptions, seed: 7 }, 0, 1000)
  assert.notDeepEqual(rowsOf(other.bids), rowsOf(whole.bids))
})

test('of each 50 events one is a person and three are auctions, with ids in a row', () => {
  const { persons, auctions, bids } = generate(defaultOptions, 0, EVENTS)
  assert.deepEqual([persons.rows, auctions.rows, bids.rows], [1000, 3000, 46_000])
  assert.deepEqual(
    [...valuesOf(persons, 'id', 'int64')],
    Array.from({ length: 1000 }, (_, i) => BigInt(FIRST_PERSON + i)),
  )
  assert.deepEqual(
    [...valuesOf(auctions, 'id', 'int64')],
    Array.from({ length: 3000 }, (_, i) => BigInt(FIRST_AUCTION + i)),
  )
  assert.deepEqual([lastPerson(49), lastPerson(50)], [0, 1])
  assert.deepEqual([0, 1, 3, 4, 49, 50, 51].map(lastAuction), [-1, 0, 2, 2, 2, 2, 3])
})

test('half of the bids are on hot auctions, three of four by hot bidders, and all keys are known or soon will be', () => {
  const { bids } = generate(defaultOptions, 0, EVENTS)
  const [auction, bidder] = ['auction', 'bidder'].map(name => valuesOf(bids, name, 'int64'))
  const shareOf = (values: BigInt64Array, isHot: (value: bigint) => boolean): number =>
    values.filter(isHot).length / values.length
  assert.ok(Math.abs(shareOf(auction, id => id % 100n === 0n) - 0.5) < 0.02)
  assert.ok(Math.abs(shareOf(bidder, id => id % 100n === 1n) - 0.75) < 0.02)
  assert.ok(auction.every(id => id >= FIRST_AUCTION && id < FIRST_AUCTION + 3010))
  assert.ok(bidder.every(id => id >= FIRST_PERSON && id < FIRST_PERSON + 1010))
  const prices = valuesOf(bids, 'price', 'int64')
  assert.ok(prices.every(price => price >= 100n && price <= 100_000_000n))
})

test('events that are out of order stay in their group', () => {
  const group = 100
  const numbers = Array.from({ length: 300 }, (_, event) => adjusted(event, group))
  assert.notDeepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(numbers).size, 300)
  assert.ok(numbers.every((number, event) => Math.floor(number / group) === Math.floor(event / group)))
  const { bids } = generate({ ...defaultOptions, outOfOrderGroup: group }, 0, 1000)
  const times = valuesOf(bids, 'dateTime', 'timestamp[ms]')
  assert.ok(times.every(time => Number(time) >= BASE_TIME_MS && Number(time) < BASE_TIME_MS + 100))
})

test('an auction ends behind its beginning; rows have about the bytes that they should', () => {
  const { auctions, persons } = generate(defaultOptions, 0, EVENTS)
  const [start, end] = ['dateTime', 'expires'].map(name => valuesOf(auctions, name, 'timestamp[ms]'))
  assert.ok(start.every((time, i) => end[i] > time && end[i] - time <= 400n))
  const bytesPerRow = ({ rows, columns }: Data): number =>
    columns.reduce((sum, column) => sum + (column.type === 'utf8' ? column.offsets[rows] / rows : 8), 0)
  assert.ok(Math.abs(bytesPerRow(auctions) - 500) < 25)
  assert.ok(Math.abs(bytesPerRow(persons) - 200) < 10)
})
