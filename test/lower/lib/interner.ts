/** Interned texts against sets of texts: what is in use is kept under its id through every sweep, the rest makes room. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Status } from '../../../ir/abi.ts'
import { clashingTexts } from '../../support/hash-model.ts'
import { Do, InternerRig, internerCommands, type TextNumber } from '../../support/interner-rig.ts'
import type { Row } from '../../support/rig.ts'
import { rigLimits } from '../../support/rig-program.ts'
import { search } from '../../support/search.ts'

const texts = await InternerRig.build()
const { rig } = texts

/** Texts that clash, that begin alike, of every length up to a word, and long ones; none is there twice. */
const pool: readonly Uint8Array[] = [
  ...clashingTexts('one hash', 16),
  ...clashingTexts('one slot', 10),
  ...Array.from({ length: 9 }, (_, i) => Buffer.from('abcdefgh'.slice(0, i))),
  ...Array.from({ length: 12 }, (_, i) => Buffer.alloc(10 + 3 * i, `${i},`)),
  Buffer.alloc(100, 'x'),
  Buffer.alloc(201, 'y'),
  Buffer.alloc(400, 'z'),
]

interface Step {
  readonly what: keyof typeof Do
  readonly key: TextNumber
  readonly held: TextNumber
}

const someText = fc.option(fc.nat(pool.length - 1), { freq: 10 })
/** Every fifth put holds its own key. */
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      what: fc.constantFrom<Step['what'][]>('put', 'put', 'put', 'remove', 'find'),
      key: someText,
      held: fc.oneof(
        { weight: 4, arbitrary: someText },
        { weight: 1, arbitrary: fc.constant('key' as const) },
      ),
    }),
    { maxLength: 100, size: 'max' },
  )
  .map(all => all.map(step => ({ ...step, held: step.held === 'key' ? step.key : step.held })))

interface Limits {
  readonly stateRows: number
  readonly stateBytes: number
  readonly budgetRows: number
}

const limits: fc.Arbitrary<Limits> = fc.record({
  stateRows: fc.constantFrom(16, 32, 64),
  stateBytes: fc.constantFrom(200, 256, 1000, rigLimits.stateBytes),
  budgetRows: fc.constantFrom(1, 2, 7, 1000),
})

const bytesOf = (numbers: Iterable<number>): number =>
  [...numbers].reduce((sum, text) => sum + pool[text].length, 0)

/** Who holds what, and under which ids the texts in use have been known. */
class UsersModel {
  readonly held = new Map<TextNumber, TextNumber>()
  readonly ids = new Map<number, number>()
  readonly #limits: Limits

  constructor(given: Limits) {
    this.#limits = given
  }

  get inUse(): ReadonlySet<number> {
    return new Set([...this.held].flat().filter(text => text !== null))
  }

  check({ what, key, held }: Step, answer: Row | undefined): void {
    if (what === 'put') this.#checkRoom(key, held, answer !== undefined)
    else assert.ok(answer, 'only a put needs room')
    if (!answer) return
    assert.equal(answer.known !== -1, this.held.has(key))
    if (what === 'put') this.held.set(key, held)
    if (what === 'remove') this.held.delete(key)
    const { inUse } = this
    for (const text of this.ids.keys()) if (!inUse.has(text)) this.ids.delete(text)
  }

  /** A put is refused when what is in use and its own texts do not fit. Two equal new texts may count twice. */
  #checkRoom(key: TextNumber, held: TextNumber, wasTaken: boolean): void {
    const { stateRows, stateBytes } = this.#limits
    const hasUser = this.held.has(key) || this.held.size < stateRows
    const known = this.inUse
    const fresh = [key, held].filter(text => text !== null && !known.has(text)) as number[]
    const fits = (texts: Iterable<number>): boolean =>
      hasUser && [...texts].length <= stateRows && bytesOf(texts) <= stateBytes
    if (fits([...known, ...fresh])) assert.ok(wasTaken, 'refused what fits')
    if (!fits(new Set([...known, ...fresh]))) assert.ok(!wasTaken, 'took more than fits')
  }

  /** Every text in use is there, under the id that it has had since it came into use. */
  checkTexts(users: ReadonlyMap<TextNumber, number>): void {
    for (const [key, held] of this.held) {
      const ids = texts.idsOf(users.get(key) ?? -1)
      for (const [i, text] of [key, held].entries()) this.#checkText(text, ids[i])
    }
    assert.equal(new Set(this.ids.values()).size, this.ids.size, 'two texts with one id')
  }

  #checkText(text: TextNumber, id: number): void {
    assert.equal(text === null, id < 0)
    if (text === null) return
    assert.deepEqual(Buffer.from(texts.textOf(id)), Buffer.from(pool[text]))
    assert.equal(this.ids.get(text) ?? id, id, 'an id changed')
    this.ids.set(text, id)
  }
}

