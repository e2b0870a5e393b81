/** Column types as users write them: `t.int64`, `t.utf8.orNull`, `t.timestamp('us')`. */
import { MillraceError } from '../../../ir/errors.ts'
import type { ColumnType } from '../../../ir/schema.ts'
import { type DataType, DIGITS_MAX, type TimeUnit } from '../../../ir/types.ts'

/** A column that is never null, and the way to one that may be. */
export interface NotNull<T extends DataType> extends ColumnType<T, false> {
  /** Never. */
  readonly nullable: false
  /** The same type, with nulls. */
  readonly orNull: ColumnType<T, true>
}

const column = <T extends DataType>(type: T): NotNull<T> => ({
  type,
  nullable: false,
  orNull: { type, nullable: true },
})

function checkDigits(precision: number, scale: number): void {
  if (precision > DIGITS_MAX)
    throw new MillraceError('LDB-1001', `a decimal of ${precision} digits`, {
      fix: `use ${DIGITS_MAX} digits at most: an amount is rarely longer`,
    })
  if (Number.isInteger(precision) && Number.isInteger(scale) && scale >= 0 && precision >= Math.max(scale, 1))
    return
  throw new MillraceError('LDB-0001', `decimal(${precision}, ${scale}) has no such digits`, {
    fix: 'give the number of all digits, and of those behind the point, which are no more',
  })
}

/** The column types, each of them not null; `t.int64.orNull` is the one that may be. */
export const t = {
  /** true or false. */
  bool: column('bool'),
  /** -128 to 127, a number in JavaScript. */
  int8: column('int8'),
  /** -32,768 to 32,767, a number in JavaScript. */
  int16: column('int16'),
  /** 32 bits, a number in JavaScript. */
  int32: column('int32'),
  /** 64 bits, a bigint in JavaScript. */
  int64: column('int64'),
  /** 0 to 255, a number in JavaScript. */
  uint8: column('uint8'),
  /** 0 to 65,535, a number in JavaScript. */
  uint16: column('uint16'),
  /** 32 bits, a number in JavaScript. */
  uint32: column('uint32'),
  /** 64 bits, a bigint in JavaScript. */
  uint64: column('uint64'),
  /** IEEE 754 single, a number in JavaScript. */
  float32: column('float32'),
  /** IEEE 754 double, a number in JavaScript. */
  float64: column('float64'),
  /** Text, a string in JavaScript; bytes that are not UTF-8 are LDB-7005. */
  utf8: column('utf8'),
  /** Bytes, a Uint8Array in JavaScript. */
  binary: column('binary'),
  /**
   * Exact numbers of so many digits, 18 at most, of which `scale` stand behind the point: `t.decimal(12, 2)`. In JavaScript a
   * bigint of units: 1.25 of scale 2 is 125n; a row may have the text '1.25' as well. LDB-1001 for more digits, LDB-0001 for
   * what are no numbers of digits.
   */
  decimal: <P extends number, S extends number = 0>(
    precision: P,
    scale: S = 0 as S,
  ): NotNull<`decimal(${P},${S})`> => {
    checkDigits(precision, scale)
    return column(`decimal(${precision},${scale})`)
  },
  /** Days since 1970, a number in JavaScript. */
  date: column('date'),
  /** Ticks since 1970 in the unit given, without a time zone; a bigint in JavaScript. */
  timestamp: <U extends TimeUnit>(unit: U): NotNull<`timestamp[${U}]`> => column(`timestamp[${unit}]`),
} as const
