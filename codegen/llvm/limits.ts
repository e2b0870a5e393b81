/**
 * What keeps the compile child from harming its machine: it dies with its parent even while it is busy (an event
 * handler would not run then), it may use only so much processor time and memory, and it leaves no core files.
 */
import { loadFfi } from './ffi.ts'

const PR_SET_PDEATHSIG = 1
const SIGKILL = 9
const RLIMIT_CPU = 0
const RLIMIT_DATA = 2
const RLIMIT_CORE = 4
const UNLIMITED = 0xffff_ffff_ffff_ffffn

/** Private memory of the child. An ordinary compile needs about 100 MB. */
const MEMORY_LIMIT_BYTES = 4n << 30n

export interface Limits {
  /** From now on this process may use so much more processor time (rounded up to seconds). */
  allowCpu(limitMs: number): void
}

/** Throws where the parent is already gone. */
export function limitProcess(parentPid: number): Limits {
  const libc = loadFfi().load('libc.so.6')
  const prctl = libc.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong'])
  const setrlimit = libc.func('setrlimit', 'int', ['int', 'void *'])
  const limit = (which: number, soft: bigint, hard: bigint): void => {
    if (setrlimit(which, new BigUint64Array([soft, hard])) !== 0) throw new Error(`setrlimit ${which} failed`)
  }
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) !== 0) throw new Error('prctl failed')
  // The parent may have died before prctl: then this process has been handed to another one.
  if (process.ppid !== parentPid) throw new Error('the parent is gone')
  limit(RLIMIT_CORE, 0n, 0n)
  limit(RLIMIT_DATA, MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES)
  return {
    allowCpu(limitMs) {
      const { user, system } = process.cpuUsage()
      const seconds = Math.ceil((user + system) / 1e6 + limitMs / 1000)
      limit(RLIMIT_CPU, BigInt(seconds), UNLIMITED)
    },
  }
}
