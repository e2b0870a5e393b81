/** What a regular expression is made of, once it has been read. */

/** Code points from the first to the last, both included. */
export type PointRange = readonly [first: number, last: number]

export type Regexp =
  /** One code point of these ranges, which are in order and do not touch. */
  | { readonly kind: 'point'; readonly ranges: readonly PointRange[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Regexp[] }
  /** The first is preferred to those behind it. */
  | { readonly kind: 'choice'; readonly options: readonly Regexp[] }
  | { readonly kind: 'repeat'; readonly body: Regexp; readonly times: Times }
  | { readonly kind: 'group'; readonly body: Regexp; readonly number: number }
  /** Of the whole text. */
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

export interface Times {
  readonly least: number
  /** Undefined: any number. */
  readonly most: number | undefined
  /** Are more preferred to fewer? */
  readonly greedy: boolean
}

/** A pattern that was read, and how many groups it has. */
export interface Pattern {
  readonly root: Regexp
  readonly groups: number
}

export const POINT_MAX = 0x10ffff

/** Ranges in order, with those made one that overlap or touch. */
export function normalised(ranges: readonly PointRange[]): readonly PointRange[] {
  const merged: [number, number][] = []
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** All code points that ranges in order leave out. */
export function complement(ranges: readonly PointRange[]): readonly PointRange[] {
  const starts = [0, ...ranges.map(([, last]) => last + 1)]
  const ends = [...ranges.map(([first]) => first - 1), POINT_MAX]
  return starts.map((start, i) => [start, ends[i]] as const).filter(([first, last]) => first <= last)
}

/** Can it match without taking a code point? */
export function isNullable(node: Regexp): boolean {
  switch (node.kind) {
    case 'point':
      return false
    case 'sequence':
      return node.parts.every(isNullable)
    case 'choice':
      return node.options.some(isNullable)
    case 'repeat':
      return node.times.least === 0 || isNullable(node.body)
    case 'group':
      return isNullable(node.body)
    case 'start':
    case 'end':
      return true
  }
}
