/** The type at which two numbers meet, as the type checker knows it. */
import type { FloatType, IntegerType, NumericType } from '../../../ir/types.ts'

/** Where signed and unsigned integers meet; uint64 and a signed integer do not. */
interface IntegerMeet {
  int8: {
    uint8: 'int16'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int8'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  int16: {
    uint8: 'int16'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int16'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  int32: {
    uint8: 'int32'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int32'
    int16: 'int32'
    int32: 'int32'
    int64: 'int64'
  }
  int64: {
    uint8: 'int64'
    uint16: 'int64'
    uint32: 'int64'
    uint64: never
    int8: 'int64'
    int16: 'int64'
    int32: 'int64'
    int64: 'int64'
  }
  uint8: {
    uint8: 'uint8'
    uint16: 'uint16'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int16'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  uint16: {
    uint8: 'uint16'
    uint16: 'uint16'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int32'
    int16: 'int32'
    int32: 'int32'
    int64: 'int64'
  }
  uint32: {
    uint8: 'uint32'
    uint16: 'uint32'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int64'
    int16: 'int64'
    int32: 'int64'
    int64: 'int64'
  }
  uint64: {
    uint8: 'uint64'
    uint16: 'uint64'
    uint32: 'uint64'
    uint64: 'uint64'
    int8: never
    int16: never
    int32: never
    int64: never
  }
}

/** The type at which two numbers meet; the same table as ir/expr/promote.ts. */
export type NumericMeet<A extends NumericType, B extends NumericType> = [A, B] extends ['float32', 'float32']
  ? 'float32'
  : [Extract<A | B, FloatType>] extends [never]
    ? A extends IntegerType
      ? B extends IntegerType
        ? IntegerMeet[A][B]
        : never
      : never
    : 'float64'
