/** Faults of the LLVM emitter, and of how it reaches memory. */
import type { Room } from '../mutant.ts'

export const llvmEmitter: Room = {
  file: 'codegen/llvm/emit.ts',
  tests: ['kernel/shapes.test', 'kernel/native.test', 'kernel/programs.test', 'kernel/constants.test'],
  faults: [
    {
      name: 'continue-leaves-loop',
      find: 'b.CreateBr(known(this.#targets, stmt.label).head)',
      put: 'b.CreateBr(known(this.#targets, stmt.label).exit)',
      shows: 'native loops end at the first row that is skipped',
    },
    {
      name: 'break-goes-back',
      find: 'b.CreateBr(known(this.#targets, stmt.label).exit)',
      put: 'b.CreateBr(known(this.#targets, stmt.label).head)',
      shows: 'push never returns',
    },
    {
      name: 'loop-runs-once',
      find: 'this.#branch(head, body, head)',
      put: 'this.#branch(head, body, exit)',
      shows: 'one row of each batch is taken',
    },
    {
      name: 'else-never-entered',
      find: 'elseBlock ?? next',
      put: 'next',
      shows: 'what an else branch should do is not done',
    },
    {
      name: 'choice-swapped',
      find: 'CreateSelect(cond, then, otherwise)',
      put: 'CreateSelect(cond, otherwise, then)',
      shows: 'a CASE takes the other branch in native code',
    },
    {
      name: 'long-constant-through-double',
      find: 't.int64(BigInt(value))',
      put: 't.int64(BigInt(Number(value)))',
      shows: 'constants beyond 2^53 are rounded in native code',
    },
    {
      name: 'negative-zero-constant',
      find: 't.double(Number(value))',
      put: 't.double(Number(value) + 0)',
      shows: 'the constant -0 is 0 in native code',
    },
    {
      name: 'region-by-order-of-kernel',
      find: 't.int64(BigInt(table.indexOf(name)))',
      put: 't.int64(BigInt(kernel.mems.findIndex(mem => mem.name === name)))',
      shows: 'kernels write to the regions of others',
    },
    {
      name: 'dead-end-where-one-side-ends',
      find: 'endsControl(then) && endsControl(otherwise)',
      put: 'endsControl(then)',
      shows: 'LLVM refuses most programs: no plan leaves JavaScript',
    },
    {
      name: 'functions-left-behind',
      find: 'for (const fn of functions.toReversed()) fn.eraseFromParent()',
      put: '',
      shows: 'each compilation carries all that came before it',
    },
    {
      name: 'way-out-expected',
      find: 'this.#t.b.getInt1(false)',
      put: 'this.#t.b.getInt1(true)',
      shows: 'rows that are refused are the fast ones',
      equivalent: 'llvm.expect only decides where code lies: the answer is the same',
    },
  ],
}

export const llvmAccess: Room = {
  file: 'codegen/llvm/access.ts',
  tests: ['kernel/programs.test', 'kernel/constants.test'],
  faults: [
    {
      name: 'u8-signed',
      find: "u8: { type: 'i8', widen: unsigned",
      put: "u8: { type: 'i8', widen: signed",
      shows: 'bytes from 128 on are negative: texts beyond ASCII are in the wrong order',
    },
    {
      name: 'i16-unsigned',
      find: "i16: { type: 'i16', widen: signed",
      put: "i16: { type: 'i16', widen: unsigned",
      shows: 'negative int16 become positive',
    },
    {
      name: 'u32-signed',
      find: 'widen: (t, raw) => t.b.CreateZExt(raw, t.types.i64)',
      put: 'widen: (t, raw) => t.b.CreateSExt(raw, t.types.i64)',
      shows: 'uint32 from 2^31 on are negative',
    },
    {
      name: 'float-rounded-by-compiler',
      find: 'narrow: roundToFloat,',
      put: 'narrow: (t, value) => t.b.CreateFPTrunc(value, t.types.float),',
      shows: 'some subnormal constants are rounded wrongly to float32 (LLVM issue 55838)',
    },
    {
      name: 'field-offset-lost',
      find: 'const path = [t.b.CreateZExt(index, t.types.i64), t.int64(BigInt(field.offset))]',
      put: 'const path = [t.b.CreateSExt(index, t.types.i64), t.int64(0n)]',
      shows: 'all fields of an entry are the first one',
    },
    {
      name: 'column-offset-lost',
      find: 'CreateBitCast(shifted(t, base, field.offset), pointerTo(t, element))',
      put: 'CreateBitCast(base, pointerTo(t, element))',
      shows: 'all columns of a region are the first one',
    },
    {
      name: 'row-read-as-column',
      find: 'if (field.stride !== fieldWidth[field.type])',
      put: 'if (field.stride < fieldWidth[field.type])',
      shows: 'entries of a table lie over each other',
    },
    {
      name: 'bit-mask-too-wide',
      find: 't.b.CreateAnd(index, t.int32(7))',
      put: 't.b.CreateAnd(index, t.int32(15))',
      shows: 'null flags of every second byte are wrong',
    },
    {
      name: 'bit-set-keeps-the-wrong-bits',
      find: 't.b.CreateNot(bit)',
      put: 'bit',
      shows: 'a flag that is set clears its seven neighbours',
    },
    {
      name: 'bit-of-wrong-byte',
      find: 't.b.CreateAShr(index, t.int32(3))',
      put: 't.b.CreateAShr(index, t.int32(2))',
      shows: 'null flags are those of a row twice as far',
    },
    {
      name: 'index-zero-extended',
      find: 'CreateInBoundsGEP(element, column, t.b.CreateSExt(index, t.types.i64))',
      put: 'CreateInBoundsGEP(element, column, t.b.CreateZExt(index, t.types.i64))',
      shows: 'nothing',
      equivalent: 'law 7: an index is never negative, and below 2^31 both extensions are the same',
    },
  ],
}
