/** Column types as users write them: `t.int64`, `t.utf8.nullable`, `t.timestamp('us')`. */
import type { ColumnType } from '../../../ir/schema.ts'
import type { DataType, TimeUnit } from '../../../ir/types.ts'

/** A column that is never null, and the way to one that may be. */
export interface NotNull<T extends DataType> extends ColumnType<T, false> {
  readonly nullable: false
  /** The same type, with nulls. */
  readonly orNull: ColumnType<T, true>
}

const column = <T extends DataType>(type: T): NotNull<T> => ({
  type,
  nullable: false,
  orNull: { type, nullable: true },
})

export const t = {
  bool: column('bool'),
  int8: column('int8'),
  int16: column('int16'),
  int32: column('int32'),
  int64: column('int64'),
  uint8: column('uint8'),
  uint16: column('uint16'),
  uint32: column('uint32'),
  uint64: column('uint64'),
  float32: column('float32'),
  float64: column('float64'),
  utf8: column('utf8'),
  binary: column('binary'),
  date: column('date'),
  /** Ticks since 1970 in the unit given, without a time zone. */
  timestamp: <U extends TimeUnit>(unit: U): NotNull<`timestamp[${U}]`> => column(`timestamp[${unit}]`),
} as const
