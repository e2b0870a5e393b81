/** The passes over kernels, in order, until nothing changes. */
import type { Kernel } from '../../../ir/kernel/node.ts'
import { propagateCopies } from './copies.ts'
import { cse } from './cse.ts'
import { dce } from './dce.ts'
import { fold } from './fold.ts'
import { hoist } from './hoist.ts'
import { simplify } from './simplify.ts'

export const kernelPasses = {
  fold,
  simplify,
  copies: propagateCopies,
  cse,
  hoist,
  dce,
} as const satisfies Record<string, (kernel: Kernel) => Kernel>

/** Rounds of all passes; each finds little after the second. */
const ROUNDS_MAX = 4

export function optimiseKernel(kernel: Kernel): Kernel {
  let current = kernel
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = current
    for (const pass of Object.values(kernelPasses)) current = pass(current)
    if (current === before) break
  }
  return current
}
