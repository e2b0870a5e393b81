/**
 * The hash of all tables in plain JavaScript, and keys whose hashes are equal. Each of its steps can be undone, so
 * that the last word of a key can be solved for: the keys do what a bad hash would do, with no seam in the product.
 */
const GOLDEN = 0x9e3779b1 | 0

/** One word into a hash. */
export function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, GOLDEN)
  return product ^ (product >>> 15)
}

/** `mix(0, unmix(h)) === h` */
export function unmix(hash: number): number {
  const product = hash ^ (hash >>> 15) ^ (hash >>> 30)
  return Math.imul(product, inverse(GOLDEN))
}

/** The inverse of an odd number modulo 2^32 (Newton: each round doubles the bits that are right). */
function inverse(odd: number): number {
  let x = odd
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x))
  return x
}

export const modelHashWords = (words: readonly number[]): number => words.reduce(mix, words.length)

export function modelHashBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const whole = bytes.length >> 2
  const words = Array.from({ length: whole }, (_, i) => view.getInt32(4 * i, true))
  return [...words, ...bytes.subarray(4 * whole)].reduce(mix, bytes.length)
}

/** The words of an i64, as tables hash them. */
export const wordsOfLong = (value: bigint): readonly [number, number] => [
  Number(BigInt.asIntN(32, value)),
  Number(BigInt.asIntN(32, value >> 32n)),
]

/** Which hashes a family of keys has: all the same, or others that all start at the same slot of a small table. */
export type Family = 'one hash' | 'one slot'
export const families: readonly Family[] = ['one hash', 'one slot']

const ANY_HASH = 0x1234567f
const hashOf = (family: Family, i: number): number => (family === 'one hash' ? ANY_HASH : i << 20)

/** Distinct texts of 8 bytes of such hashes. */
export function clashingTexts(family: Family, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const last = mix(8, i) ^ unmix(hashOf(family, i))
    return new Uint8Array(Int32Array.of(i, last).buffer)
  })
}

/** Distinct longs such that the words of `before` and then those of the long have such hashes. */
export function clashingLongs(
  family: Family,
  count: number,
  before: readonly number[] = [],
): readonly bigint[] {
  const start = before.reduce(mix, before.length + 2)
  return Array.from({ length: count }, (_, i) => {
    const last = mix(start, i) ^ unmix(hashOf(family, i))
    return (BigInt(last) << 32n) | BigInt(i)
  })
}
