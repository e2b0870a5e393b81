/** Answers of subjects, and whether they are the same: a bench that computes something else is worthless. */

export type Cell = number | bigint | string | null

/** Rows of a result, in any order. */
export type Answer = readonly (readonly Cell[])[]

/** 5 and 5n are the same count. */
const textOf = (row: readonly Cell[]): string => row.map(String).join(' | ')

/** How many rows are in one of two answers and not in the other. */
export function mismatches(a: Answer, b: Answer): number {
  const counts = new Map<string, number>()
  const add = (rows: Answer, by: number): void => {
    for (const row of rows) counts.set(textOf(row), (counts.get(textOf(row)) ?? 0) + by)
  }
  add(a, 1)
  add(b, -1)
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0)
}

/** Says how two answers differ; undefined where they have the same rows, each as often. */
export function difference(expected: Answer, found: Answer): string | undefined {
  const counts = new Map<string, number>()
  for (const row of expected) {
    const text = textOf(row)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  for (const row of found) {
    const text = textOf(row)
    const count = counts.get(text)
    if (!count) return `has a row (${text}) that nobody else has`
    counts.set(text, count - 1)
  }
  if (found.length === expected.length) return undefined
  const missing = [...counts].find(([, count]) => count > 0)
  return `has ${found.length} rows instead of ${expected.length}; (${missing?.[0]}) is missing`
}