/** Texts are looked at after every so many steps: not so often that the sweeps between are missed. */
const LOOK_STEPS = 20

function check(given: readonly Step[], some: Limits): void {
  texts.reset(some)
  const command = internerCommands(rig, pool)
  const model = new UsersModel(some)
  const users = new Map<TextNumber, number>()
  for (let from = 0; from < given.length; from += LOOK_STEPS) {
    const part = given.slice(from, from + LOOK_STEPS)
    rig.run(part.map(({ what, key, held }) => command(Do[what], key, held))).forEach((answer, i) => {
      model.check(part[i], answer)
      if (answer) users.set(part[i].key, Number(answer.user))
    })
    model.checkTexts(users)
    const { texts: kept, bytes, room } = texts.usage
    assert.ok(kept >= model.inUse.size && kept <= some.stateRows)
    assert.ok(bytes >= bytesOf(model.inUse) && bytes <= room && room <= some.stateBytes)
  }
}

test('texts in use are kept, all others make room', () => {
  fc.assert(fc.property(steps, limits, check), search(12))
})

test('distinct texts may come for ever', () => {
  const given = Array.from({ length: 600 }, (_, i): Step => ({ what: 'put', key: i % 3, held: (i * 7) % 47 }))
  check(given, { stateRows: 16, stateBytes: 300, budgetRows: 1000 })
  assert.ok(texts.sweeps > 30)
})

test('a sweep stops at every step of its work, and nothing depends on it', () => {
  const given = Array.from(
    { length: 60 },
    (_, i): Step => ({
      what: i % 5 === 4 ? 'remove' : 'put',
      key: (i * 3) % 20,
      held: (i * 11) % 40,
    }),
  )
  const states = [1000, 1, 3].map(budgetRows => {
    texts.reset({ stateRows: 64, stateBytes: 900, budgetRows })
    const command = internerCommands(rig, pool)
    rig.run(given.map(({ what, key, held }) => command(Do[what], key, held)))
    const yields = rig.count('grow_texts', Status.yield)
    return { state: rig.stateBytes().toString('hex'), sweeps: texts.sweeps, yields }
  })
  const [whole, single] = states
  for (const { state, sweeps } of states)
    assert.deepEqual({ state, sweeps }, { state: whole.state, sweeps: whole.sweeps })
  assert.ok(whole.sweeps > 1)
  assert.equal(whole.yields, 0)
  assert.ok(single.yields > 100)
})

test('a sweep makes room for twice what is in use', () => {
  texts.reset({ stateRows: 64, stateBytes: 1000, budgetRows: 1000 })
  const command = internerCommands(rig, pool)
  // Twelve texts of 8 bytes stay; each other comes and goes.
  const stay = Array.from({ length: 12 }, (_, key) => command(Do.put, key))
  const come = Array.from({ length: 200 }, (_, i) => command(Do.put, 0, 12 + (i % 22)))
  rig.run([...stay, ...come])
  assert.ok(texts.sweeps > 3)
  assert.deepEqual({ ...texts.usage, bytes: 0, texts: 0 }, { bytes: 0, texts: 0, room: 256, textsRoom: 32 })
})

test('a text that is longer than all before it finds room', () => {
  const longest = pool.length - 1
  texts.reset({ stateRows: 64, stateBytes: rigLimits.stateBytes, budgetRows: 1000 })
  const command = internerCommands(rig, pool)
  assert.ok(rig.run([command(Do.put, longest), command(Do.put, 12)]).every(answer => answer !== undefined))
})
