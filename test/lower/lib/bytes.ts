/** Ranges of bytes and texts as kernels see them, against what Buffer and JavaScript strings say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addLengths,
  type ByteRange,
  compareBytes,
  copyBytes,
  equalBytes,
  equalFixed,
  firstDifference,
} from '../../../compiler/lower/lib/bytes.ts'
import { countPoints, skipPoints } from '../../../compiler/lower/lib/utf8.ts'
import {
  countUnits,
  dropSpaces,
  lessByUnits,
  skipSpaces,
  skipUnits,
} from '../../../compiler/lower/lib/utf16.ts'
import { controlBlock } from '../../../ir/abi.ts'
import { add, load, min32, sub, toInt } from '../../../ir/kernel/build.ts'
import { Rig, type Row } from '../../support/rig.ts'
import type { CommandCode } from '../../support/rig-program.ts'
import { search } from '../../support/search.ts'

const INT_MAX = 2 ** 31 - 1
/** Pairs of texts that a rig has room for. */
const PAIRS_MAX = 64
const FIELDS = { a_at: 'i32', a_length: 'i32', b_at: 'i32', b_length: 'i32', count: 'i32' } as const

const rangeOf = ({ arg }: CommandCode, name: 'a' | 'b'): ByteRange => ({
  offset: arg(`${name}_at`),
  length: arg(`${name}_length`),
})

const bytesRig = await Rig.build({
  name: 'bytes',
  command: { ...FIELDS, left: 'i32', right: 'i32' },
  answer: { equal: 'u8', fixed: 'u8', order: 'i32', differ: 'i32', sum: 'i32', copied: 'u8' },
  step(code) {
    const { k, arg, answer } = code
    const [a, b] = [rangeOf(code, 'a'), rangeOf(code, 'b')]
    answer('equal', toInt(equalBytes(k, a, b)))
    answer('fixed', toInt(equalFixed(k, a, b)))
    answer('order', compareBytes(k, a, b))
    answer('differ', firstDifference(k, a, b, min32(a.length, b.length)))
    answer('sum', addLengths(arg('left'), arg('right')))
    const copy = { offset: load(controlBlock, 'scratch_base'), length: a.length }
    copyBytes(k, a, copy.offset)
    answer('copied', toInt(equalBytes(k, a, copy)))
  },
})

const textRig = await Rig.build({
  name: 'texts',
  command: FIELDS,
  answer: {
    points: 'i32',
    units: 'i32',
    skipped: 'i32',
    skipped_units: 'i32',
    splits: 'u8',
    less: 'u8',
    trim_from: 'i32',
    trim_to: 'i32',
  },
  step(code) {
    const { k, arg, answer } = code
    const [a, b] = [rangeOf(code, 'a'), rangeOf(code, 'b')]
    const end = k.let('end', add(a.offset, a.length))
    answer('points', countPoints(k, a))
    answer('units', countUnits(k, a))
    const at = k.let('at', a.offset)
    skipPoints(k, at, end, arg('count'))
    answer('skipped', sub(at, a.offset))
    k.set(at, a.offset)
    answer('splits', toInt(skipUnits(k, at, end, arg('count'))))
    answer('skipped_units', sub(at, a.offset))
    answer('less', toInt(lessByUnits(k, a, b)))
    k.set(at, a.offset)
    skipSpaces(k, at, end)
    const to = k.let('to', end)
    dropSpaces(k, at, to)
    answer('trim_from', sub(at, a.offset))
    answer('trim_to', sub(to, a.offset))
  },
})

/** Places both texts of every pair, and adds the other arguments. */
function run(rig: Rig, pairs: readonly (readonly [Uint8Array, Uint8Array])[], rest: readonly Row[]) {
  rig.reset()
  const places = rig.writeTexts(pairs.flat())
  const commands = pairs.map((_, i) => {
    const [a, b] = places.slice(2 * i)
    return { a_at: a.at, a_length: a.length, b_at: b.at, b_length: b.length, count: 0, ...rest[i] }
  })
  return rig.run(commands)
}

/** Ranges that often have a long beginning in common. */
const bytePairs = fc
  .tuple(...Array.from({ length: 3 }, () => fc.uint8Array({ maxLength: 12 })))
  .map(([same, x, y]): [Uint8Array, Uint8Array] => [Buffer.concat([same, x]), Buffer.concat([same, y])])
const lengths = fc.oneof(fc.nat(), fc.constantFrom(0, 1, INT_MAX - 1, INT_MAX))

