/** Which of several sources is read next: the one whose watermark is the least, of equal ones the first of the plan. */
export const furthestBehind = (
  sources: readonly number[],
  watermarkOf: (source: number) => bigint,
): number | undefined =>
  sources.reduce<number | undefined>(
    (best, one) => (best === undefined || watermarkOf(one) < watermarkOf(best) ? one : best),
    undefined,
  )
