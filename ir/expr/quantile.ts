/**
 * Quantiles from counts in buckets, as by C. Masson, J. E. Rim and H. K. Lee, DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees, 2019. Buckets are those of the first bits of a double: its sign, its
 * exponent, and as many of the digits behind it as cut each octave (from a power of two to the next) into PER_OCTAVE.
 * So the middle of a bucket is off by QUANTILE_ERROR of any value in it at the most. Magnitudes below the first octave
 * are taken for zero, those above the last are in its last bucket, and NaN is in the last of all.
 *
 * The kernels of compiler/lower/accumulators/quantile do the same operations, so that all bits agree.
 */
const OCTAVE_FIRST = -30
const OCTAVES = 80
const PER_OCTAVE = 32

/** The middle of a bucket is so far from a value in it, as a part of that value. */
export const QUANTILE_ERROR = 1 / (2 * PER_OCTAVE)

/** Of the high word of a double: the bits that a bucket does not know, and the middle of what they can be. */
export const BUCKET_SHIFT = 15
export const BUCKET_MIDDLE = 1 << (BUCKET_SHIFT - 1)
/** Buckets of magnitudes above zero, and what the first bits of a double begin with in the first of them. */
export const MAGNITUDES = OCTAVES * PER_OCTAVE
export const MAGNITUDE_FIRST = (1023 + OCTAVE_FIRST) * PER_OCTAVE
/** Buckets in the order of values: negative numbers, zero, positive numbers, NaN. */
export const ZERO_BUCKET = MAGNITUDES
export const NAN_BUCKET = 2 * MAGNITUDES + 1
export const BUCKETS = NAN_BUCKET + 1

/** The value at a part of the way through all of them in their order, rounded down: 0 is the first, 1 the last. */
export function quantileOf(values: readonly number[], fraction: number): number {
  const buckets = values.map(bucketOf).toSorted((a, b) => a - b)
  return middleOf(buckets[Math.floor(fraction * (values.length - 1))])
}

const double = new DataView(new ArrayBuffer(8))

function bucketOf(x: number): number {
  if (Number.isNaN(x)) return NAN_BUCKET
  double.setFloat64(0, x)
  const high = double.getInt32(0)
  const place = ((high & 0x7fffffff) >> BUCKET_SHIFT) - MAGNITUDE_FIRST + 1
  const magnitude = Math.max(0, Math.min(place, MAGNITUDES))
  return high < 0 ? ZERO_BUCKET - magnitude : ZERO_BUCKET + magnitude
}

function middleOf(bucket: number): number {
  if (bucket === NAN_BUCKET) return Number.NaN
  if (bucket === ZERO_BUCKET) return 0
  const distance = bucket - ZERO_BUCKET
  const place = Math.abs(distance) - 1 + MAGNITUDE_FIRST
  double.setInt32(0, (place << BUCKET_SHIFT) + BUCKET_MIDDLE)
  double.setInt32(4, 0)
  return Math.sign(distance) * double.getFloat64(0)
}
