/** Ops that act on texts as the host does: full case mapping, numbers as JavaScript prints and reads them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesRegion } from '../../compiler/lower/lib/bytes.ts'
import { lowerProgram } from '../../compiler/lower/program.ts'
import { optimiseKernel } from '../../compiler/passes/kernel/index.ts'
import { call } from '../../ir/expr/build.ts'
import { literal } from '../../ir/expr/expr.ts'
import { eq, i32, KernelBuilder, load, op } from '../../ir/kernel/build.ts'
import { NUMBER_TEXT_BYTES, numberText, RECASED_GROWTH, upperText } from '../../ir/kernel/host-text.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { rowLayout } from '../../ir/layout.ts'
import { filter } from '../../ir/logical/filter.ts'
import { source } from '../../ir/logical/source.ts'
import { backends } from '../support/backends.ts'
import { edges } from '../support/edges.ts'
import { ExprKernel } from '../support/expr-kernel.ts'
import { placeMems, poke } from '../support/memory.ts'
import { runs } from '../support/runs.ts'

const hosts = backends.filter(backend => backend.name !== 'native')
const text = { name: 's', type: 'utf8', nullable: true } as const
const number = { name: 'x', type: 'float64', nullable: true } as const
const s = { kind: 'column', ...text } as const
const x = { kind: 'column', ...number } as const
const exprs = [
  call('js_upper', s),
  call('js_lower', s),
  call('js_string_to_number', s),
  call('js_number_to_string', x),
  call('concat', call('js_upper', s), call('js_number_to_string', x), call('js_lower', s)),
]

const meanings = (s: string, x: number) => [
  s.toUpperCase(),
  s.toLowerCase(),
  Number(s),
  String(x),
  s.toUpperCase() + String(x) + s.toLowerCase(),
]

const rowArbitrary = fc.tuple(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double().map(String),
    fc.constantFrom('ß', 'ΑΣ', 'ﬃ', '\ufeffa', ''),
  ),
  fc.oneof(fc.double(), fc.constantFrom(...(edges.f64 as number[]))),
)

test('host ops agree with JavaScript on every back end', async () => {
  const kernel = new ExprKernel([text, number], exprs, 16)
  await fc.assert(
    fc.asyncProperty(fc.array(rowArbitrary, { maxLength: 16 }), async rows => {
      for (const backend of hosts) {
        const outcomes = await kernel.run(backend, rows)
        rows.forEach(([s, x], i) => {
          assert.deepEqual(
            outcomes[i].map(({ value }) => value),
            meanings(s, x),
            backend.name,
          )
        })
      }
    }),
    { numRuns: runs(30) },
  )
})

test('no text grows beyond the room that is reserved for it', () => {
  let most = 0
  for (let point = 0; point < 0x110000; point++) {
    if (point >= 0xd800 && point < 0xe000) continue
    const one = String.fromCodePoint(point)
    for (const changed of [one.toUpperCase(), one.toLowerCase()]) {
      if (changed !== one) most = Math.max(most, Buffer.byteLength(changed) / Buffer.byteLength(one))
    }
  }
  assert.equal(most, RECASED_GROWTH)
  const room = new Uint8Array(64)
  const numbers = fc.oneof(fc.double(), fc.constantFrom(-1 / 3e6, -1 / 3e300, -(2 ** 69)))
  fc.assert(fc.property(numbers, value => numberText(room, value, 0) <= NUMBER_TEXT_BYTES))
})

test('a range outside of the region is refused', () => {
  const bytes = new Uint8Array(8)
  assert.throws(() => upperText(bytes, 4, 8, 0), /lie outside/)
  assert.throws(() => upperText(bytes, 0, 4, 6), /lie outside/)
  assert.throws(() => numberText(bytes, 1e300, 7), /lie outside/)
})

test('an op with an effect stands alone, and no pass takes it for a pure one', () => {
  const k = new KernelBuilder('k')
  const first = k.let('first', op('upper.text', i32(0), i32(4), i32(8)))
  const second = k.let('second', op('upper.text', i32(0), i32(4), i32(8)))
  k.let('unused', op('lower.text', i32(8), i32(4), i32(16)))
  k.return(op('add.i32', first, second))
  const kernel = verifyKernel(optimiseKernel(verifyKernel(k.finish())))
  const effects = kernel.body.filter(
    stmt => stmt.kind === 'let' && stmt.value.kind === 'op' && stmt.value.op.endsWith('.text'),
  )
  assert.equal(effects.length, 3)
  const nested = new KernelBuilder('nested')
  nested.return(op('upper.text', i32(0), i32(4), i32(8)))
  assert.throws(() => verifyKernel(nested.finish()), /law 4/)
})

test('a plan tells which ops keep it on the host', () => {
  const limits = { batchRows: 16, outputRows: 16, dictionaryRows: 16 }
  const input = source('rows', [text], undefined)
  const hosted = filter(input, call('eq', call('js_upper', s), literal('A', 'utf8')))
  const options = { limits, lenient: false }
  assert.deepEqual(lowerProgram(hosted, options).hostOps, ['upper.text'])
  assert.deepEqual(lowerProgram(filter(input, call('eq', s, literal('A', 'utf8'))), options).hostOps, [])
})

test('a text that is computed beside a hint is written all the same', async () => {
  const mem = rowLayout('m', 'state', { a: 'i32' })
  const k = new KernelBuilder('beside')
  k.if(eq(load(mem, 'a'), i32(0)), () => {
    k.let('length', op('upper.text', i32(0), i32(1), i32(8)))
    k.prefetch(bytesRegion, 'u8', i32(8))
  })
  k.return(load(bytesRegion, 'u8', i32(8)))
  const kernel = verifyKernel(k.finish())
  for (const backend of hosts) {
    const memory = placeMems(kernel.mems, 64)
    poke(memory, bytesRegion, 'u8', 0, 'a'.charCodeAt(0))
    const program = await backend.compile({ name: 'beside', kernels: [kernel] })
    assert.equal(program.link(memory).get('beside')?.(), 'A'.charCodeAt(0), backend.name)
  }
})
