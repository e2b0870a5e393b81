/**
 * Variances and covariances without sums of products, which lose all digits where values are large and near to each
 * other: the means and the sum of the products of distances from them are kept up row by row (B. P. Welford, Note on a
 * method for calculating corrected sums of squares and products, Technometrics 4, 1962), and those of two parts are
 * joined as by T. F. Chan, G. H. Golub and R. J. LeVeque, Updating formulae and a pairwise algorithm for computing
 * sample variances, 1979. A variance is the covariance of a value with itself.
 *
 * The kernels of compiler/lower/accumulators/products do the same operations in the same order, so that all bits agree.
 * An infinity or a NaN among the values makes NaN of the products. So may finite values whose differences leave the
 * range of doubles.
 */
export type Pair = readonly [number, number]

/** The pairs that came so far: how many, their means, and the sum of the products of their distances from them. */
export interface Moments {
  readonly rows: number
  readonly means: Pair
  readonly products: number
}

export const NO_MOMENTS: Moments = { rows: 0, means: [0, 0], products: 0 }

function including({ rows: before, means, products }: Moments, [x, y]: Pair): Moments {
  const rows = before + 1
  const distance = x - means[0]
  const meanOfX = means[0] + distance / rows
  const meanOfY = means[1] + (y - means[1]) / rows
  return { rows, means: [meanOfX, meanOfY], products: products + distance * (y - meanOfY) }
}

/** In the order of the pairs. */
export const addMoments = (held: Moments, pairs: readonly Pair[]): Moments => pairs.reduce(including, held)

/** The moments of the whole from those of two parts. What is empty changes nothing. */
export function joinMoments(held: Moments, other: Moments): Moments {
  if (other.rows === 0) return held
  const rows = held.rows + other.rows
  const share = other.rows / rows
  const [ofX, ofY] = [other.means[0] - held.means[0], other.means[1] - held.means[1]]
  return {
    rows,
    means: [held.means[0] + ofX * share, held.means[1] + ofY * share],
    products: held.products + other.products + ofX * (ofY * (held.rows * share)),
  }
}

/**
 * Pearson's coefficient of correlation from sums of products and of squares: what the products are of the most that
 * they could be, which is the root of both squares. One root is exact where values are proportional; two of them do
 * not leave the range. Null where one side does not vary.
 */
export function correlation(products: number, squaresOfX: number, squaresOfY: number): number | null {
  if (squaresOfX === 0 || squaresOfY === 0) return null
  const square = squaresOfX * squaresOfY
  const isInRange = square > 0 && square <= Number.MAX_VALUE
  const most = isInRange ? Math.sqrt(square) : Math.sqrt(squaresOfX) * Math.sqrt(squaresOfY)
  const ratio = products / most
  return Math.max(-1, Math.min(ratio, 1))
}
