/** What every back end does: kernels in, callables bound to one piece of memory out. No operator is named here. */
import type { Kernels, Placement } from '../ir/abi.ts'
import type { Kernel } from '../ir/kernel/node.ts'

/** The kernels of one plan; `name` is shown in profiles and stack traces. */
export interface Program {
  readonly name: string
  readonly kernels: readonly Kernel[]
  /** All that decides what the kernels are, where that is known without looking at them. */
  readonly identity?: string | undefined
}

/** Compiled once per plan, bound once per instance. */
export interface CompiledProgram {
  /** Binds the program to the memory of one plan instance. */
  link(memory: Placement): Kernels
  /** Keeps what is worth keeping for processes to come; a good moment is when its kernels have run for a while. */
  persist?(): void
  /** Did its code come from the disk? */
  readonly wasKept?: boolean
}

/** The byte range of a region; every region that a kernel names must have been placed. */
export function regionOf(
  memory: Placement,
  name: string,
): { readonly offset: number; readonly bytes: number } {
  const region = memory.regions.get(name)
  if (!region) throw new Error(`region ${name} has no place`)
  return region
}