test('ranges of bytes are compared and copied as by Buffer', () => {
  const commands = fc.array(fc.tuple(bytePairs, lengths, lengths), { maxLength: 64 })
  fc.assert(
    fc.property(commands, given => {
      const rest = given.map(([, left, right]) => ({ left, right }))
      const answers = run(
        bytesRig,
        given.map(([pair]) => pair),
        rest,
      )
      given.forEach(([[a, b], left, right], i) => {
        const shared = Math.min(a.length, b.length)
        const differ = Array.from(a.subarray(0, shared)).findIndex((byte, at) => byte !== b[at])
        const answer = { ...answers[i], order: Math.sign(Number(answers[i]?.order)) }
        assert.deepEqual(answer, {
          equal: Number(Buffer.compare(a, b) === 0),
          fixed: Number(Buffer.compare(a, b) === 0),
          order: Buffer.compare(a, b),
          differ: differ < 0 ? shared : differ,
          sum: Math.min(INT_MAX, left + right),
          copied: 1,
        })
      })
    }),
    search(60),
  )
})

/** Points of one to four bytes, the borders between these, surrogates' neighbours, and what is trimmed or nearly so. */
const points = fc.oneof(
  fc.constantFrom(...' \t\n\v\r\u0085\u00a0\u1680\u180e\u2000\u200a\u200b\u2028\u202f\u205f\u3000\ufeff'),
  fc.constantFrom(
    '\0',
    '\x7f',
    '\x80',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ),
  fc.constantFrom('a', 'é', '語', '😀'),
  fc.integer({ min: 0, max: 0x10ffff - 0x800 }).map(n => String.fromCodePoint(n < 0xd800 ? n : n + 0x800)),
)
const texts = fc.string({ unit: points, maxLength: 10 })
const textPairs = fc.tuple(texts, texts, texts).map(([same, x, y]): [string, string] => [same + x, same + y])
const bytesOf = (text: string): number => Buffer.byteLength(text)

function meaning(a: string, b: string, count: number): Row {
  const splits = count < a.length && count > 0 && /[\ud800-\udbff]/.test(a[count - 1])
  const skipped = a.slice(0, Math.max(0, splits ? count - 1 : count))
  return {
    points: [...a].length,
    units: a.length,
    skipped: bytesOf([...a].slice(0, Math.max(0, count)).join('')),
    skipped_units: bytesOf(skipped),
    splits: Number(splits),
    less: Number(a < b),
    trim_from: bytesOf(a) - bytesOf(a.trimStart()),
    trim_to: a.trim() === '' ? bytesOf(a) : bytesOf(a.trimEnd()),
  }
}

test('texts are counted, skipped, ordered and trimmed as by JavaScript', () => {
  const commands = fc.array(fc.tuple(textPairs, fc.integer({ min: -1, max: 12 })), { maxLength: 64 })
  fc.assert(
    fc.property(commands, given => {
      const pairs = given.map(([[a, b]]) => [Buffer.from(a), Buffer.from(b)] as const)
      const answers = run(
        textRig,
        pairs,
        given.map(([, count]) => ({ count })),
      )
      const wanted = given.map(([[a, b], count]) => meaning(a, b, count))
      assert.deepEqual(answers, wanted)
    }),
    search(60),
  )
})

test('equal texts are equal up to their end, whatever lies behind', () => {
  const pairs = Array.from({ length: 13 }, (_, n) => [Buffer.alloc(n, 'x'), Buffer.alloc(n, 'x')] as const)
  const answers = run(
    bytesRig,
    pairs,
    pairs.map(() => ({ left: 0, right: 0 })),
  )
  assert.deepEqual(
    answers.map(answer => [answer?.differ, answer?.order, answer?.equal]),
    pairs.map((_, n) => [n, 0, 1]),
  )
})

/** The text with another byte at one place. */
const changedAt = (text: Uint8Array, at: number): Uint8Array =>
  text.map((byte, i) => (i === at ? byte ^ 1 : byte))

test('texts that differ in one byte are not equal, whatever their length, wherever it is and whatever lies behind', () => {
  const whole = Array.from({ length: 18 }, (_, n) => Uint8Array.from({ length: n }, (_, i) => 97 + i))
  const pairs = whole.flatMap(text => [
    [text, Uint8Array.from(text)] as const,
    ...Array.from(text, (_, at) => [changedAt(text, at), text] as const),
  ])
  const answers = Array.from({ length: Math.ceil(pairs.length / PAIRS_MAX) }, (_, n) =>
    run(bytesRig, pairs.slice(n * PAIRS_MAX, (n + 1) * PAIRS_MAX), []),
  ).flat()
  const wanted = pairs.map(([a, b]) => Number(Buffer.compare(a, b) === 0))
  assert.deepEqual(
    answers.map(answer => [answer?.equal, answer?.fixed]),
    wanted.map(equal => [equal, equal]),
  )
})

test('pairs come before the last points of one unit', () => {
  const given = ['\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}']
  const pairs = given.flatMap(a => given.map(b => [a, b] as const))
  const answers = run(
    textRig,
    pairs.map(([a, b]) => [Buffer.from(a), Buffer.from(b)]),
    [],
  )
  assert.deepEqual(
    answers.map(answer => answer?.less),
    pairs.map(([a, b]) => Number(a < b)),
  )
})
