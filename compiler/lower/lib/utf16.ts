/** Positions in UTF-16 code units, as JavaScript counts them, over ranges of UTF-8. A pair is one point of 4 bytes. */
import {
  add,
  and,
  any,
  bool,
  eq,
  ge,
  i32,
  type KernelBuilder,
  le,
  lt,
  ne,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type ByteRange, byteAt, firstDifference, startsPoint } from './bytes.ts'
import { decodePoint, pointLength } from './utf8.ts'

/** Does a first byte start a point that takes two code units? */
export const startsPair = (first: Expr): Expr => ge(first, i32(0xf0))

/** A local: how many code units a range holds. */
export function countUnits(k: KernelBuilder, range: ByteRange): Local {
  const count = k.let('units', i32(0))
  k.range('at', i32(0), range.length, at => {
    const byte = k.let('byte', byteAt(add(range.offset, at)))
    k.set(count, add(count, add(toInt(startsPoint(byte)), toInt(startsPair(byte)))))
  })
  return count
}

/**
 * Moves `at` (a local offset) over `count` code units, to `end` at most. A local bool: does the count end inside of
 * a pair? Then `at` stands before the pair.
 */
export function skipUnits(k: KernelBuilder, at: Local, end: Expr, count: Expr): Local {
  const left = k.let('left', count)
  const splits = k.let('splits', bool(false))
  k.loop('skip_units', label => {
    k.breakIf(lt(left, i32(1)), label)
    k.breakIf(ge(at, end), label)
    const first = k.let('first', byteAt(at))
    k.set(splits, and(startsPair(first), eq(left, i32(1))))
    k.breakIf(splits, label)
    k.set(at, add(at, pointLength(first)))
    k.set(left, sub(sub(left, i32(1)), toInt(startsPair(first))))
  })
  return splits
}

/**
 * The rank of a byte where two texts differ. Surrogates come before U+E000 to U+FFFF in UTF-16, so the first bytes
 * of those points (EE and EF) rank above the first bytes of pairs (F0 to F4).
 */
const rank = (byte: Expr): Expr => add(byte, select(eq(and(byte, i32(0xfe)), i32(0xee)), i32(0x10), i32(0)))

/** A local bool: does range `a` come before range `b` in the order of code units? */
export function lessByUnits(k: KernelBuilder, a: ByteRange, b: ByteRange): Local {
  const shared = k.let('shared', select(lt(a.length, b.length), a.length, b.length))
  const at = firstDifference(k, a, b, shared)
  const less = k.let('less', lt(a.length, b.length))
  k.if(ne(at, shared), () => {
    const [x, y] = [a, b].map(range => rank(byteAt(add(range.offset, at))))
    k.set(less, lt(x, y))
  })
  return less
}

/** What JavaScript trims: white space and line ends, as ranges of code points. */
const spaces: readonly (readonly [number, number])[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]

const isSpace = (point: Expr): Expr =>
  any(
    spaces.map(([first, last]) =>
      first === last ? eq(point, i32(first)) : and(ge(point, i32(first)), le(point, i32(last))),
    ),
  )

/** Moves `start` (a local offset) behind white space, to `end` at most. */
export function skipSpaces(k: KernelBuilder, start: Local, end: Expr): void {
  k.loop('skip_spaces', label => {
    k.breakIf(ge(start, end), label)
    const bytes = k.let('bytes', pointLength(byteAt(start)))
    const point = decodePoint(k, start, bytes)
    k.if(
      isSpace(point),
      () => k.set(start, add(start, bytes)),
      () => k.break(label),
    )
  })
}

/** Moves `end` (a local offset) before white space, to `start` at least. */
export function dropSpaces(k: KernelBuilder, start: Expr, end: Local): void {
  k.loop('drop_spaces', label => {
    k.breakIf(le(end, start), label)
    const first = k.let('first', sub(end, i32(1)))
    k.loop('find_first', inner => {
      k.breakIf(le(first, start), inner)
      k.breakIf(startsPoint(byteAt(first)), inner)
      k.set(first, sub(first, i32(1)))
    })
    const point = decodePoint(k, first, sub(end, first))
    k.if(
      isSpace(point),
      () => k.set(end, first),
      () => k.break(label),
    )
  })
}
