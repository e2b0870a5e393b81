/**
 * Object file to callable image: places the sections, resolves symbols, patches relocations, seals. The policy is
 * narrow: no writable sections, few functions of the outside, three kinds of relocation; all else is refused.
 */
import { type ElfObject, type ElfSymbol, type Relocation, readElf, type Section } from './elf.ts'
import { addressOfFunction, type CodeMemory, mapCode } from './machine-memory.ts'

/** Ops that some machines have no instruction for. LLVM narrows them where operands and result are floats. */
const mathNames = ['fmod', 'floor', 'ceil', 'trunc', 'sqrt']

/** What LLVM may call for an op or an idiom of its own: pure functions of their operands, with exact results. */
const allowed: ReadonlySet<string> = new Set([
  ...['memcpy', 'memmove', 'memset', 'memcmp', 'bcmp'],
  ...mathNames.flatMap(name => [name, `${name}f`]),
])

/** Relocations by their number in the x86-64 ABI; S symbol, A addend, P place. */
const ABSOLUTE_64 = 1
const RELATIVE_32 = 2
const PROCEDURE_32 = 4

export interface Image {
  /** The address of an exported function. */
  entry(symbol: string): bigint
  readonly bytes: number
  release(): void
}

/** @throws Error that says why the object is refused */
export function linkObject(object: Uint8Array): Image {
  const elf = readElf(object)
  const layout = layOut(elf)
  const memory = mapCode(layout.end, address => fill(elf, layout, address))
  return {
    entry: symbol => memory.address + BigInt(entryOffset(elf, layout, symbol)),
    bytes: memory.bytes,
    release: once(memory),
  }
}

function once(memory: CodeMemory): () => void {
  let released = false
  return () => {
    if (!released) memory.release()
    released = true
  }
}

/** Offsets inside the image. */
interface Layout {
  /** By section number; undefined where a section is not loaded. */
  readonly sections: readonly (number | undefined)[]
  /** A stub that jumps to each function of the outside, which may lie further away than a call reaches. */
  readonly stubs: ReadonlyMap<string, number>
  readonly end: number
}

const STUB_BYTES = 16
const alignUp = (at: number, to: number): number => Math.ceil(at / to) * to

function layOut({ sections, relocations }: ElfObject): Layout {
  let end = 0
  const place = (section: Section): number | undefined => {
    if (!section.loaded) return undefined
    const at = alignUp(end, section.align)
    end = at + section.size
    return at
  }
  const placed = sections.map(place)
  end = alignUp(end, STUB_BYTES)
  const stubs = new Map<string, number>()
  for (const { symbol } of relocations) {
    if (symbol.section !== undefined || stubs.has(symbol.name)) continue
    stubs.set(symbol.name, end)
    end += STUB_BYTES
  }
  return { sections: placed, stubs, end }
}

function fill(elf: ElfObject, layout: Layout, address: bigint): Uint8Array {
  const image = Buffer.alloc(layout.end)
  elf.sections.forEach(({ bytes }, i) => {
    const at = layout.sections[i]
    if (at !== undefined) bytes.copy(image, at)
  })
  for (const [name, at] of layout.stubs) writeStub(image, at, name)
  for (const relocation of elf.relocations) patch(image, layout, address, relocation)
  return image
}

/** `jmp [rip + 0]` followed by the address. */
const JUMP = [0xff, 0x25, 0, 0, 0, 0]

function writeStub(image: Buffer, at: number, name: string): void {
  if (!allowed.has(name)) throw new Error(`the object calls ${name || 'an unnamed symbol'}, which is refused`)
  const target = addressOfFunction(name)
  if (target === undefined) throw new Error(`the object calls ${name}, which this process does not have`)
  image.set(JUMP, at)
  image.writeBigUInt64LE(target, at + JUMP.length)
}

function patch(image: Buffer, layout: Layout, address: bigint, relocation: Relocation): void {
  const place = offsetIn(layout, relocation.section, relocation.offset)
  const target = symbolOffset(layout, relocation.symbol) + relocation.addend
  switch (relocation.type) {
    case RELATIVE_32:
    case PROCEDURE_32:
      image.writeInt32LE(target - place, place)
      return
    case ABSOLUTE_64:
      image.writeBigUInt64LE(address + BigInt(target), place)
      return
    default:
      throw new Error(`relocation type ${relocation.type} is refused`)
  }
}

function symbolOffset(layout: Layout, { section, name, value }: ElfSymbol): number {
  const offset = section === undefined ? layout.stubs.get(name) : offsetIn(layout, section, value)
  if (offset === undefined) throw new Error(`${name} has no place`)
  return offset
}

function offsetIn(layout: Layout, section: number, offset: number): number {
  const start = layout.sections[section]
  if (start === undefined || offset > layout.end) throw new Error('the object points outside its sections')
  return start + offset
}

function entryOffset({ symbols }: ElfObject, layout: Layout, name: string): number {
  const symbol = symbols.find(one => one.isEntry && one.name === name)
  if (!symbol) throw new Error(`the object has no function ${name}`)
  return symbolOffset(layout, symbol)
}
