/**
 * The calling convention between the engine and native code: each exported function takes the address of a table
 * of region addresses (64-bit words) and returns a status. Emitter and linker agree on it here.
 */
import type { Kernel } from '../../ir/kernel/node.ts'

/** The regions of a program in the order of the table. */
export function tableOf(kernels: readonly Kernel[]): readonly string[] {
  return [...new Set(kernels.flatMap(kernel => kernel.mems.map(mem => mem.name)))]
}

/** The symbol that the engine calls. The prefix keeps a kernel from taking the name of a library function. */
export const entrySymbol = (kernel: string): string => `kernel.${kernel}`

/** The function behind it, which takes one pointer per region. */
export const bodySymbol = (kernel: string): string => `body.${kernel}`
