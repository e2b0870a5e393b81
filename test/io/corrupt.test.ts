/** Batches with damaged buffers are refused, or enter with some other values; kernels never leave their regions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Data } from 'apache-arrow'
import fc from 'fast-check'
import { MillraceError } from '../../ir/errors.ts'
import { makeFixture, passThrough } from './fixture.ts'
import { anySample } from './samples.ts'

interface Damage {
  /** Which column, which of its buffers, where in it. */
  readonly column: number
  readonly buffer: number
  readonly at: number
  readonly byte: number
  /** Cuts the buffer off there instead. */
  readonly cuts: boolean
}

const anyDamage: fc.Arbitrary<Damage> = fc.record({
  column: fc.nat(3),
  buffer: fc.nat(5),
  at: fc.nat(300),
  byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
  cuts: fc.boolean(),
})

const buffersOf = (data: Data): [Data, 'values' | 'valueOffsets' | 'nullBitmap'][] => {
  const chunks = [data, ...(data.dictionary?.data ?? [])]
  const named = chunks.flatMap(chunk =>
    (['values', 'valueOffsets', 'nullBitmap'] as const).map(name => [chunk, name] as [Data, typeof name]),
  )
  return named.filter(([chunk, name]) => chunk[name]?.length > 0)
}

function damage(children: readonly Data[], { column, buffer, at, byte, cuts }: Damage): void {
  const buffers = buffersOf(children[column % children.length])
  if (buffers.length === 0) return
  const [data, name] = buffers[buffer % buffers.length]
  const view = data[name]
  if (cuts) Object.assign(data, { [name]: view.subarray(0, at % view.length) })
  else new Uint8Array(view.buffer, view.byteOffset, view.byteLength)[at % view.byteLength] = byte
}

test('a damaged batch is refused with a code, or read without leaving memory', () => {
  let refused = 0
  fc.assert(
    fc.property(
      anySample,
      fc.array(anyDamage, { minLength: 1, maxLength: 4 }),
      ({ schema, batch }, damages) => {
        for (const one of damages) damage(batch.data.children, one)
        try {
          passThrough(makeFixture(schema, { batchRows: 16, dictionaryRows: 16 }), batch)
        } catch (error) {
          assert.ok(error instanceof MillraceError, String(error))
          refused++
        }
      },
    ),
    { numRuns: 400 },
  )
  assert.ok(refused > 0)
})
