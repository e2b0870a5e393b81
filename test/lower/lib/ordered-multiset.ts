/** Ordered multisets against sorted lists: whatever comes, goes, is forgotten or joined, in whatever order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareValues } from '../../../ir/expr/order.ts'
import { command, type Do, MultisetRig, nodesOf, OWNERS, type SetType } from '../../support/multiset-rig.ts'
import type { Row, TextPlace } from '../../support/rig.ts'
import { search } from '../../support/search.ts'

const LIMIT_MAX = 64

/** No two texts have one length, which is what the rig tells of them; their order is another one. */
const texts = [
  '',
  'b',
  'ab',
  'abc',
  'aaaa',
  'b\u0000\u0000\u0000\u0000',
  'ü€',
  'x'.repeat(40),
  `a${'y'.repeat(99)}`,
]
const numbers = [
  0,
  -0,
  1,
  -1,
  2,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  1e308,
  7,
  8,
]
const pools: Readonly<Record<SetType, readonly (number | string)[]>> = { float64: numbers, utf8: texts }

interface Step {
  readonly what: keyof typeof Do
  readonly owner: number
  readonly other: number
  readonly value: number
  readonly rank: number
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom<Step['what'][]>(
      'insert',
      'insert',
      'insert',
      'insert',
      'remove',
      'remove',
      'take',
      'forget',
    ),
    owner: fc.nat(OWNERS - 1),
    other: fc.nat(OWNERS - 1),
    value: fc.nat(numbers.length - 1),
    rank: fc.nat(9),
  }),
  { maxLength: 90, size: 'max' },
)

type Held = number | string

/** What owners have, each list in order; of equal values the first stays. */
class Model {
  readonly commands: Row[] = []
  readonly answers: Row[] = []
  readonly #type: SetType
  readonly #places: readonly TextPlace[]
  readonly #owners: Held[][] = Array.from({ length: OWNERS }, () => [])

  constructor(type: SetType, places: readonly TextPlace[]) {
    this.#type = type
    this.#places = places
  }

  get live(): number {
    return this.#owners.reduce((sum, owner) => sum + this.#distinct(owner).length, 0)
  }

  take(step: Step): void {
    const { what, owner, other } = step
    if (what === 'take' && owner !== other) this.#join(step)
    else this.#note(step, this.#change(step))
  }

  /** One command for each value of the other owner; the last finds that there are no more. */
  #join(step: Step): void {
    const theirs = this.#owners[step.other]
    const distinct = this.#distinct(theirs)
    for (const [i, value] of distinct.entries()) {
      for (const x of theirs) if (this.#isSame(x, value)) this.#insert(this.#owners[step.owner], x)
      this.#note(step, i === distinct.length - 1)
    }
    if (distinct.length === 0) this.#note(step, true)
  }

