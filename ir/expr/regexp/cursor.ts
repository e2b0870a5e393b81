/** A place in the text of a pattern. Positions are code points, counted from 1 where people read them. */
import { MillraceError } from '../../errors.ts'
import { POINT_MAX, type PointRange } from './syntax.ts'

/** Letters behind a backslash that stand for one code point. */
const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b }

export class Cursor {
  readonly #points: readonly string[]
  at = 0

  constructor(text: string) {
    this.#points = [...text]
  }

  get length(): number {
    return this.#points.length
  }

  get isDone(): boolean {
    return this.at >= this.length
  }

  isAt(text: string): boolean {
    return [...text].every((char, i) => this.#points[this.at + i] === char)
  }

  /** Goes behind a text where it stands here. */
  take(text: string): boolean {
    const found = this.isAt(text)
    if (found) this.at += text.length
    return found
  }

  /** Goes behind what a pattern of single code units finds here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#points.slice(this.at).join(''))
    if (found) this.at += found[0].length
    return found ?? undefined
  }

  next(): number {
    const point = this.#points[this.at]?.codePointAt(0)
    if (point === undefined) throw this.malformed('the end of the pattern')
    this.at++
    return point
  }

  /** What stands behind a backslash, where it is one code point. */
  escaped(): PointRange {
    const hex = this.match(/^x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/)
    if (hex) return this.#single(Number.parseInt(hex[1] ?? hex[2], 16))
    const char = this.#points[this.at] ?? ''
    if (Object.hasOwn(controls, char)) return this.#single(controls[char], 1)
    if (/^[0-9A-Za-z]$/.test(char)) throw this.unsupported(`\\${char}`)
    return this.#single(this.next())
  }

  #single(point: number, taken = 0): PointRange {
    this.at += taken
    if (point > POINT_MAX) throw this.malformed('a number that is no code point')
    return [point, point]
  }

  unsupported(what: string, at = this.at): MillraceError {
    return new MillraceError('LDB-1001', `the pattern has ${what} at position ${at + 1}`, {
      fix: 'classes, groups, alternatives, repetitions, ^ and $ are supported: write it with these',
    })
  }

  malformed(what: string, at = this.at): MillraceError {
    return new MillraceError('LDB-1002', `no regular expression: ${what} at position ${at + 1}`, {
      fix: 'put a backslash in front of a character that stands for itself',
    })
  }
}
