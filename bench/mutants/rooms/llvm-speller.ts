/** Faults of the spelling of ops in LLVM. */
import type { Room } from '../mutant.ts'

export const llvmSpeller: Room = {
  file: 'codegen/llvm/spell.ts',
  tests: ['kernel/ops.test', 'kernel/constants.test', 'kernel/programs.test'],
  faults: [
    {
      name: 'shift-unmasked',
      find: 't.b[name](a, t.b.CreateAnd(b, t.int32(SHIFT_MASK)))',
      put: 't.b[name](a, b)',
      shows: 'a shift by 32 and more means nothing: any result may come out',
    },
    {
      name: 'least-by-minus-one',
      find: 't.b.CreateOr(isZero(t, w, b), wraps)',
      put: 'isZero(t, w, b)',
      shows: 'the least integer divided by -1 kills the process',
    },
    {
      name: 'quotient-by-zero',
      find: 'isZero(t, w, b), w.zero(t), t.b.CreateSDiv',
      put: 'isZero(t, w, b), a, t.b.CreateSDiv',
      shows: 'a division by 0 yields the dividend under its fault',
    },
    {
      name: 'remainder-unguarded',
      find: 't.b.CreateSRem(a, signedDivisor(t, w, a, b))',
      put: 't.b.CreateSRem(a, b)',
      shows: 'a remainder by 0 kills the process',
    },
    {
      name: 'nan-not-canonical',
      find: "'canon.f64': canonical,",
      put: "'canon.f64': (_t, a) => a,",
      shows: 'bits of a NaN differ between tiers',
    },
    {
      name: 'nan-keys-differ',
      find: 't.b.CreateBitCast(canonical(t, a), t.types.i64)',
      put: 't.b.CreateBitCast(a, t.types.i64)',
      shows: 'NaN of other bits is another group',
    },
    {
      name: 'nan-equals-nan',
      find: "'eq.f64': binary('CreateFCmpOEQ')",
      put: "'eq.f64': (t, a, b) => t.b.CreateNot(t.b.CreateOr(t.b.CreateFCmpOLT(a, b), t.b.CreateFCmpOGT(a, b)))",
      shows: 'NaN equals everything',
    },
    {
      name: 'high-word-off-by-a-bit',
      find: 't.b.CreateAShr(a, t.int64(32n))',
      put: 't.b.CreateAShr(a, t.int64(31n))',
      shows: 'native hashes differ: a switch of tiers loses all groups',
    },
    {
      name: 'unsigned-double-signed',
      find: 't.b.CreateUIToFP',
      put: 't.b.CreateSIToFP',
      shows: 'uint64 from 2^63 on is a negative double',
    },
    {
      name: 'unsigned-overflow-signed',
      find: 'llvm.uadd.with.overflow.i64',
      put: 'llvm.sadd.with.overflow.i64',
      shows: 'sums of uint64 are refused at 2^63',
    },
    {
      name: 'truth-is-minus-one',
      find: "'int.bool': (t, a) => t.b.CreateZExt",
      put: "'int.bool': (t, a) => t.b.CreateSExt",
      shows: 'null flags of results are 255, and masked rows go backwards',
    },
  ],
}
