/** Memory full of edge values and of bytes that mean nothing, for running random kernels on. */
import fc from 'fast-check'
import type { Placement } from '../../ir/abi.ts'
import { edges } from '../support/edges.ts'
import { placeMems } from '../support/memory.ts'
import { GEN_ROWS, genMems } from './kernels.ts'

export interface Fill {
  readonly bytes: Uint8Array
  readonly doubles: readonly unknown[]
  readonly words: readonly unknown[]
}

export const fills: fc.Arbitrary<Fill> = fc.record({
  bytes: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  doubles: fc.array(fc.constantFrom(...edges.f64), { minLength: 16, maxLength: 16 }),
  words: fc.array(fc.constantFrom(...edges.i64), { minLength: 16, maxLength: 16 }),
})

/** The regions of random kernels, filled the same way each time. */
export function memoryOf(fill: Fill): Placement {
  const memory = placeMems(genMems, GEN_ROWS)
  const all = new DataView(memory.buffer)
  for (let at = 0, i = 0; at + 8 <= all.byteLength; at += 8, i++) {
    if (i % 3 === 0) all.setFloat64(at, fill.doubles[i % 16] as number, true)
    else if (i % 3 === 1) all.setBigInt64(at, fill.words[i % 16] as bigint, true)
    else for (let b = 0; b < 8; b++) all.setUint8(at + b, fill.bytes[(i * 8 + b) % 64] ^ (i & 255))
  }
  return memory
}
