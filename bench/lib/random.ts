/** Seeded chance: every run of a bench draws the same rows. */

/** The one seed of all benches. */
const SEED = 20_010_131

/** A whole number from 0 up to, but not including, `below`; `below` is 2^32 at most. */
export type Random = (below: number) => number

/** Mulberry32: small, fast, and good enough for data that nobody guesses. */
export function seededRandom(seed = SEED): Random {
  let state = seed | 0
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
