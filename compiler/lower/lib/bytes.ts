/** Ranges of the bytes region as kernel code: compare, copy. A range is an offset and a length. */
import {
  add,
  and,
  bool,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  lt,
  max32,
  min32,
  mul,
  ne,
  or,
  select,
  shl,
  sub,
  xor,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'

/** The region that all texts lie in: constants, the columns of the batch, computed texts, texts kept in state. */
export const bytesRegion: Mem = {
  name: 'bytes',
  role: 'bytes',
  fields: {
    u8: { type: 'u8', offset: 0, stride: 1 },
    /** Four and eight bytes from any position on. */
    i32: { type: 'i32', offset: 0, stride: 1 },
    i64: { type: 'i64', offset: 0, stride: 1 },
  },
}

/** Bytes that every area is followed by, so that a word may be read past its end. */
export const BYTES_SLACK = 8

export interface ByteRange {
  readonly offset: Expr
  readonly length: Expr
}

/** A local bool: do two ranges hold the same bytes? */
export const equalBytes = (k: KernelBuilder, a: ByteRange, b: ByteRange): Local =>
  held(k, leave => leaveUnlessSame(k, a, b, leave))

/** A local bool: was a piece of code not left? */
function held(k: KernelBuilder, code: (leave: () => void) => void): Local {
  const same = k.let('same', bool(false))
  k.block('compare', label => {
    code(() => k.break(label))
    k.set(same, bool(true))
  })
  return same
}

/** Leaves where two ranges do not hold the same bytes. Whole words; the last one overlaps the one before. */
export function leaveUnlessSame(k: KernelBuilder, a: ByteRange, b: ByteRange, leave: () => void): void {
  k.if(ne(a.length, b.length), leave)
  const last = k.let('last_word', sub(a.length, i32(4)))
  const compare = (at: Expr): void => {
    k.if(ne(wordAt(add(a.offset, at)), wordAt(add(b.offset, at))), leave)
  }
  const at = k.let('at', i32(0))
  k.if(
    lt(last, i32(0)),
    () => {
      skipSameBytes(k, a, b, at, a.length)
      k.if(lt(at, a.length), leave)
    },
    () => {
      k.loop('compare_words', label => {
        k.breakIf(ge(at, last), label)
        compare(at)
        k.set(at, add(at, i32(4)))
      })
      compare(last)
    },
  )
}

const wordAt = (offset: Expr): Expr => load(bytesRegion, 'i32', offset)

/** A local bool: does a range hold the same bytes as one that is the same for all rows? */
export const equalFixed = (k: KernelBuilder, a: ByteRange, fixed: ByteRange): Local =>
  held(k, leave => leaveUnlessFixed(k, a, fixed, leave))

/**
 * Leaves where a range does not hold the same bytes as one that is the same for all rows. The first and the last word
 * of that one are read once; most texts of its length differ there.
 */
export function leaveUnlessFixed(k: KernelBuilder, a: ByteRange, fixed: ByteRange, leave: () => void): void {
  const length = k.once('fixed_len', fixed.length)
  const last = k.once('last_at', max32(sub(length, i32(4)), i32(0)))
  const mask = k.once('mask', maskOf(length))
  const differs = [i32(0), last].map((at): Expr => {
    const word = k.once('word', and(wordAt(add(fixed.offset, at)), mask))
    return xor(and(wordAt(add(a.offset, at)), mask), word)
  })
  k.if(ne(a.length, length), leave)
  k.if(
    ne(
      differs.reduce((x, y) => or(x, y)),
      i32(0),
    ),
    leave,
  )
  k.if(gt(length, i32(8)), () => {
    const at = k.let('at', i32(4))
    k.loop('compare_words', label => {
      k.breakIf(ge(at, last), label)
      k.if(ne(wordAt(add(a.offset, at)), wordAt(add(fixed.offset, at))), leave)
      k.set(at, add(at, i32(4)))
    })
  })
}

/** The bits of a word that so many bytes, or four if they are more, take. */
const maskOf = (bytes: Expr): Expr =>
  select(ge(bytes, i32(4)), i32(-1), sub(shl(i32(1), mul(bytes, i32(8))), i32(1)))

/** A local i32 below, at or above zero, as range `a` comes before, with or after `b`. */
export function compareBytes(k: KernelBuilder, a: ByteRange, b: ByteRange): Local {
  const shared = k.let('shared', min32(a.length, b.length))
  const at = firstDifference(k, a, b, shared)
  const order = k.let('order', sub(a.length, b.length))
  k.if(ne(at, shared), () => {
    k.set(order, sub(byteAt(add(a.offset, at)), byteAt(add(b.offset, at))))
  })
  return order
}

export const byteAt = (offset: Expr): Expr => load(bytesRegion, 'u8', offset)

/** A local: the first position where the ranges differ, `length` at most. Four bytes at a time, then one. */
export function firstDifference(k: KernelBuilder, a: ByteRange, b: ByteRange, length: Expr): Local {
  const at = k.let('at', i32(0))
  const lastWord = k.let('last_word', sub(length, i32(4)))
  k.loop('compare_words', label => {
    k.breakIf(ge(at, add(lastWord, i32(1))), label)
    const [x, y] = [a, b].map(range => load(bytesRegion, 'i32', add(range.offset, at)))
    k.breakIf(ne(x, y), label)
    k.set(at, add(at, i32(4)))
  })
  skipSameBytes(k, a, b, at, length)
  return at
}

/** Moves a position on to the first byte that differs, `length` at most. */
function skipSameBytes(k: KernelBuilder, a: ByteRange, b: ByteRange, at: Local, length: Expr): void {
  k.loop('compare_bytes', label => {
    k.breakIf(ge(at, length), label)
    k.breakIf(ne(byteAt(add(a.offset, at)), byteAt(add(b.offset, at))), label)
    k.set(at, add(at, i32(1)))
  })
}

/** Copies a range to an offset; source and target do not overlap. */
export function copyBytes(k: KernelBuilder, from: ByteRange, to: Expr): void {
  k.range('at', i32(0), from.length, at => {
    k.store(bytesRegion, 'u8', add(to, at), byteAt(add(from.offset, at)))
  })
}

/** The sum of two lengths, or the largest i32 where it does not fit. */
export const addLengths = (a: Expr, b: Expr): Expr =>
  select(ge(a, sub(i32(0x7fffffff), b)), i32(0x7fffffff), add(a, b))

/** Is a byte the first of a code point (UTF-8)? */
export const startsPoint = (byte: Expr): Expr => ne(and(byte, i32(0xc0)), i32(0x80))
