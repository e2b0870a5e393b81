/** UTF-8 as kernel code: code points in and out of the bytes region. Texts were checked when they entered. */
import {
  add,
  and,
  ge,
  i32,
  type KernelBuilder,
  lt,
  or,
  shl,
  shru,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type ByteRange, byteAt, bytesRegion, startsPoint } from './bytes.ts'

/** Bytes of the code point that starts with a byte. */
export const pointLength = (first: Expr): Expr =>
  [0xc0, 0xe0, 0xf0].reduce<Expr>((length, least) => add(length, toInt(ge(first, i32(least)))), i32(1))

/** A local: how many code points a range holds. */
export function countPoints(k: KernelBuilder, range: ByteRange): Local {
  const count = k.let('points', i32(0))
  k.range('at', i32(0), range.length, at => {
    k.set(count, add(count, toInt(startsPoint(byteAt(add(range.offset, at))))))
  })
  return count
}

/** Moves `at` (a local offset) over `count` code points, to `end` at most. */
export function skipPoints(k: KernelBuilder, at: Local, end: Expr, count: Expr): void {
  const left = k.let('left', count)
  k.loop('skip', label => {
    k.breakIf(lt(left, i32(1)), label)
    k.breakIf(ge(at, end), label)
    k.set(at, add(at, pointLength(byteAt(at))))
    k.set(left, sub(left, i32(1)))
  })
}

/** A local: the code point that starts at an offset, which has `length` bytes. */
export function decodePoint(k: KernelBuilder, offset: Expr, length: Expr): Local {
  const point = k.let('point', byteAt(offset))
  k.if(ge(length, i32(2)), () => {
    const leadBits = and(point, shru(i32(0x7f), length))
    k.set(point, leadBits)
    k.range('tail', i32(1), length, tail => {
      k.set(point, or(shl(point, i32(6)), and(byteAt(add(offset, tail)), i32(0x3f))))
    })
  })
  return point
}

/** Writes a code point at the offset in local `to` and moves it behind. */
export function encodePoint(k: KernelBuilder, point: Expr, to: Local): void {
  const length = [0x80, 0x800, 0x10000].reduce<Expr>(
    (n, least) => add(n, toInt(ge(point, i32(least)))),
    i32(1),
  )
  const bytes = k.let('bytes', length)
  k.if(
    lt(bytes, i32(2)),
    () => k.store(bytesRegion, 'u8', to, point),
    () => {
      const lead = and(shru(i32(0xf00), bytes), i32(0xf0))
      const shift = k.let('shift', mulSix(sub(bytes, i32(1))))
      k.store(bytesRegion, 'u8', to, or(lead, shru(point, shift)))
      k.range('tail', i32(1), bytes, tail => {
        const bits = and(shru(point, sub(shift, mulSix(tail))), i32(0x3f))
        k.store(bytesRegion, 'u8', add(to, tail), or(i32(0x80), bits))
      })
    },
  )
  k.set(to, add(to, bytes))
}

const mulSix = (x: Expr): Expr => add(shl(x, i32(2)), shl(x, i32(1)))
