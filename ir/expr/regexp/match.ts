/**
 * What a regular expression means: of all matches the first by where it begins, and of those the one that is preferred from
 * left to right, as in Perl and RE2. A piece of the pattern is a function from the ways in which a text has been matched up
 * to it, in order of preference, to those up to its end. Of two ways to one position the second never counts: what follows
 * would go the same way from there. So the work is bounded by the text and the pattern.
 */
import type { Pattern, Regexp, Times } from './syntax.ts'

/** A way through the text: where it has come to, and what the group took when it last took something. */
interface Way {
  readonly at: number
  readonly from?: number
  readonly to?: number
}

/** The text that a group of the first match took; undefined where there is none, or where it took no part. Group 0 is all. */
export function matchGroup(pattern: Pattern, text: string, group: number): string | undefined {
  const points = [...text]
  for (let start = 0; start <= points.length; start++) {
    const [way] = new Matcher(points, group).through(pattern.root, [{ at: start }])
    if (!way) continue
    if (group === 0) return points.slice(start, way.at).join('')
    return way.from === undefined ? undefined : points.slice(way.from, way.to).join('')
  }
  return undefined
}

/** A way that may take up to so many times more. */
interface Todo {
  readonly way: Way
  readonly left: number
}

class Matcher {
  readonly #points: readonly string[]
  readonly #group: number

  constructor(points: readonly string[], group: number) {
    this.#points = points
    this.#group = group
  }

  through(node: Regexp, ways: readonly Way[]): readonly Way[] {
    return firstOfEach(ways.flatMap(way => this.#from(node, way)))
  }

  #from(node: Regexp, way: Way): readonly Way[] {
    switch (node.kind) {
      case 'point':
        return this.#isAt(node.ranges, way.at) ? [{ ...way, at: way.at + 1 }] : []
      case 'sequence':
        return node.parts.reduce<readonly Way[]>((ways, part) => this.through(part, ways), [way])
      case 'choice':
        return node.options.flatMap(option => this.through(option, [way]))
      case 'group':
        return this.through(node.body, [way]).map(end =>
          node.number === this.#group ? { at: end.at, from: way.at, to: end.at } : end,
        )
      case 'repeat':
        return this.#repeated(node.body, node.times, way)
      case 'start':
        return way.at === 0 ? [way] : []
      case 'end':
        return way.at === this.#points.length ? [way] : []
    }
  }

  #repeated(body: Regexp, { least, most, greedy }: Times, way: Way): readonly Way[] {
    let ways: readonly Way[] = [way]
    for (let n = 0; n < least; n++) ways = this.through(body, ways)
    return ways.flatMap(one => this.#optional(body, (most ?? Number.POSITIVE_INFINITY) - least, greedy, one))
  }

  /** Up to so many times more. What is repeated without end takes something each time. */
  #optional(body: Regexp, most: number, greedy: boolean, way: Way): readonly Way[] {
    const seen = new Set<string>()
    const ways: Way[] = []
    const todo: Todo[] = [{ way, left: most }]
    for (let next = todo.pop(); next; next = todo.pop()) {
      const { way: from, left } = next
      const place = `${from.at} ${left}`
      if (left === 0) ways.push(from)
      else if (!seen.has(place)) {
        seen.add(place)
        const more = this.through(body, [from]).map(one => ({ way: one, left: left - 1 }))
        const enough = { way: from, left: 0 }
        todo.push(...(greedy ? [...more, enough] : [enough, ...more]).reverse())
      }
    }
    return ways
  }

  #isAt(ranges: readonly (readonly [number, number])[], at: number): boolean {
    const point = this.#points[at]?.codePointAt(0)
    return point !== undefined && ranges.some(([first, last]) => first <= point && point <= last)
  }
}

function firstOfEach(ways: readonly Way[]): readonly Way[] {
  const seen = new Set<number>()
  return ways.filter(({ at }) => !seen.has(at) && seen.add(at))
}
