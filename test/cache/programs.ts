/** Programs for the tests of kept code: the one that counts its calls, and one that it must not be taken for. */
import type { Program } from '../../codegen/backend.ts'
import { Status } from '../../ir/abi.ts'
import { i32, i64, KernelBuilder } from '../../ir/kernel/build.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { sampleMem } from '../support/native.ts'

export { sampleMem, sampleMemory, sampleProgram, samplesTaken } from '../support/native.ts'

/** Not the sample: it sets `m[0].n`. */
export function otherProgram(value = 7n, kernel = 'other'): Program {
  const k = new KernelBuilder(kernel)
  k.put(sampleMem, 'n', i64(value))
  k.return(i32(Status.yield))
  return { name: 'sample', kernels: [verifyKernel(k.finish())] }
}

/** The same program, the kernels of which nobody may look at. */
export const unseen = (program: Program): Program => ({
  ...program,
  kernels: program.kernels.map(({ name, mems }) => ({
    name,
    mems,
    get body(): never {
      throw new Error(`somebody looked at ${name}`)
    },
  })),
})
