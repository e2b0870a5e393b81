/** Faults of the spelling of ops in JavaScript. */
import type { Room } from '../mutant.ts'

export const jsSpeller: Room = {
  file: 'codegen/js/spell.ts',
  tests: ['kernel/ops.test', 'kernel/programs.test'],
  faults: [
    {
      name: 'shift-leaves-unsigned',
      find: "'shru.i32': word(js`$0 >>> $1 | 0`)",
      put: "'shru.i32': word(js`$0 >>> $1`)",
      shows: 'hashes are above 2^31 in JavaScript and below 0 elsewhere',
    },
    {
      name: 'multiply-in-doubles',
      find: "'mul.i32': word(js`Math.imul($0, $1)`)",
      put: "'mul.i32': word(js`$0 * $1 | 0`)",
      shows: 'large products lose their low bits: hashes differ between tiers',
    },
    {
      name: 'sum-not-wrapped',
      find: "'add.i64': word(js`BigInt.asIntN(64, $0 + $1)`)",
      put: "'add.i64': word(js`$0 + $1`)",
      shows: 'a wrapped sum compares as if it had 65 bits',
    },
    {
      name: 'division-by-zero-throws',
      find: "'div.i64': quotient(js`$1 === 0n ? 0n : BigInt.asIntN(64, $0 / $1)`",
      put: "'div.i64': quotient(js`BigInt.asIntN(64, $0 / $1)`",
      shows: 'a row with divisor 0 throws out of push',
    },
    {
      name: 'difference-overflows-at-zero',
      find: '($0 ^ BigInt.asIntN(64, $0 - $1))) < 0n',
      put: '($0 ^ BigInt.asIntN(64, $0 - $1))) <= 0n',
      shows: 'x - x is refused as an overflow',
    },
    {
      name: 'product-misses-minus-one',
      find: ' || $0 === -1n && $1 === -9223372036854775808n',
      put: '',
      shows: '-1 times the least integer is taken for the least integer',
    },
    {
      name: 'nan-not-canonical',
      find: "'canon.f64': word(js`$0 !== $0 ? sf[7] : $0`)",
      put: "'canon.f64': word(js`$0`)",
      shows: 'bits of a NaN differ between tiers',
    },
    {
      name: 'nan-keys-differ',
      find: '(sf[0] = $0 !== $0 ? sf[7] : $0, s64[0])',
      put: '(sf[0] = $0, s64[0])',
      shows: 'NaN of other bits is another group',
    },
    {
      name: 'low-word-signed',
      find: 's32[1] * 4294967296 + (s32[0] >>> 0))',
      put: 's32[1] * 4294967296 + s32[0])',
      shows: 'a 64-bit integer becomes a double that is 2^32 too small',
    },
    {
      name: 'unsigned-high-word-signed',
      find: '(s32[1] >>> 0) * 4294967296',
      put: 's32[1] * 4294967296',
      shows: 'uint64 from 2^63 on is a negative double',
    },
    {
      name: 'int32-does-not-saturate-below',
      find: '$0 <= -2147483648 ? -2147483648 : $0 | 0',
      put: '$0 | 0',
      shows: 'a double far below the range of int32 wraps',
    },
    {
      name: 'int64-rounds-down',
      find: '-9223372036854775808n : (sf[1] = Math.trunc($0)',
      put: '-9223372036854775808n : (sf[1] = Math.floor($0)',
      shows: '-1.5 becomes -2',
    },
    {
      name: 'unsigned-extension-signed',
      find: '(s32[0] = $0, s32[1] = 0, s64[0])',
      put: '(s32[0] = $0, s32[1] = $0 >> 31, s64[0])',
      shows: 'the upper half of uint32 is negative',
    },
  ],
}
