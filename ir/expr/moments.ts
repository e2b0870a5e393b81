/**
 * Variances without the sum of squares, which loses all digits where values are large and near to each other: the mean
 * and the sum of squared distances from it are kept up value by value (B. P. Welford, Note on a method for calculating
 * corrected sums of squares and products, Technometrics 4, 1962), and those of two parts are joined as by T. F. Chan,
 * G. H. Golub and R. J. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.
 *
 * The kernels of compiler/lower/accumulators do the same operations in the same order, so that all bits agree. An
 * infinity or a NaN among the values makes NaN of the distances. So may finite values whose differences leave the range
 * of doubles.
 */

/** The values that came so far: how many, their mean, and the sum of their squared distances from it. */
export interface Spread {
  readonly rows: number
  readonly mean: number
  readonly squares: number
}

const NOTHING: Spread = { rows: 0, mean: 0, squares: 0 }

function including(held: Spread, x: number): Spread {
  const rows = held.rows + 1
  const distance = x - held.mean
  const mean = held.mean + distance / rows
  return { rows, mean, squares: held.squares + distance * (x - mean) }
}

/** In the order of the values. */
export const spreadOf = (values: readonly number[]): Spread => values.reduce(including, NOTHING)

/** Of two parts what it is of the whole. Joining with nothing changes nothing. */
export function joinSpreads(held: Spread, other: Spread): Spread {
  if (other.rows === 0) return held
  const rows = held.rows + other.rows
  const distance = other.mean - held.mean
  const share = other.rows / rows
  return {
    rows,
    mean: held.mean + distance * share,
    squares: held.squares + other.squares + distance * (distance * (held.rows * share)),
  }
}
