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
const isSurrogate = (point: number): boolean => point >= 0xd800 && point < 0xe000
const recased = (point: number, to: 'lower' | 'upper'): number =>
  simpleCase(String.fromCodePoint(point), to).codePointAt(0) ?? point

/** Every point that changes, and both sides of every border of a page of 256. */
function tellingPoints(): readonly number[] {
  const found = new Set<number>()
  for (let point = 0; point <= LAST_POINT; point++) {
    if (isSurrogate(point)) continue
    const isCased = recased(point, 'lower') !== point || recased(point, 'upper') !== point
    const isBorder = point % 256 === 0 && (point < 0x20200 || point % 0x10000 === 0)
    if (isCased) found.add(point)
    if (isBorder) for (const near of [point - 1, point, point + 1]) found.add(near)
  }
  return [...found, LAST_POINT].filter(point => point >= 0 && !isSurrogate(point))
}

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
