/** The limits of a plan instance: defaults, and what may be asked for. */
import { totalmem } from 'node:os'
import { MillraceError } from '../../ir/errors.ts'
import type { Limits } from '../../ir/physical/program.ts'

const MiB = 1 << 20
const GiB = 1 << 30

interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** The bytes region is addressed by i32: no part of it may be larger. */
const BYTES_MAX = 512 * MiB

/**
 * What a plan reserves by default. Reserving costs nothing, but a process that has reserved more than the machine has
 * cannot start another process: there must be room for many plans.
 */
const defaultMemory = (machine: number): number => Math.min(8 * GiB, Math.max(GiB, Math.floor(machine / 16)))

const bounds: Readonly<Record<keyof Limits, Bound>> = {
  batchRows: { default: 8192, min: 1, max: 1 << 20 },
  outputRows: { default: 8192, min: 1, max: 1 << 20 },
  dictionaryRows: { default: 65536, min: 1, max: 1 << 24 },
  columnBytes: { default: 16 * MiB, min: 64, max: BYTES_MAX },
  scratchBytes: { default: 16 * MiB, min: 64, max: BYTES_MAX },
  stateRows: { default: 1 << 26, min: 16, max: 1 << 26 },
  stateBytes: { default: 256 * MiB, min: 64, max: BYTES_MAX },
  memoryBytes: { default: defaultMemory(totalmem()), min: MiB, max: 64 * GiB },
  budgetRows: { default: 65536, min: 1, max: 1 << 30 },
}

/** Fills in defaults; a value that is no whole number inside its bounds is LDB-0001. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(bounds, name))
      throw new MillraceError('LDB-0001', `there is no limit '${name}'`, {
        fix: `limits are ${Object.keys(bounds).join(', ')}`,
      })
  }
  const entries = Object.entries(bounds).map(([name, bound]) => {
    const value = given[name as keyof Limits] ?? bound.default
    if (!Number.isInteger(value) || value < bound.min || value > bound.max) {
      throw new MillraceError(
        'LDB-0001',
        `limit ${name} = ${value} is not a whole number from ${bound.min} to ${bound.max}`,
      )
    }
    return [name, value] as const
  })
  return Object.fromEntries(entries) as unknown as Limits
}