  /** Yields whether there was anything to remove. */
  #change({ what, owner, value }: Step): boolean {
    const mine = this.#owners[owner]
    const held = pools[this.#type][value % pools[this.#type].length]
    if (what === 'insert') this.#insert(mine, held)
    if (what === 'forget') this.#owners[owner] = []
    const at = mine.findLastIndex(x => this.#isSame(x, held))
    if (what !== 'remove' || at < 0) return false
    mine.splice(at, 1)
    return true
  }

  #note({ what, owner, other, value, rank }: Step, found: boolean): void {
    const pool = pools[this.#type]
    const held = pool[value % pool.length]
    const given = typeof held === 'number' ? { x: held } : { ...this.#places[value % pool.length] }
    this.commands.push(command(what, owner, { rank, other, ...given }))
    this.answers.push({ found: Number(found), ...this.#told(this.#owners[owner], rank) })
  }

  #compare(a: Held, b: Held): number {
    return compareValues(this.#type, a, b)
  }

  #isSame(a: Held, b: Held): boolean {
    return this.#compare(a, b) === 0
  }

  #insert(list: Held[], value: Held): void {
    const known = list.find(x => this.#isSame(x, value)) ?? value
    const at = list.findIndex(x => this.#compare(x, value) > 0)
    list.splice(at < 0 ? list.length : at, 0, known)
  }

  #distinct(list: readonly Held[]): readonly Held[] {
    return list.filter((x, i) => i === 0 || !this.#isSame(x, list[i - 1]))
  }

  #told(list: readonly Held[], rank: number): Row {
    const tell = (x: Held | undefined): number =>
      x === undefined ? -1 : typeof x === 'number' ? x : Buffer.byteLength(x)
    const rows = (x: Held): number => list.filter(y => this.#isSame(x, y)).length
    const distinct = this.#distinct(list)
    const most = Math.max(...distinct.map(rows))
    return {
      distinct: distinct.length,
      total: list.length,
      least: tell(list[0]),
      greatest: tell(list.at(-1)),
      ranked: tell(list[rank]),
      mode: tell(distinct.find(x => rows(x) === most)),
    }
  }
}

const rigs = { float64: await MultisetRig.build('float64'), utf8: await MultisetRig.build('utf8') }

const liveIn = ({ rig, set }: MultisetRig): number => rig.memory.read(set.nodes.head, 'live') - 1

for (const type of ['float64', 'utf8'] as const) {
  const one = rigs[type]
  const { rig } = one
  const placesOf = (): readonly TextPlace[] =>
    type === 'utf8' ? rig.writeTexts(texts.map(text => Buffer.from(text))) : []

  test(`an ordered multiset is a sorted list: ${type}`, () => {
    const check = (given: readonly Step[], budgetRows: number): void => {
      rig.reset({ stateRows: LIMIT_MAX, stateBytes: 700, budgetRows })
      const model = new Model(type, placesOf())
      for (const step of given) model.take(step)
      assert.deepEqual(rig.run(model.commands), model.answers)
      for (let owner = 0; owner < OWNERS; owner++) nodesOf(one, owner)
      assert.equal(liveIn(one), model.live)
    }
    fc.assert(fc.property(steps, fc.constantFrom(1, 2, 1000), check), search(20))
  })
}

const { float64: plain } = rigs
const insertAll = (values: readonly number[]): readonly Row[] =>
  values.map(x => command('insert', 0, { x, rank: 1 }))
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

/** No side has more than three quarters of what is at and below a node. */
const depthMax = (values: number): number => Math.log(values + 1) / Math.log(4 / 3)

const orders: Readonly<Record<string, (i: number) => number>> = {
  rising: i => i,
  falling: i => -i,
  'from both ends': i => (i % 2 === 0 ? i : -i),
  'into the middle': i => (i % 2 === 0 ? 1000 - i : i - 1000),
}
for (const [name, order] of Object.entries(orders)) {
  test(`no order makes a tree deep: ${name}`, () => {
    const values = upTo(LIMIT_MAX - 1).map(order)
    plain.rig.reset({ stateRows: LIMIT_MAX, budgetRows: 1000 })
    plain.rig.run(insertAll(values))
    const depth = (): number => Math.max(...nodesOf(plain, 0))
    assert.ok(depth() <= depthMax(values.length), `${values.length} values, ${depth()} deep`)
    plain.rig.run(values.slice(0, 40).map(x => command('remove', 0, { x })))
    assert.equal(nodesOf(plain, 0).length, LIMIT_MAX - 1 - 40)
    assert.ok(depth() <= depthMax(23), `${depth()} deep`)
  })
}

test('a value that finds no room is refused, what is there can be counted on, and what leaves makes room', () => {
  plain.rig.reset({ stateRows: 16, budgetRows: 1000 })
  const answers = plain.rig.run([
    ...insertAll(upTo(15)),
    ...insertAll([15, 3]),
    command('remove', 0, { x: 7 }),
    ...insertAll([16]),
    command('forget', 0),
    ...insertAll([...upTo(15), 99]),
  ])
  assert.deepEqual(
    answers.flatMap((answer, i) => (answer ? [] : [i])),
    [15, 35],
  )
  assert.deepEqual([answers[16]?.distinct, answers[16]?.total, answers[16]?.mode], [15, 16, 3])
  assert.equal(answers[18]?.greatest, 16)
  assert.equal(answers[19]?.total, 0)
  assert.equal(liveIn(plain), 15)
})

test('texts of values that were forgotten are swept, those of others stay', () => {
  const { utf8 } = rigs
  utf8.rig.reset({ stateRows: 16, stateBytes: 256, budgetRows: 1 })
  const large = upTo(60).map(i => Buffer.from(`${'z'.repeat(i)}`))
  const places = utf8.rig.writeTexts(large)
  const insert = (text: number, owner: number): Row => command('insert', owner, { ...places[text] })
  const turns = upTo(20).flatMap(i => [insert(20 + i, 1), insert(40 + (i % 20), 1), command('forget', 1)])
  const answers = utf8.rig.run([insert(3, 0), insert(50, 0), ...turns, command('ask', 0)])
  assert.ok(answers.every(answer => answer !== undefined))
  const { least, greatest, distinct } = answers.at(-1) ?? {}
  assert.deepEqual([distinct, least, greatest], [2, 3, 50])
})

test('texts of a tree that was forgotten as a whole make room before its nodes are used again', () => {
  const { utf8 } = rigs
  utf8.rig.reset({ stateRows: 16, stateBytes: 256, budgetRows: 1 })
  const places = utf8.rig.writeTexts([50, 51, 52, 53, 100].map(i => Buffer.from('z'.repeat(i))))
  const [large, ...others] = places.toReversed()
  const insert = (place: TextPlace): Row => command('insert', 0, { ...place })
  const answers = utf8.rig.run([...others.map(insert), command('forget', 0), insert(large)])
  assert.equal(answers.at(-1)?.greatest, 100)
})
