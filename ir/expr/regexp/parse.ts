/**
 * Reads a regular expression: the part of RE2's syntax that is common to RE2, Perl and JavaScript. What it does not know is
 * refused with its position, and so is the repetition of what may match nothing, of which they mean different things.
 */
import { MillraceError } from '../../errors.ts'
import { classOf, shorthand } from './classes.ts'
import { Cursor } from './cursor.ts'
import { complement, isNullable, type Pattern, type Regexp, type Times } from './syntax.ts'

export const PATTERN_POINTS_MAX = 1000
/** As RE2 has it. */
export const REPEAT_MAX = 1000

/** Throws LDB-1001 for what is not supported, and LDB-1002 for what is no pattern. */
export function parsePattern(text: string): Pattern {
  const cursor = new Cursor(text)
  if (cursor.length > PATTERN_POINTS_MAX) {
    throw new MillraceError('LDB-1001', `a pattern of more than ${PATTERN_POINTS_MAX} code points`, {
      fix: 'use a shorter pattern, or several',
    })
  }
  const parser = new Parser(cursor)
  const root = parser.choice()
  if (!cursor.isDone) throw cursor.malformed('a ) that closes nothing')
  return { root, groups: parser.groups }
}

class Parser {
  readonly #cursor: Cursor
  groups = 0

  constructor(cursor: Cursor) {
    this.#cursor = cursor
  }

  choice(): Regexp {
    const options = [this.#sequence()]
    while (this.#cursor.take('|')) options.push(this.#sequence())
    return options.length === 1 ? options[0] : { kind: 'choice', options }
  }

  #sequence(): Regexp {
    const parts: Regexp[] = []
    while (!this.#cursor.isDone && !this.#cursor.isAt('|') && !this.#cursor.isAt(')'))
      parts.push(this.#piece())
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts }
  }

  #piece(): Regexp {
    const { at } = this.#cursor
    const body = this.#atom()
    const times = this.#times()
    if (!times) return body
    if (body.kind === 'start' || body.kind === 'end') throw this.#cursor.unsupported('a repeated anchor', at)
    if (times.most === undefined && isNullable(body)) {
      throw this.#cursor.unsupported('the repetition of what may match nothing', at)
    }
    if (this.#times()) throw this.#cursor.unsupported('a repetition of a repetition', at)
    return { kind: 'repeat', body, times }
  }

  #times(): Times | undefined {
    const counts = this.#counts()
    if (!counts) return undefined
    const greedy = !this.#cursor.take('?')
    if (this.#cursor.isAt('+')) throw this.#cursor.unsupported('a repetition that gives nothing back')
    return { ...counts, greedy }
  }

  #counts(): Omit<Times, 'greedy'> | undefined {
    const cursor = this.#cursor
    if (cursor.take('*')) return { least: 0, most: undefined }
    if (cursor.take('+')) return { least: 1, most: undefined }
    if (cursor.take('?')) return { least: 0, most: 1 }
    const found = cursor.match(/^\{(\d+)(,?)(\d*)\}/)
    if (!found) return undefined
    const least = Number(found[1])
    const most = found[2] === '' ? least : found[3] === '' ? undefined : Number(found[3])
    if (Math.max(least, most ?? 0) > REPEAT_MAX) throw cursor.unsupported(`more than ${REPEAT_MAX} times`)
    if (most !== undefined && most < least) throw cursor.malformed('a repetition from more to fewer')
    return { least, most }
  }

  #atom(): Regexp {
    const cursor = this.#cursor
    if (cursor.take('(')) return this.#group()
    if (cursor.take('[')) return { kind: 'point', ranges: classOf(cursor) }
    if (cursor.take('.')) return { kind: 'point', ranges: complement([[0x0a, 0x0a]]) }
    if (cursor.take('^')) return { kind: 'start' }
    if (cursor.take('$')) return { kind: 'end' }
    if (cursor.take('\\')) return this.#escape()
    if (['*', '+', '?'].some(char => cursor.isAt(char))) throw cursor.malformed('a repetition of nothing')
    const point = cursor.next()
    return { kind: 'point', ranges: [[point, point]] }
  }

  #group(): Regexp {
    const cursor = this.#cursor
    const { at } = cursor
    const captures = !cursor.take('?:')
    if (captures && cursor.isAt('?')) throw cursor.unsupported('a group that begins with (?')
    const number = captures ? ++this.groups : 0
    const body = this.choice()
    if (!cursor.take(')')) throw cursor.malformed('a ( that nothing closes', at - 1)
    return captures ? { kind: 'group', body, number } : body
  }

  #escape(): Regexp {
    const cursor = this.#cursor
    if (cursor.take('A')) return { kind: 'start' }
    if (cursor.take('z')) return { kind: 'end' }
    return { kind: 'point', ranges: shorthand(cursor) ?? [cursor.escaped()] }
  }
}
