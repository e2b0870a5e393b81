/** A regular expression as a graph over bytes: places that take a byte, and choices between them (Thompson). */
import { MillraceError } from '../../../ir/errors.ts'
import type { PointRange, Regexp, Times } from '../../../ir/expr/regexp/syntax.ts'
import { type ByteSpan, byteSequences } from './bytes.ts'

export type Place =
  | { readonly kind: 'byte'; readonly span: ByteSpan; readonly next: number }
  /** The first is preferred. */
  | { readonly kind: 'split'; first: number; second: number }
  /** A border of the group that is asked for. */
  | { readonly kind: 'mark'; readonly mark: Mark; readonly next: number }
  | { readonly kind: 'start'; readonly next: number }
  | { readonly kind: 'end'; readonly next: number }
  | { readonly kind: 'match' }

/** Bits of what a step says about the group. */
export const Mark = { begins: 1, ends: 2 } as const
export type Mark = (typeof Mark)[keyof typeof Mark]

export interface RegexpProgram {
  readonly places: readonly Place[]
  readonly start: number
}

export const PLACES_MAX = 2000

/** Throws LDB-1001 where the graph would be too large. */
export function programOf(root: Regexp, group: number): RegexpProgram {
  const builder = new Builder(group)
  return { start: builder.build(root, builder.add({ kind: 'match' })), places: builder.places }
}

/** Built from the end: each piece knows what follows it. */
class Builder {
  readonly places: Place[] = []
  readonly #group: number

  constructor(group: number) {
    this.#group = group
  }

  add(place: Place): number {
    if (this.places.length === PLACES_MAX) throw tooLarge(`more than ${PLACES_MAX} places`)
    return this.places.push(place) - 1
  }

  /** The place where the piece begins. */
  build(node: Regexp, next: number): number {
    switch (node.kind) {
      case 'point':
        return this.#point(node.ranges, next)
      case 'sequence':
        return node.parts.reduceRight((behind, part) => this.build(part, behind), next)
      case 'choice':
        return this.#firstOf(node.options.map(option => this.build(option, next)))
      case 'group':
        return node.number === this.#group ? this.#marked(node.body, next) : this.build(node.body, next)
      case 'repeat':
        return this.#repeat(node.body, node.times, next)
      case 'start':
      case 'end':
        return this.add({ kind: node.kind, next })
    }
  }

  #point(ranges: readonly PointRange[], next: number): number {
    const sequences = byteSequences(ranges).map(spans =>
      spans.reduceRight((behind, span) => this.add({ kind: 'byte', span, next: behind }), next),
    )
    return this.#firstOf(sequences)
  }

  #firstOf(options: readonly number[]): number {
    return options.reduceRight((second, first) => this.add({ kind: 'split', first, second }))
  }

  #marked(body: Regexp, next: number): number {
    const end = this.add({ kind: 'mark', mark: Mark.ends, next })
    return this.add({ kind: 'mark', mark: Mark.begins, next: this.build(body, end) })
  }

  #repeat(body: Regexp, { least, most, greedy }: Times, next: number): number {
    let behind = most === undefined ? this.#loop(body, greedy, next) : next
    for (let n = least; n < (most ?? least); n++)
      behind = this.#choice(this.build(body, behind), next, greedy)
    for (let n = 0; n < least; n++) behind = this.build(body, behind)
    return behind
  }

  #choice(inside: number, outside: number, greedy: boolean): number {
    const [first, second] = greedy ? [inside, outside] : [outside, inside]
    return this.add({ kind: 'split', first, second })
  }

  #loop(body: Regexp, greedy: boolean, next: number): number {
    const split: Place & { kind: 'split' } = { kind: 'split', first: next, second: next }
    const at = this.add(split)
    split[greedy ? 'first' : 'second'] = this.build(body, at)
    return at
  }
}

export const tooLarge = (what: string): MillraceError =>
  new MillraceError('LDB-1001', `the pattern needs ${what}`, {
    fix: 'repeat less, or match a simpler part of it first',
  })
