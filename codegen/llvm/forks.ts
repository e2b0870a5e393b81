/**
 * Keeps the memory of plans out of child processes. An arena is reserved far larger than it is used; Linux counts what
 * a fork would copy before it forks, and a program with a few arenas could not start any child: neither our compiler
 * nor whatever the host program runs.
 */
import { loadFfi } from './ffi.ts'
import { adviseMemory } from './machine-memory.ts'
import { nativeRuntime } from './target.ts'

const MADV_DONTFORK = 10

/** Takes effect soon: looking for libc is nothing that the first result should wait for. */
export function keepOutOfForks(buffer: ArrayBufferLike): void {
  if (!nativeRuntime().available) return
  const known = new WeakRef(buffer)
  setImmediate(() => {
    const memory = known.deref()
    if (memory)
      adviseMemory(loadFfi().address(new Uint8Array(memory, 0, 8)), memory.byteLength, MADV_DONTFORK)
  }).unref()
}
