/** The end of lowering: passes and verify, for kernels that somebody looks at. */
import type { Block, Kernel } from '../../ir/kernel/node.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { optimiseKernel } from '../passes/kernel/index.ts'

/** Nobody sees a body that is not optimised and verified; a kernel that never runs, and is in a cache, costs neither. */
export function finish(raw: Kernel): Kernel {
  let finished: Block | undefined
  return {
    name: raw.name,
    mems: raw.mems,
    get body() {
      finished ??= verifyKernel(optimiseKernel(raw)).body
      return finished
    },
  }
}

/** The same kernel under another name, its body still unseen. */
export const renamed = (kernel: Kernel, name: string): Kernel => ({
  name,
  mems: kernel.mems,
  get body() {
    return kernel.body
  },
})
