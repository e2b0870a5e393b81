/**
 * Memory that the processor may execute, through libc. A piece is written once, then made read-only and
 * executable: it is never writable and executable at the same time.
 */
import { type FfiFunction, loadFfi } from './ffi.ts'

export interface CodeMemory {
  readonly address: bigint
  readonly bytes: number
  /** Gives the memory back. Nothing may call into it afterwards. */
  release(): void
}

const PAGE_BYTES = 4096
const READ_WRITE = 3
const READ_EXECUTE = 5
const PRIVATE_ANONYMOUS = 0x22
const NO_FILE = -1

interface Libc {
  readonly mmap: FfiFunction
  readonly mprotect: FfiFunction
  readonly munmap: FfiFunction
  readonly memcpy: FfiFunction
  readonly madvise: FfiFunction
  readonly dlsym: FfiFunction
}

let libc: Libc | undefined

function openLibc(): Libc {
  if (libc) return libc
  const lib = loadFfi().load('libc.so.6')
  libc = {
    mmap: lib.func('mmap', 'intptr_t', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'int64']),
    mprotect: lib.func('mprotect', 'int', ['uintptr_t', 'size_t', 'int']),
    munmap: lib.func('munmap', 'int', ['uintptr_t', 'size_t']),
    memcpy: lib.func('memcpy', 'uintptr_t', ['uintptr_t', 'void *', 'size_t']),
    madvise: lib.func('madvise', 'int', ['uintptr_t', 'size_t', 'int']),
    dlsym: lib.func('dlsym', 'uintptr_t', ['uintptr_t', 'str']),
  }
  return libc
}

/**
 * Maps `bytes` of memory, lets `write` make the content for the address that it got, and seals it.
 * @throws Error where the system gives no memory, or what `write` throws
 */
export function mapCode(bytes: number, write: (address: bigint) => Uint8Array): CodeMemory {
  const { mmap, mprotect, munmap, memcpy } = openLibc()
  const size = Math.ceil(Math.max(1, bytes) / PAGE_BYTES) * PAGE_BYTES
  const address = Number(mmap(0, size, READ_WRITE, PRIVATE_ANONYMOUS, NO_FILE, 0))
  if (address === -1) throw new Error(`the system gives no ${size} bytes for machine code`)
  const release = (): void => {
    munmap(address, size)
  }
  try {
    const content = write(BigInt(address))
    memcpy(address, content, content.length)
    if (mprotect(address, size, READ_EXECUTE) !== 0) throw new Error('the system forbids executable memory')
  } catch (error) {
    release()
    throw error
  }
  return { address: BigInt(address), bytes: size, release }
}

/** Tells the system about the whole pages of a range; it may ignore that. */
export function adviseMemory(address: bigint, bytes: number, advice: number): void {
  const begin = Math.ceil(Number(address) / PAGE_BYTES) * PAGE_BYTES
  const end = Math.floor((Number(address) + bytes) / PAGE_BYTES) * PAGE_BYTES
  if (end > begin) openLibc().madvise(begin, end - begin, advice)
}

const ANY_LIBRARY = 0

/** Where a function of the C library lies, if it is there. */
export function addressOfFunction(name: string): bigint | undefined {
  const address = openLibc().dlsym(ANY_LIBRARY, name) as number | bigint | null
  return address ? BigInt(address) : undefined
}
