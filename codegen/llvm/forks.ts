/**
 * Keeps the memory of plans out of our own forks. An arena is reserved far larger than it is used, and Linux counts
 * what a fork would copy before it forks: with a few arenas the compiler could not be started. Each arena is left out
 * only while that happens; for good would be wrong, because an allocator may hand its pages on when it is gone.
 */
import { loadFfi } from './ffi.ts'
import { adviseMemory } from './machine-memory.ts'

const MADV_DONTFORK = 10
const MADV_DOFORK = 11
/** Smaller ones do not matter. */
const ARENA_BYTES_MIN = 64 << 20

const arenas = new Set<WeakRef<ArrayBufferLike>>()
const gone = new FinalizationRegistry<WeakRef<ArrayBufferLike>>(arena => arenas.delete(arena))

export function noteArena(buffer: ArrayBufferLike): void {
  if (buffer.byteLength < ARENA_BYTES_MIN) return
  const arena = new WeakRef(buffer)
  arenas.add(arena)
  gone.register(buffer, arena)
}

/** Runs what forks; nothing else may happen meanwhile. */
export function withoutArenas<T>(fork: () => T): T {
  const alive = [...arenas].flatMap(arena => arena.deref() ?? [])
  for (const buffer of alive) advise(buffer, MADV_DONTFORK)
  try {
    return fork()
  } finally {
    for (const buffer of alive) advise(buffer, MADV_DOFORK)
  }
}

function advise(buffer: ArrayBufferLike, advice: number): void {
  adviseMemory(loadFfi().address(new Uint8Array(buffer, 0, 8)), buffer.byteLength, advice)
}
