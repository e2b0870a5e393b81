/** An entry comes back as it was put in, or not at all: no damage and no confusion of keys goes unseen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEntry, encodeEntry, keyOf } from '../../codegen/cache/entry.ts'
import { sampleEntry, sampleKey } from './kit.ts'

const key = sampleKey(1)
const bytes = encodeEntry(key, sampleEntry(1, 100))

test('what goes in comes out', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.dictionary(fc.string(), fc.jsonValue()), (payload, told) => {
      const facts = JSON.parse(JSON.stringify(told)) as Record<string, unknown>
      const entry = { facts, payload: Buffer.from(payload) }
      assert.deepEqual(decodeEntry(key, encodeEntry(key, entry)), entry)
    }),
  )
})

test('every single flipped bit is seen', () => {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3] ^= 1 << (bit & 7)
    assert.equal(decodeEntry(key, damaged), undefined, `bit ${bit}`)
  }
})

test('every truncation is seen, and so is what was appended', () => {
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeEntry(key, bytes.subarray(0, length)), undefined, `length ${length}`)
  }
  assert.equal(decodeEntry(key, Buffer.concat([bytes, Buffer.from([0])])), undefined)
})

test('garbage is no entry, also behind a good start', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 400 }), (kept, garbage) => {
      const whole = Buffer.concat([bytes.subarray(0, kept), garbage])
      fc.pre(!whole.equals(bytes))
      assert.equal(decodeEntry(key, whole), undefined)
    }),
  )
})

test('an entry of another key or kind is refused under this one', () => {
  assert.ok(decodeEntry(key, bytes))
  assert.equal(decodeEntry(sampleKey(2), bytes), undefined)
  assert.equal(decodeEntry({ ...key, kind: 'other' }, bytes), undefined)
})

test('keys differ where any part, its place or its borders differ', () => {
  const parts = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const isSame = JSON.stringify(a) === JSON.stringify(b)
      assert.equal(keyOf('k', a).digest === keyOf('k', b).digest, isSame)
    }),
  )
  assert.notEqual(keyOf('k', ['ab', 'c']).digest, keyOf('k', ['a', 'bc']).digest)
  assert.notEqual(keyOf('k', ['a']).digest, keyOf('l', ['a']).digest)
})
