/** Small programs and process questions for the tests of the native back end. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../../codegen/backend.ts'
import type { Placement } from '../../ir/abi.ts'
import { Status } from '../../ir/abi.ts'
import { add, i32, i64, KernelBuilder, load, op } from '../../ir/kernel/build.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout } from '../../ir/layout.ts'
import { placeMems } from './memory.ts'

export const sampleMem: Mem = columnLayout('m', 'state', { n: 'i64', x: 'f64' }, 8)

/** A program whose kernel counts its calls in `m[0].n` and calls a library function for `m[0].x`. */
export function sampleProgram(name = 'sample'): Program {
  const k = new KernelBuilder('step')
  k.put(sampleMem, 'n', add(load(sampleMem, 'n'), i64(1n)))
  k.put(sampleMem, 'x', op('rem.f64', load(sampleMem, 'x'), load(sampleMem, 'x', i32(1))))
  k.return(i32(Status.yield))
  return { name, kernels: [verifyKernel(k.finish())] }
}

export const sampleMemory = (): Placement => placeMems([sampleMem], 8)

export const samplesTaken = (memory: Placement): bigint => new BigInt64Array(memory.buffer)[0]

/** Is there a running process of that id? One that is dead but not yet collected counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return false
  }
}

const POLL_MS = 20
const POLLS_MAX = 500

/** Waits for something that happens in another process; throws where it never does. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < POLLS_MAX; i++) {
    if (holds()) return
    await sleep(POLL_MS)
  }
  throw new Error(`never: ${what}`)
}
