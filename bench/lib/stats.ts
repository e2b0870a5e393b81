/** Order statistics of a few measurements. */

/** The value below which that share of the values lies; the nearest one there is. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('no values')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)]
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)
