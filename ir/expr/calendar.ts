/**
 * The proleptic Gregorian calendar on day numbers (days since 1970-01-01). Algorithm: Howard Hinnant,
 * "chrono-compatible low-level date algorithms".
 */

export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
}

/** Day numbers beyond this are refused (LDB-2005): it keeps the arithmetic of kernels in 32 bits. */
export const DAYS_MAX = 1 << 28

const floorDiv = (a: number, b: number): number => Math.floor(a / b)

export function civilOfDays(days: number): CivilDate {
  const z = days + 719468
  const era = floorDiv(z, 146097)
  const dayOfEra = z - era * 146097
  const yearOfEra = floorDiv(
    dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36524) - floorDiv(dayOfEra, 146096),
    365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100))
  const shifted = floorDiv(5 * dayOfYear + 2, 153)
  const day = dayOfYear - floorDiv(153 * shifted + 2, 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

export function daysOfCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = floorDiv(y, 400)
  const yearOfEra = y - era * 400
  const dayOfYear = floorDiv(153 * (month > 2 ? month - 3 : month + 9) + 2, 5) + day - 1
  const dayOfEra = yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

/** 1 is Monday, 7 is Sunday. */
export const isoWeekday = (days: number): number => ((((days + 3) % 7) + 7) % 7) + 1

/** ISO 8601: week 1 holds the first Thursday of the year. */
export function isoWeek(days: number): number {
  const thursday = days - isoWeekday(days) + 4
  const { year } = civilOfDays(thursday)
  return floorDiv(thursday - daysOfCivil(year, 1, 1), 7) + 1
}
