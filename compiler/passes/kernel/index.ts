/** The passes over kernels, and the order in which they make each other's work. */
import type { Kernel } from '../../../ir/kernel/node.ts'
import { propagateCopies } from './copies.ts'
import { cse } from './cse.ts'
import { dce } from './dce.ts'
import { fold } from './fold.ts'
import { hoist } from './hoist.ts'
import { merge } from './merge.ts'
import { simplify } from './simplify.ts'

export const kernelPasses = {
  fold,
  simplify,
  copies: propagateCopies,
  cse,
  hoist,
  merge,
  dce,
} as const satisfies Record<string, (kernel: Kernel) => Kernel>

/** What cse finds are copies; what copies bring together can be folded; only then is it worth to hoist and merge. */
const order: readonly (keyof typeof kernelPasses)[] = [
  'fold',
  'simplify',
  'copies',
  'cse',
  'copies',
  'fold',
  'simplify',
  'dce',
  'hoist',
  'cse',
  'copies',
  'merge',
  'dce',
]

export const optimiseKernel = (kernel: Kernel): Kernel =>
  order.reduce((current, pass) => kernelPasses[pass](current), kernel)
