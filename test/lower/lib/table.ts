/** The hash table against a Map: any commands, any hash however bad, stopped at any step. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Status } from '../../../ir/abi.ts'
import { edges } from '../../support/edges.ts'
import type { RigOptions, Row } from '../../support/rig.ts'
import { search } from '../../support/search.ts'
import { Do, hashes, type Key, scanned, tableCommand, tableRig, tableUsage } from '../../support/table-rig.ts'

/** More keys than the largest table of a rig has room for. */
const keys: readonly Key[] = [
  null,
  ...(edges.i64 as bigint[]),
  ...Array.from({ length: 72 }, (_, i) => BigInt(i + 100)),
]

/** Some keys in a row, and what is done with each; `clear` removes all there are. */
interface Stretch {
  readonly what: keyof typeof Do | 'clear'
  readonly from: number
  readonly count: number
}

const stretches: fc.Arbitrary<readonly Stretch[]> = fc.array(
  fc.record({
    what: fc.constantFrom<Stretch['what'][]>('put', 'put', 'put', 'remove', 'remove', 'find', 'clear'),
    from: fc.nat(keys.length - 1),
    count: fc.integer({ min: 1, max: 40 }),
  }),
  { maxLength: 12, size: 'large' },
)

type TableLimits = Pick<RigOptions, 'stateRows' | 'budgetRows'>
const limits: fc.Arbitrary<Required<TableLimits>> = fc.record({
  stateRows: fc.constantFrom(16, 32),
  budgetRows: fc.constantFrom(1, 2, 7, 1000),
})

/** Looks every key up. */
const all: Stretch = { what: 'find', from: 0, count: keys.length }
/** Several growths, some of them with stale slots; a table that is emptied; a table that is full. */
const busy: readonly Stretch[] = [
  { what: 'put', from: 0, count: 30 },
  { what: 'remove', from: 5, count: 20 },
  { what: 'put', from: 40, count: 40 },
  { what: 'clear', from: 0, count: 1 },
  { what: 'put', from: 20, count: 66 },
]

/** What a table is, told naively. It also writes down the commands and what each must answer. */
class TableModel {
  readonly values = new Map<Key, number>()
  readonly commands: Row[] = []
  /** The value of each command, or why there is none. */
  readonly answers: (number | 'nothing' | 'no room')[] = []
  readonly keys: Key[] = []
  peak = 0
  readonly #limit: number
  readonly #hashOf: (key: Key) => number

  constructor(limit: number, hashOf: (key: Key) => number) {
    this.#limit = limit
    this.#hashOf = hashOf
  }

  take({ what, from, count }: Stretch): void {
    if (what === 'clear') this.#clear()
    else for (let i = 0; i < count; i++) this.#one(what, keys[(from + i) % keys.length])
  }

  #clear(): void {
    for (const key of [...this.values.keys()]) this.#one('remove', key)
  }

  #one(what: keyof typeof Do, key: Key): void {
    const value = this.commands.length
    this.commands.push(tableCommand(Do[what], this.#hashOf(key), key, value))
    this.keys.push(key)
    const hasRoom = this.values.has(key) || this.values.size < this.#limit
    if (what === 'put' && hasRoom) this.values.set(key, value)
    this.answers.push(what === 'put' && !hasRoom ? 'no room' : (this.values.get(key) ?? 'nothing'))
    if (what === 'remove') this.values.delete(key)
    this.peak = Math.max(this.peak, this.values.size)
  }
}

function modelOf(given: readonly Stretch[], limit: number, hashOf: (key: Key) => number): TableModel {
  const model = new TableModel(limit, hashOf)
  for (const stretch of given) model.take(stretch)
  return model
}

const answerOf = (row: Row | undefined): number | 'nothing' | 'no room' => {
  if (!row) return 'no room'
  return row.entry === -1 ? 'nothing' : Number(row.value)
}

/** A key keeps its entry from the put that brings it to its removal, and no two have the same. */
function checkEntries(model: TableModel, answers: readonly (Row | undefined)[]): readonly number[] {
  const owners = new Map<number, Key>()
  const entries = new Map<Key, number>()
  answers.forEach((answer, i) => {
    const [key, { what }, entry] = [model.keys[i], model.commands[i], Number(answer?.entry ?? -1)]
    if (entry < 0) return
    assert.equal(entries.get(key) ?? entry, entry, 'an id changed')
    assert.equal(owners.get(entry) ?? key, key, 'an id was given twice')
    entries.set(key, entry)
    owners.set(entry, key)
    if (what === Do.remove && entries.delete(key)) owners.delete(entry)
  })
  return [...owners.keys()]
}

