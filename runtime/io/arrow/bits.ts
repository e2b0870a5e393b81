/** Bitmaps as Arrow has them: least significant bit first, 1 is true or valid. Knows no columns. */

export const bitAt = (bits: Uint8Array, at: number): number => (bits[at >> 3] >> (at & 7)) & 1

export const setBit = (bits: Uint8Array, at: number): void => {
  bits[at >> 3] |= 1 << (at & 7)
}

/** Bytes that `count` bits take from bit `start` of their first byte on. */
export const bitBytes = (start: number, count: number): number => ((start & 7) + count + 7) >> 3

/** A zeroed bitmap; whole words, as Arrow recommends. */
export const makeBits = (count: number): Uint8Array => new Uint8Array(((count + 63) >> 6) << 3)

/** Copies the bytes that hold `count` bits; returns the bit of the target that the first one is now. */
export function copyBits(target: Uint8Array, source: Uint8Array, start: number, count: number): number {
  const from = start >> 3
  target.set(source.subarray(from, from + bitBytes(start, count)))
  return start & 7
}

/** Bits from bytes that are 0 or 1; `invert` makes a null flag a validity bit. */
export function packBits(flags: Uint8Array, count: number, invert: boolean): Uint8Array {
  const bits = makeBits(count)
  const flip = invert ? 0xff : 0
  const whole = count >> 3
  for (let at = 0; at < whole; at++) bits[at] = packByte(flags, at << 3) ^ flip
  for (let i = whole << 3; i < count; i++) bits[whole] |= (flags[i] ^ (flip & 1)) << (i & 7)
  return bits
}

const packByte = (flags: Uint8Array, i: number): number =>
  flags[i] |
  (flags[i + 1] << 1) |
  (flags[i + 2] << 2) |
  (flags[i + 3] << 3) |
  (flags[i + 4] << 4) |
  (flags[i + 5] << 5) |
  (flags[i + 6] << 6) |
  (flags[i + 7] << 7)

/** Bits `rows[i] + start` of a bitmap, side by side. */
export function gatherBits(source: Uint8Array, rows: Int32Array, start: number): Uint8Array {
  const bits = makeBits(rows.length)
  let byte = 0
  for (let i = 0; i < rows.length; i++) {
    byte |= bitAt(source, rows[i] + start) << (i & 7)
    if ((i & 7) === 7) {
      bits[i >> 3] = byte
      byte = 0
    }
  }
  if (rows.length & 7) bits[rows.length >> 3] = byte
  return bits
}

/** How many of the first `count` bits are 0. */
export function countZeros(bits: Uint8Array, count: number): number {
  let ones = 0
  const whole = count >> 3
  for (let at = 0; at < whole; at++) ones += onesOf[bits[at]]
  if (count & 7) ones += onesOf[bits[whole] & ((1 << (count & 7)) - 1)]
  return count - ones
}

/** Ones in each byte. */
const onesOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)
