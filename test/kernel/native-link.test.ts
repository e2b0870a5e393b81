/** The linker takes what our compiler makes and nothing else, and gives all memory back. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { closeNativeCompiler, compileNative, openNative } from '../../codegen/llvm/backend.ts'
import { linkObject } from '../../codegen/llvm/link.ts'
import { Status } from '../../ir/abi.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { eventually, sampleMemory, sampleProgram, samplesTaken } from '../support/native.ts'

const skip = nativeUnavailable
let object = Buffer.alloc(0)

before(async () => {
  if (!skip) object = Buffer.from((await compileNative(sampleProgram())).object)
})
after(closeNativeCompiler)

const SECTION_HEADER_BYTES = 64

/** Offsets in the object of the headers of sections of a kind. */
function headers(type: number): number[] {
  const start = Number(object.readBigUInt64LE(40))
  const all = Array.from({ length: object.readUInt16LE(60) }, (_, i) => start + i * SECTION_HEADER_BYTES)
  return all.filter(at => object.readUInt32LE(at + 4) === type)
}

function changed(change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(object)
  change(copy)
  return copy
}

const PROGRAM_BITS = 1
const RELOCATIONS = 4

test('what is no object is refused', { skip }, () => {
  const notOurs = /not a relocatable x86-64 object/
  assert.throws(() => linkObject(new Uint8Array()), /cut off/)
  assert.throws(() => linkObject(Buffer.from('#!/bin/sh\n'.repeat(20))), notOurs)
  const arm = changed(copy => copy.writeUInt16LE(183, 18))
  assert.throws(() => linkObject(arm), notOurs)
  const program = changed(copy => copy.writeUInt16LE(2, 16))
  assert.throws(() => linkObject(program), notOurs)
})

test('an object that is cut off is refused at every length', { skip }, () => {
  for (let length = 0; length < object.length; length++) {
    assert.throws(() => linkObject(object.subarray(0, length)), Error, `length ${length}`)
  }
})

test('a function that is not on the list is refused by name', { skip }, () => {
  const at = object.indexOf('\0fmod\0') + 1
  assert.ok(at > 0)
  const calls = (name: string): Buffer => changed(copy => copy.write(name, at, 'latin1'))
  assert.throws(() => linkObject(calls('exit')), /calls exit, which is refused/)
  assert.throws(() => linkObject(calls('f\0od')), /calls f, which is refused/)
})

test('a section that is writable, empty of content or oddly aligned is refused', { skip }, () => {
  const [text] = headers(PROGRAM_BITS).filter(at => object.readUInt8(at + 8) & 2)
  const writable = changed(copy => copy.writeUInt8(copy.readUInt8(text + 8) | 1, text + 8))
  assert.throws(() => linkObject(writable), /writable/)
  const empty = changed(copy => copy.writeUInt32LE(8, text + 4))
  assert.throws(() => linkObject(empty), /without content/)
  const aligned = changed(copy => copy.writeBigUInt64LE(1n << 30n, text + 48))
  assert.throws(() => linkObject(aligned), /alignment/)
})

test('a relocation of another kind is refused', { skip }, () => {
  const [table] = headers(RELOCATIONS)
  const first = Number(object.readBigUInt64LE(table + 24))
  const unknown = changed(copy => copy.writeUInt32LE(9, first + 8))
  assert.throws(() => linkObject(unknown), /relocation type 9 is refused/)
  const outside = changed(copy => copy.writeBigUInt64LE(1n << 40n, first))
  assert.throws(() => linkObject(outside), Error)
})

test('a function that is not there is told', { skip }, () => {
  const image = linkObject(object)
  assert.throws(() => image.entry('kernel.other'), /no function kernel\.other/)
  assert.throws(() => image.entry('body.step'), /no function/)
  image.release()
})

test('damaged bytes never harm the process that links them', { skip }, () => {
  const damage = fc.array(fc.tuple(fc.nat(object.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(damage, bytes => {
      const copy = changed(one => {
        for (const [at, value] of bytes) one[at] = value
      })
      try {
        linkObject(copy).release()
      } catch (error) {
        assert.ok(error instanceof Error)
      }
    }),
    { numRuns: 2000 },
  )
})

test('an unusable object is a failed compilation for the caller', { skip }, () => {
  assert.throws(() => openNative(sampleProgram(), object.subarray(0, 100)), { code: 'LDB-8015' })
})

const CYCLES = 500
const mappings = (): number => readFileSync('/proc/self/maps', 'utf8').split('\n').length

test('linking and releasing again and again leaves no memory behind', { skip }, () => {
  const cycle = (): void => {
    const native = openNative(sampleProgram(), object)
    const memory = sampleMemory()
    native.link(memory).get('step')?.()
    assert.equal(samplesTaken(memory), 1n)
    native.release()
  }
  for (let i = 0; i < 20; i++) cycle()
  const start = mappings()
  for (let i = 0; i < CYCLES; i++) cycle()
  const grown = mappings() - start
  assert.ok(grown < CYCLES / 10, `${grown} mappings more after ${CYCLES} cycles`)
})

/** Bytes of executable memory that belong to no file. */
function codeBytes(): number {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n')
  const ranges = lines.filter(line => / r-xp 00000000 00:00 0 *$/.test(line)).map(line => line.split(/[- ]/))
  return ranges.reduce((sum, [from, to]) => sum + Number.parseInt(to, 16) - Number.parseInt(from, 16), 0)
}

test('an instance that nobody can call any more gives its memory back', { skip }, async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const native = openNative(sampleProgram(), object)
  const start = codeBytes()
  const kept = native.link(sampleMemory()).get('step')
  for (let i = 0; i < CYCLES; i++) native.link(sampleMemory()).get('step')?.()
  const grown = codeBytes() - start
  await eventually('the memory comes back', () => {
    collect()
    return codeBytes() - start < grown / 10
  })
  assert.equal(kept?.(), Status.yield)
  native.release()
})