const inOrder = (ids: readonly number[]): readonly number[] => ids.toSorted((a, b) => a - b)

const rig = await tableRig()

for (const [kind, hashOf] of Object.entries(hashes)) {
  test(`a table is a Map: ${kind}`, () => {
    const check = (given: readonly Stretch[], limits: Required<TableLimits>): void => {
      const model = modelOf([...given, all], limits.stateRows, hashOf)
      rig.reset(limits)
      const answers = rig.run(model.commands)
      assert.deepEqual(answers.map(answerOf), model.answers)
      assert.deepEqual(inOrder(scanned(rig)), inOrder(checkEntries(model, answers)))
      const { live, high, used } = tableUsage(rig)
      assert.equal(live, model.values.size)
      assert.ok(live > 0 ? used >= live : used === 0, 'stale slots behind which nothing is in use')
      assert.ok(high <= model.peak, 'more ids than there ever were entries')
    }
    fc.assert(fc.property(stretches, limits, check), search(10))
  })

  test(`state does not depend on where a growth was stopped: ${kind}`, () => {
    const model = modelOf(busy, 64, hashOf)
    const states = [1000, 1, 3].map(budgetRows => {
      rig.reset({ stateRows: 64, budgetRows })
      assert.deepEqual(rig.run(model.commands).map(answerOf), model.answers)
      const [grown, yields] = [Status.ok, Status.yield].map(status => rig.count('grow_keys', status))
      return { bytes: rig.stateBytes().toString('hex'), grown, yields }
    })
    const [whole, single] = states
    for (const { bytes, grown } of states)
      assert.deepEqual({ bytes, grown }, { bytes: whole.bytes, grown: whole.grown })
    assert.equal(whole.yields, 0)
    // Slot by slot: the first growth clears 32, each other clears and moves as many at least; the last is no yield.
    assert.ok(single.yields >= 31 + 63 * (single.grown - 1), `${single.yields} in ${single.grown} growths`)
  })
}

/** Puts and removes one key after the other, beside one that stays. */
const churn: readonly Stretch[] = [
  { what: 'put', from: 0, count: 1 },
  ...Array.from({ length: 200 }, (_, i) => i + 1).flatMap(from => [
    { what: 'put' as const, from: 1 + (from % 80), count: 1 },
    { what: 'remove' as const, from: 1 + (from % 80), count: 1 },
  ]),
]

test('removed entries give their slots back, however many there are', () => {
  const model = modelOf(churn, 16, hashes['the hash of the product'])
  rig.reset({ stateRows: 16, budgetRows: 1000 })
  assert.deepEqual(rig.run(model.commands).map(answerOf), model.answers)
  assert.ok(tableUsage(rig).high <= 2)
})

test('a table that is emptied again and again has no stale slots', () => {
  const turn: readonly Stretch[] = [
    { what: 'put', from: 0, count: 16 },
    { what: 'clear', from: 0, count: 1 },
  ]
  const model = modelOf(Array.from({ length: 10 }, () => turn).flat(), 16, hashes['one slot for all keys'])
  rig.reset({ stateRows: 16, budgetRows: 1000 })
  assert.deepEqual(rig.run(model.commands).map(answerOf), model.answers)
  assert.equal(rig.count('grow_keys', Status.ok), 1)
})

test('stale slots are used again: a table whose groups come and go is not rebuilt', () => {
  const size = 8
  const turns = 200
  // All in a row from one slot on: what is removed first has others behind it.
  const given = Array.from({ length: turns }, (_, i): readonly Stretch[] => [
    { what: 'remove', from: i % size, count: 1 },
    { what: 'put', from: i % size, count: 1 },
  ])
  const model = modelOf(
    [{ what: 'put', from: 0, count: size }, ...given.flat()],
    16,
    hashes['one slot for all keys'],
  )
  rig.reset({ stateRows: 16, budgetRows: 1000 })
  assert.deepEqual(rig.run(model.commands).map(answerOf), model.answers)
  assert.equal(rig.count('grow_keys', Status.ok), 1)
  assert.equal(tableUsage(rig).used, size)
})
