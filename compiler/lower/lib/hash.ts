/**
 * The hash of all tables: one 32-bit multiply per word, the same bits on every tier. It only picks buckets; keys of
 * more than one word are always compared in full, so a bad hash makes a table slow, never wrong.
 */
import {
  add,
  eq,
  f64,
  ge,
  high,
  i32,
  type KernelBuilder,
  load,
  low,
  lt,
  mul,
  op,
  select,
  shru,
  sub,
  toInt,
  xor,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'

/** 2^32 / golden ratio, odd (Knuth, multiplicative hashing). */
const GOLDEN = 0x9e3779b1 | 0

/** One multiply, then the high bits into the low ones: the mask of a table keeps only those. */
function mixInto(k: KernelBuilder, hash: Local, word: Expr, multiplier = GOLDEN): void {
  k.set(hash, mul(xor(hash, word), i32(multiplier)))
  k.set(hash, xor(hash, shru(hash, i32(15))))
}

/** The bits of a double, the same for all that are NaN, and for both zeros. */
export const doubleBits = (x: Expr): Expr => op('bits.f64', select(eq(x, f64(0)), f64(0), x))

/** The 32-bit words that stand for a value of a key. */
export function wordsOf(value: Expr): readonly Expr[] {
  if (value.type === 'i64') return [low(value), high(value)]
  return [value.type === 'bool' ? toInt(value) : value]
}

/** A local that holds the hash of some words, or of those and what `before` is the hash of. */
export function hashWords(k: KernelBuilder, words: readonly Expr[], before: Expr = i32(words.length)): Local {
  const hash = k.let('hash', before)
  for (const word of words) mixInto(k, hash, word)
  return hash
}

/** Every step of a hash can be undone: that of a single word tells the word. */
export const isExact = (words: readonly Expr[]): boolean => words.length === 1

/** A local that holds the hash of a range of the bytes region, four bytes at a time; an odd multiplier gives another. */
export function hashBytes(
  k: KernelBuilder,
  bytes: Mem,
  offset: Expr,
  length: Expr,
  multiplier = GOLDEN,
): Local {
  const hash = k.let('hash', length)
  const at = k.let('at', offset)
  const end = k.let('end', add(offset, length))
  const lastWord = k.let('last_word', sub(end, i32(3)))
  k.loop('hash_words', label => {
    k.breakIf(ge(at, lastWord), label)
    mixInto(k, hash, load(bytes, 'i32', at), multiplier)
    k.set(at, add(at, i32(4)))
  })
  k.loop('hash_rest', label => {
    k.if(
      lt(at, end),
      () => {
        mixInto(k, hash, load(bytes, 'u8', at), multiplier)
        k.set(at, add(at, i32(1)))
      },
      () => k.break(label),
    )
  })
  return hash
}

/** The hash of a window or a pane, which is what its start is. */
export const hashOfWindow = (k: KernelBuilder, start: Expr): Local => hashWords(k, wordsOf(start))
