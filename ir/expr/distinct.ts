/**
 * How many distinct values there are, from a sketch: HyperLogLog (P. Flajolet and others, HyperLogLog: the analysis of
 * a near-optimal cardinality estimation algorithm, 2007) with the estimate of O. Ertl, New cardinality estimation
 * algorithms for HyperLogLog sketches, 2017, algorithm 6, which is good for few values as for many, without tables and
 * without logarithms.
 *
 * A value is hashed to 64 bits. Some of them choose a register, others have a rank: how many of them come up to the
 * first that is one. A register holds the largest rank that it was chosen with, so that it tells of about 2^rank values.
 * The kernels of compiler/lower/accumulators/distinct do the same operations, so that all bits agree.
 */
import { type DataType, isFloat } from '../types.ts'
import type { Value } from './expr.ts'

/** A power of two. */
export const REGISTERS = 2048
/** Bits of a hash that have a rank: it is one more where all of them are zero. */
export const RANK_BITS = 31
export const RANK_MAX = RANK_BITS + 1
/** 1 / (2 ln 2): what the estimate is biased by where there are many registers. */
export const BIAS = 0.7213475204444817

/** An odd multiplier whose products are well mixed when halves are joined before and after it. */
export const MIXER = 0xd6e8feb86659fd93n
/** What the two hashes of 32 bits multiply by that a text has. */
export const TEXT_MULTIPLIERS = [0x9e3779b1, 0x85ebca6b] as const

/** The number of distinct values, none of which is null. */
export function estimateDistinct(values: readonly Value[], type: DataType): bigint {
  const ranks = new Map<number, number>()
  for (const value of values) {
    const { register, rank } = placeOf(wordOf(value, type))
    ranks.set(register, Math.max(rank, ranks.get(register) ?? 0))
  }
  return estimate([...ranks.values()])
}

/** The ranks of the registers that hold any. The sum of their powers is exact in whatever order it is made. */
function estimate(ranks: readonly number[]): bigint {
  if (ranks.length === 0) return 0n
  const full = ranks.filter(rank => rank === RANK_MAX).length
  const between = ranks.reduce((sum, rank) => (rank === RANK_MAX ? sum : sum + 2 ** -rank), 0)
  const above = ofFull(1 - full / REGISTERS) * (REGISTERS * 2 ** -RANK_BITS)
  const below = ofEmpty((REGISTERS - ranks.length) / REGISTERS) * REGISTERS
  const count = Math.floor((BIAS * REGISTERS * REGISTERS) / (above + between + below) + 0.5)
  return count < 2 ** 63 ? BigInt(count) : COUNT_MAX
}

/** Where all registers are full, which takes 2^42 values or an ill will. */
const COUNT_MAX = (1n << 63n) - 1n

/** What registers stand for that hold no rank, by their share of all (sigma). */
function ofEmpty(share: number): number {
  let [x, power, sum] = [share, 1, share]
  for (let before = -1; sum !== before; ) {
    x *= x
    before = sum
    sum += x * power
    power += power
  }
  return sum
}

/** What registers stand for that hold the largest rank there is, by the share of the others (tau). */
function ofFull(share: number): number {
  let [x, power, sum] = [share, 1, 1 - share]
  for (let before = -1; sum !== before; ) {
    x = Math.sqrt(x)
    before = sum
    power *= 0.5
    sum -= (1 - x) * (1 - x) * power
  }
  return sum / 3
}

/** A hash of 64 bits whose high half has the rank. */
function placeOf(word: bigint): { readonly register: number; readonly rank: number } {
  const once = joinHalves(word) * MIXER
  const twice = joinHalves(once) * MIXER
  const [low, high] = halvesOf(twice)
  return { register: (low ^ high) & (REGISTERS - 1), rank: Math.clz32(high >>> 1) }
}

const joinHalves = (x: bigint): bigint => BigInt.asUintN(64, x) ^ (BigInt.asUintN(64, x) >> 32n)

const halvesOf = (x: bigint): readonly [number, number] => [
  Number(BigInt.asIntN(32, x)),
  Number(BigInt.asIntN(32, x >> 32n)),
]

/** 64 bits that stand for a value: itself, the bits of a double with one NaN and one zero, two hashes of a text. */
function wordOf(value: Value, type: DataType): bigint {
  if (typeof value === 'string') return wordOfBytes(new TextEncoder().encode(value))
  if (value instanceof Uint8Array) return wordOfBytes(value)
  return isFloat(type) ? wordOfDouble(value as number) : BigInt(value as number | bigint | boolean)
}

function wordOfDouble(x: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, Number.isNaN(x) ? Number.NaN : x === 0 ? 0 : x)
  return bits.getBigInt64(0)
}

function wordOfBytes(bytes: Uint8Array): bigint {
  const [low, high] = TEXT_MULTIPLIERS.map(multiplier => BigInt(hashBytes(bytes, multiplier) >>> 0))
  return low + (high << 32n)
}

/** Four bytes at a time, then one. */
function hashBytes(bytes: Uint8Array, multiplier: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const words = Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt32(4 * i, true))
  return [...words, ...bytes.subarray(4 * words.length)].reduce((hash, word) => {
    const product = Math.imul(hash ^ word, multiplier)
    return product ^ (product >>> 15)
  }, bytes.length)
}
