/** Faults of the interpreter: where the specification itself is wrong, the other back ends must contradict it. */
import type { Room } from '../mutant.ts'

export const interpreter: Room = {
  file: 'codegen/interp/interpret.ts',
  tests: ['kernel/verify.test', 'kernel/shapes.test', 'kernel/ops.test', 'kernel/programs.test'],
  faults: [
    {
      name: 'block-ends-any-break',
      find: "jump?.kind === 'break' && jump.label === stmt.label ? undefined : jump",
      put: "jump?.kind === 'break' ? undefined : jump",
      shows: 'a loop goes on that an inner block should have left',
    },
    {
      name: 'inner-loop-takes-jumps-of-outer',
      find: "jump.kind === 'return' || jump.label !== label",
      put: "jump.kind === 'return'",
      shows: 'a break of the outer loop ends the inner one only',
    },
    {
      name: 'bits-from-the-top',
      find: 'view.getUint8(at) >> (index & 7)',
      put: 'view.getUint8(at) >> (7 - (index & 7))',
      shows: 'null flags are those of other rows',
    },
    {
      name: 'bit-cleared-clears-byte',
      find: 'view.getUint8(at) & ~mask',
      put: 'view.getUint8(at) & mask',
      shows: 'a flag that is cleared clears its seven neighbours, and itself stays',
    },
    {
      name: 'bit-address-not-divided',
      find: 'field.offset + (index >> 3)',
      put: 'field.offset + index',
      shows: 'null flags are those of other rows',
    },
    {
      name: 'negative-index-not-trapped',
      find: '!view || index < 0 || end > view.byteLength',
      put: '!view || end > view.byteLength',
      shows: 'a kernel that reads before its column is not found out',
    },
    {
      name: 'end-of-region-not-trapped',
      find: 'const end = at + Math.max(1, fieldWidth[field.type])',
      put: 'const end = at',
      shows: 'a kernel that reads over the end of its region is a RangeError without a name',
    },
    {
      name: 'prefetch-index-not-evaluated',
      find: 'this.#eval(stmt.index)\n        return undefined',
      put: 'return undefined',
      shows: 'a hint whose index lies outside is not found out, and kills native code',
    },
    {
      name: 'choice-evaluated-lazily',
      find: 'const otherwise = this.#eval(expr.else)\n    return this.#eval(expr.cond) ? then : otherwise',
      put: 'return this.#eval(expr.cond) ? then : this.#eval(expr.else)',
      shows: 'a choice whose other side lies outside is not found out, and kills native code',
    },
    {
      name: 'effects-on-the-first-region',
      find: 'new Uint8Array(memory.buffer, offset, bytes)',
      put: 'new Uint8Array(memory.buffer, 0, bytes)',
      shows: 'toUpperCase writes over the control block',
      tests: ['kernel/host-ops.test'],
    },
  ],
}

export const opTable: Room = {
  file: 'ir/kernel/ops.ts',
  tests: ['kernel/ops.test', 'passes/kernel-passes.test', 'kernel/programs.test'],
  faults: [
    {
      name: 'remainder-of-the-divisor',
      find: '(b === 0 ? 0 : (a % b) | 0)',
      put: '(b === 0 ? 0 : (((a % b) + b) % b) | 0)',
      shows: '-7 % 3 is 2 in the interpreter and in constants',
    },
    {
      name: 'longs-not-wrapped',
      find: 'BigInt.asIntN(64, evaluate(a, b))',
      put: 'evaluate(a, b)',
      shows: 'constant sums have 65 bits',
    },
    {
      name: 'saturation-border',
      find: 'if (x >= Number(max)) return max',
      put: 'if (x > Number(max)) return max',
      shows: '2^63 is no int64 and no error',
    },
    {
      name: 'unsigned-sum-signed',
      find: 'leavesU64(u64(a) + u64(b))',
      put: 'leavesU64(a + b)',
      shows: 'sums of uint64 from 2^63 on are refused',
    },
    {
      name: 'nan-bits-kept',
      find: 'buffer.setFloat64(0, Number.isNaN(x) ? Number.NaN : x)',
      put: 'buffer.setFloat64(0, x)',
      shows: 'NaN of other bits is another group in the interpreter',
    },
    {
      name: 'opposite-of-less',
      find: "'lt.i64': 'ge.i64'",
      put: "'lt.i64': 'gt.i64'",
      shows: 'not (a < b) is false where a = b',
    },
    {
      name: 'opposite-of-floats',
      find: "'eq.i64': 'ne.i64',",
      put: "'eq.i64': 'ne.i64',\n  'lt.f64': 'ge.f64',",
      shows: 'not (NaN < 1) is false',
    },
  ],
}
