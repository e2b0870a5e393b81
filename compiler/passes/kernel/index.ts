/** The passes over kernels, and the order in which they make each other's work. */
import type { Kernel } from '../../../ir/kernel/node.ts'
import { cse } from './cse.ts'
import { dce } from './dce.ts'
import { hoist } from './hoist.ts'
import { merge } from './merge.ts'

export const kernelPasses = { cse, hoist, merge, dce } as const satisfies Record<
  string,
  (kernel: Kernel) => Kernel
>

/** Only what is left over is worth to hoist; what was hoisted out of several loops may be the same. */
const order: readonly (keyof typeof kernelPasses)[] = ['cse', 'dce', 'hoist', 'cse', 'merge', 'dce']

export const optimiseKernel = (kernel: Kernel): Kernel =>
  order.reduce((current, pass) => kernelPasses[pass](current), kernel)
