/** Ranges of code points as what their UTF-8 looks like byte by byte. */
import type { PointRange } from '../../../ir/expr/regexp/syntax.ts'

export type ByteSpan = readonly [first: number, last: number]

/** The last code point of each length, and those around the surrogates, which no text has. */
const pieces: readonly PointRange[] = [
  [0, 0x7f],
  [0x80, 0x7ff],
  [0x800, 0xd7ff],
  [0xe000, 0xffff],
  [0x10000, 0x10ffff],
]
const TAIL: ByteSpan = [0x80, 0xbf]

/** Sequences of byte ranges that hold the UTF-8 of these code points and of no others. */
export const byteSequences = (ranges: readonly PointRange[]): readonly (readonly ByteSpan[])[] =>
  ranges.flatMap(([first, last]) =>
    pieces
      .map(([least, most]) => [Math.max(first, least), Math.min(last, most)] as const)
      .filter(([from, to]) => from <= to)
      .flatMap(([from, to]) => sequencesOf(utf8(from), utf8(to))),
  )

const utf8 = (point: number): readonly number[] => [...Buffer.from(String.fromCodePoint(point))]

/** Of two encodings of one length; what is between them is taken together where the bytes behind may be any. */
function sequencesOf(low: readonly number[], high: readonly number[]): readonly (readonly ByteSpan[])[] {
  const [[from, ...lowTail], [to, ...highTail]] = [low, high]
  if (lowTail.length === 0) return [[[from, to]]]
  const behind = (byte: number, least: readonly number[], most: readonly number[]) =>
    sequencesOf(least, most).map((rest): readonly ByteSpan[] => [[byte, byte], ...rest])
  if (from === to) return behind(from, lowTail, highTail)
  const first = lowTail.map(() => TAIL[0])
  const last = lowTail.map(() => TAIL[1])
  const [cutsLow, cutsHigh] = [
    lowTail.some(byte => byte !== TAIL[0]),
    highTail.some(byte => byte !== TAIL[1]),
  ]
  const middle: ByteSpan = [from + Number(cutsLow), to - Number(cutsHigh)]
  return [
    ...(cutsLow ? behind(from, lowTail, last) : []),
    ...(middle[0] <= middle[1] ? [[middle, ...lowTail.map(() => TAIL)]] : []),
    ...(cutsHigh ? behind(to, first, highTail) : []),
  ]
}
