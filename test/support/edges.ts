/** Edge values of each kernel type: the limits, the signs, the values where arithmetic changes its mind. */
import type { ValueType } from '../../ir/kernel/node.ts'
import type { Scalar } from '../../ir/kernel/ops.ts'

const MIN64 = -(1n << 63n)
const MAX64 = (1n << 63n) - 1n

export const edges: Readonly<Record<ValueType, readonly Scalar[]>> = {
  bool: [false, true],
  i32: [0, 1, -1, 2, 7, -7, 31, 32, 33, 46341, 65536, 2147483647, -2147483648, 2147483646, -1640531535],
  i64: [
    0n,
    1n,
    -1n,
    2n,
    -7n,
    1000n,
    0xffffffffn,
    0x100000000n,
    -0x100000001n,
    (1n << 53n) + 1n,
    -(1n << 53n) - 1n,
    3037000500n,
    1700000000123456789n,
    MAX64,
    MAX64 - 1n,
    MIN64,
    MIN64 + 1n,
  ],
  f64: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    -2.5,
    0.1,
    2147483647,
    2147483648.5,
    -2147483649,
    4294967296,
    2 ** 53 + 2,
    -(2 ** 53),
    2 ** 63,
    -(2 ** 63),
    2 ** 63 - 1024,
    2 ** 64,
    2 ** 64 - 2048,
    1e308,
    -1e308,
    5e-324,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ],
}
