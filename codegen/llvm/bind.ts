/**
 * Binds an image to the memory of one plan instance. Each instance gets a page of its own that holds the table of
 * its region addresses and, for each kernel, a stub that passes the table on: a call from JavaScript then has no
 * arguments, which is the cheapest call that koffi has, and allocates nothing.
 */
import type { KernelFunction, Kernels, Placement } from '../../ir/abi.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import { regionBytes } from '../../ir/layout.ts'
import { regionOf } from '../backend.ts'
import { type FfiType, loadFfi } from './ffi.ts'
import type { Image } from './link.ts'
import { type CodeMemory, mapCode } from './machine-memory.ts'
import { entrySymbol, tableOf } from './table.ts'

/** Shared by all instances of one program, so that no code of a released program is ever called. */
export interface Life {
  released: boolean
}

/** What the kernels of an instance keep alive; the page goes when nobody can call them any more. */
interface Instance {
  readonly life: Life
  readonly buffer: ArrayBufferLike
}

const WORD_BYTES = 8
const STUB_BYTES = 32
/** `movabs rdi, imm64`, `movabs rax, imm64`, `jmp rax`. */
const LOAD_TABLE = [0x48, 0xbf]
const LOAD_TARGET = [0x48, 0xb8]
const JUMP = [0xff, 0xe0]
const TRAP = 0xcc

const abandoned = new FinalizationRegistry<() => void>(release => release())

let entryType: FfiType | undefined
const typeOfEntry = (): FfiType => {
  entryType ??= loadFfi().proto('int32', [])
  return entryType
}

/** `pages` collects what the program must give back when it is released. */
export function bindImage(
  image: Image,
  kernels: readonly Kernel[],
  memory: Placement,
  life: Life,
  pages: Set<CodeMemory>,
): Kernels {
  checkRegions(kernels, memory)
  const regions = tableOf(kernels).map(name => BigInt(regionOf(memory, name).offset))
  const base = loadFfi().address(new Uint8Array(memory.buffer, 0, 8))
  const table = regions.map(offset => base + offset)
  const entries = kernels.map(kernel => image.entry(entrySymbol(kernel.name)))
  const stubs = alignUp(table.length * WORD_BYTES, STUB_BYTES)
  const page = mapCode(stubs + entries.length * STUB_BYTES, at => fill(table, entries, stubs, at))
  pages.add(page)
  const instance: Instance = { life, buffer: memory.buffer }
  abandoned.register(instance, releaseOf(page, pages))
  return new Map(
    kernels.map((kernel, i) => [
      kernel.name,
      callable(kernel.name, page.address + BigInt(stubs + i * STUB_BYTES), instance),
    ]),
  )
}

/** Apart from `bindImage`: a closure made there would keep the instance that it waits for alive. */
function releaseOf(page: CodeMemory, pages: Set<CodeMemory>): () => void {
  return () => {
    if (pages.delete(page)) page.release()
  }
}

function callable(name: string, address: bigint, instance: Instance): KernelFunction {
  const code = loadFfi().decode(address, typeOfEntry()) as KernelFunction
  return () => {
    if (instance.life.released)
      throw new Error(`native kernel ${name} is called after its program was released`)
    return code()
  }
}

const alignUp = (at: number, to: number): number => Math.ceil(at / to) * to

function fill(table: readonly bigint[], entries: readonly bigint[], stubs: number, at: bigint): Uint8Array {
  const page = Buffer.alloc(stubs + entries.length * STUB_BYTES, TRAP)
  table.forEach((address, i) => {
    page.writeBigUInt64LE(address, i * WORD_BYTES)
  })
  entries.forEach((entry, i) => {
    writeStub(page.subarray(stubs + i * STUB_BYTES), at, entry)
  })
  return page
}

function writeStub(stub: Buffer, table: bigint, entry: bigint): void {
  stub.set(LOAD_TABLE, 0)
  stub.writeBigUInt64LE(table, 2)
  stub.set(LOAD_TARGET, 10)
  stub.writeBigUInt64LE(entry, 12)
  stub.set(JUMP, 20)
}

/** The code was told that the control block is there and that regions never overlap: here that is made sure. */
function checkRegions(kernels: readonly Kernel[], memory: Placement): void {
  for (const mem of kernels.flatMap(kernel => kernel.mems)) {
    const { offset, bytes } = regionOf(memory, mem.name)
    const least = mem.role === 'control' ? regionBytes(mem, 1) : 0
    if (bytes < least || offset + bytes > memory.buffer.byteLength) {
      throw new Error(`region ${mem.name} is too small or lies outside its buffer`)
    }
  }
  const ranges = tableOf(kernels).map(name => ({ name, ...regionOf(memory, name) }))
  ranges.sort((a, b) => a.offset - b.offset)
  ranges.slice(1).forEach(({ name, offset }, i) => {
    const before = ranges[i]
    if (before.offset + before.bytes > offset) throw new Error(`regions ${before.name} and ${name} overlap`)
  })
}
