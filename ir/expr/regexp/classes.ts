/** Classes of code points: `[a-z_]`, `[^&]`, and the letters \d, \w, \s of ASCII. */
import type { Cursor } from './cursor.ts'
import { complement, normalised, type PointRange } from './syntax.ts'

const DIGITS: readonly PointRange[] = [[0x30, 0x39]]
const WORDS: readonly PointRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
/** Tab, line feed, form feed, carriage return and space, as RE2 has it. */
const SPACES: readonly PointRange[] = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
]

/** The class of a letter behind a backslash, where it is that of one. */
export function shorthand(cursor: Cursor): readonly PointRange[] | undefined {
  const letters = { d: DIGITS, w: WORDS, s: SPACES }
  for (const [letter, ranges] of Object.entries(letters)) {
    if (cursor.take(letter)) return ranges
    if (cursor.take(letter.toUpperCase())) return complement(ranges)
  }
  return undefined
}

/** What stands behind `[`, up to and with the `]`. */
export function classOf(cursor: Cursor): readonly PointRange[] {
  const from = cursor.at - 1
  const isNegated = cursor.take('^')
  const ranges: PointRange[] = []
  // A bracket that comes first is one of the class.
  while (ranges.length === 0 || !cursor.take(']')) {
    if (cursor.isDone) throw cursor.malformed('a [ that nothing closes', from)
    ranges.push(...member(cursor))
  }
  const merged = normalised(ranges)
  const wanted = isNegated ? complement(merged) : merged
  if (wanted.length === 0) throw cursor.unsupported('a class of nothing', from)
  return wanted
}

function member(cursor: Cursor): readonly PointRange[] {
  if (cursor.isAt('[:')) throw cursor.unsupported('a class by name')
  const { at } = cursor
  const first = item(cursor)
  if (first.length !== 1 || first[0][0] !== first[0][1] || !cursor.isAt('-') || cursor.isAt('-]'))
    return first
  cursor.take('-')
  const last = item(cursor)
  const range: PointRange = [first[0][0], last[0][1]]
  if (last.length !== 1 || last[0][0] !== last[0][1] || range[0] > range[1]) {
    throw cursor.malformed('a range that ends before it begins', at)
  }
  return [range]
}

function item(cursor: Cursor): readonly PointRange[] {
  if (cursor.take('\\')) return shorthand(cursor) ?? [cursor.escaped()]
  const point = cursor.next()
  return [[point, point]]
}
