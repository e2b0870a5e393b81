/** The hash of tables: the same bits everywhere, and the keys of equal hash that other tests rely on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesRegion } from '../../../compiler/lower/lib/bytes.ts'
import { hashBytes, hashWords, wordsOf } from '../../../compiler/lower/lib/hash.ts'
import { i32, ne } from '../../../ir/kernel/build.ts'
import {
  clashingLongs,
  clashingTexts,
  families,
  mix,
  modelHashBytes,
  modelHashWords,
  unmix,
  wordsOfLong,
} from '../../support/hash-model.ts'
import { Rig } from '../../support/rig.ts'
import { search } from '../../support/search.ts'

const rig = await Rig.build({
  name: 'hash',
  command: { at: 'i32', length: 'i32', long: 'i64', int: 'i32', flag: 'u8' },
  answer: { bytes: 'i32', words: 'i32', long: 'i32' },
  step({ k, arg, answer }) {
    const values = [arg('long'), arg('int'), ne(arg('flag'), i32(0))]
    answer('bytes', hashBytes(k, bytesRegion, arg('at'), arg('length')))
    answer('words', hashWords(k, values.flatMap(wordsOf)))
    answer('long', hashWords(k, wordsOf(arg('long'))))
  },
})

interface Key {
  readonly text: Uint8Array
  readonly long: bigint
  readonly int: number
  readonly flag: boolean
}

const keys: fc.Arbitrary<Key> = fc.record({
  text: fc.uint8Array({ maxLength: 20 }),
  long: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  int: fc.integer(),
  flag: fc.boolean(),
})

function hashes(given: readonly Key[]): ReturnType<Rig['run']> {
  rig.reset()
  const places = rig.writeTexts(given.map(({ text }) => text))
  return rig.run(given.map(({ long, int, flag }, i) => ({ ...places[i], long, int, flag: Number(flag) })))
}

test('kernels hash as the model does', () => {
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 70 }), given => {
      const wanted = given.map(({ text, long, int, flag }) => ({
        bytes: modelHashBytes(text),
        words: modelHashWords([...wordsOfLong(long), int, Number(flag)]),
        long: modelHashWords(wordsOfLong(long)),
      }))
      assert.deepEqual(hashes(given), wanted)
    }),
    search(30),
  )
})

test('each step of the hash can be undone', () => {
  fc.assert(fc.property(fc.integer(), hash => mix(0, unmix(hash)) === hash))
})

for (const family of families) {
  test(`keys of ${family} are distinct and clash on every back end`, () => {
    const [texts, longs] = [clashingTexts(family, 50), clashingLongs(family, 50)]
    assert.equal(new Set([...texts.map(String), ...longs]).size, 100)
    const found = hashes(texts.map((text, i) => ({ text, long: longs[i], int: 0, flag: false })))
    const slots = family === 'one hash' ? -1 : (1 << 20) - 1
    for (const field of ['bytes', 'long']) {
      assert.equal(new Set(found.map(answer => Number(answer?.[field]) & slots)).size, 1, field)
    }
  })
}
