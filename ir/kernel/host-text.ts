/**
 * Texts as only the host can compute them: JavaScript's own case mapping and number format, on ranges of the bytes
 * region. These functions are the meaning of the ops `*.text`. They make JavaScript strings, so a kernel that calls
 * one does allocate; a range of ASCII never does. A range outside of the region is a broken invariant (law 7).
 */

/** Full case mapping makes UTF-8 at most this many times as long (U+0390 in upper case); see test/kernel/host-ops. */
export const RECASED_GROWTH = 3
/** Bytes of the longest text of a number: a sign, "0.00000" and 17 digits with no more than a point. */
export const NUMBER_TEXT_BYTES = 25

const encoder = new TextEncoder()
/** A leading byte order mark is part of the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const FIRST_NON_ASCII = 0x80
const CASE_BIT = 0x20

function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > bytes.length) {
    throw new Error(`broken invariant: bytes ${offset} to ${offset + length} lie outside of the region`)
  }
}

/** Writes the recased range to `to` and returns its length, which is RECASED_GROWTH times the old one at most. */
const recased =
  (first: number, change: (text: string) => string) =>
  (bytes: Uint8Array, offset: number, length: number, to: number): number => {
    checkRange(bytes, offset, length)
    checkRange(bytes, to, length)
    for (let i = 0; i < length; i++) {
      const byte = bytes[offset + i]
      if (byte >= FIRST_NON_ASCII) return recode(bytes, offset, length, to, change)
      bytes[to + i] = byte >= first && byte < first + 26 ? byte ^ CASE_BIT : byte
    }
    return length
  }

function recode(
  bytes: Uint8Array,
  offset: number,
  length: number,
  to: number,
  change: (text: string) => string,
): number {
  checkRange(bytes, to, length * RECASED_GROWTH)
  const text = decoder.decode(bytes.subarray(offset, offset + length))
  return encoder.encodeInto(change(text), bytes.subarray(to, to + length * RECASED_GROWTH)).written
}

export const upperText = recased('a'.charCodeAt(0), text => text.toUpperCase())
export const lowerText = recased('A'.charCodeAt(0), text => text.toLowerCase())

/** Writes a number as JavaScript prints it to `to` and returns the length. */
export function numberText(bytes: Uint8Array, x: number, to: number): number {
  const text = String(x)
  checkRange(bytes, to, text.length)
  for (let i = 0; i < text.length; i++) bytes[to + i] = text.charCodeAt(i)
  return text.length
}

/** The number that JavaScript makes of a text, NaN where it is none. */
export function parseNumber(bytes: Uint8Array, offset: number, length: number): number {
  checkRange(bytes, offset, length)
  return Number(decoder.decode(bytes.subarray(offset, offset + length)))
}
