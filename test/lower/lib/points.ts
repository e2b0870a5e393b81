/** Code points in and out of UTF-8, and their simple case mapping, against what the host says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteAt } from '../../../compiler/lower/lib/bytes.ts'
import { mapCase } from '../../../compiler/lower/lib/case-map.ts'
import { decodePoint, encodePoint, pointLength } from '../../../compiler/lower/lib/utf8.ts'
import { ConstantPool } from '../../../compiler/lower/scope.ts'
import { controlBlock } from '../../../ir/abi.ts'
import { simpleCase } from '../../../ir/expr/functions/string.ts'
import { load, sub } from '../../../ir/kernel/build.ts'
import { Rig } from '../../support/rig.ts'

const pool = new ConstantPool()
const rig = await Rig.build({
  name: 'points',
  command: { point: 'i32' },
  answer: { lower: 'i32', upper: 'i32', bytes: 'i32', length: 'i32', decoded: 'i32' },
  step({ k, arg, answer }) {
    answer('lower', mapCase(k, pool, arg('point'), 'lower'))
    answer('upper', mapCase(k, pool, arg('point'), 'upper'))
    const start = load(controlBlock, 'scratch_base')
    const end = k.let('end', start)
    encodePoint(k, arg('point'), end)
    const length = k.let('length', pointLength(byteAt(start)))
    answer('bytes', sub(end, start))
    answer('length', length)
    answer('decoded', decodePoint(k, start, length))
  },
  constants: () => pool.bytes(),
})

const LAST_POINT = 0x10ffff
/** Planes from here on are left out of the tables. */
const CASELESS_PLANE = 2
const isSurrogate = (point: number): boolean => point >= 0xd800 && point < 0xe000
const recased = (point: number, to: 'lower' | 'upper'): number =>
  simpleCase(String.fromCodePoint(point), to).codePointAt(0) ?? point

const plane = (number: number): string =>
  Array.from({ length: 256 }, (_, page) => {
    const first = (number << 16) + (page << 8)
    return String.fromCodePoint(...Array.from({ length: 256 }, (_, i) => first + i))
  }).join('')

/** Every point that changes, and both sides of every border of a page of 256 in the planes where any does. */
function tellingPoints(): readonly number[] {
  const found = new Set([LAST_POINT])
  for (let point = 0; point < CASELESS_PLANE << 16; point++) {
    if (isSurrogate(point)) continue
    if (recased(point, 'lower') !== point || recased(point, 'upper') !== point) found.add(point)
    if (point % 256 === 0) for (const near of [point - 1, point, point + 1]) found.add(near)
  }
  return [...found].filter(point => point >= 0 && !isSurrogate(point))
}

test('planes that are left out of the tables have no case', () => {
  for (let number = CASELESS_PLANE; number <= LAST_POINT >> 16; number++) {
    const text = plane(number)
    assert.ok(text.toLowerCase() === text && text.toUpperCase() === text, `plane ${number}`)
  }
})

test('every code point that changes its case, and some that do not', () => {
  const points = tellingPoints()
  assert.ok(points.length > 3000)
  rig.reset({ budgetRows: 1000 })
  const answers = rig.run(points.map(point => ({ point })))
  points.forEach((point, i) => {
    const bytes = Buffer.byteLength(String.fromCodePoint(point))
    const wanted = {
      lower: recased(point, 'lower'),
      upper: recased(point, 'upper'),
      bytes,
      length: bytes,
      decoded: point,
    }
    assert.deepEqual(answers[i], wanted, `U+${point.toString(16)}`)
  })
})
