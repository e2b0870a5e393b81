/**
 * Reads a relocatable ELF object for x86-64. An object may come from a cache on disk, so nothing in it is
 * believed: every offset is checked by the Buffer reads, and what is not expected is refused by name.
 */

export interface Section {
  readonly size: number
  readonly align: number
  /** Part of the running image? */
  readonly loaded: boolean
  readonly bytes: Buffer
}

export interface ElfSymbol {
  readonly name: string
  /** The section that it is defined in; undefined for a symbol of the outside. */
  readonly section: number | undefined
  readonly value: number
  /** May be called from outside. */
  readonly isEntry: boolean
}

export interface Relocation {
  /** The section that is patched, and where in it. */
  readonly section: number
  readonly offset: number
  readonly type: number
  readonly symbol: ElfSymbol
  readonly addend: number
}

export interface ElfObject {
  readonly sections: readonly Section[]
  readonly symbols: readonly ElfSymbol[]
  readonly relocations: readonly Relocation[]
}

const MAGIC = 0x7f454c46
const CLASS_64 = 2
const LITTLE_ENDIAN = 1
const RELOCATABLE = 1
const MACHINE_X86_64 = 62
const HEADER_BYTES = 64
const SYMBOL_BYTES = 24
const RELOCATION_BYTES = 24

const SECTION_SYMBOLS = 2
const SECTION_RELOCATIONS = 4
const SECTION_NO_BITS = 8
const FLAG_WRITE = 1
const FLAG_ALLOC = 2
const FLAG_TLS = 0x400

const UNDEFINED_SECTION = 0
const FIRST_RESERVED_SECTION = 0xff00
const BIND_LOCAL = 0
const TYPE_FUNCTION = 2

/** A compiled program is a few kilobytes; more than this is not ours. */
const OBJECT_BYTES_MAX = 64 << 20

/** An image starts on a page; nothing in it can be aligned better. */
const ALIGN_MAX = 4096

interface Header {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
  readonly align: number
}

/** @throws Error that says what is wrong with the object */
export function readElf(object: Uint8Array): ElfObject {
  const file = Buffer.from(object.buffer, object.byteOffset, object.byteLength)
  try {
    return new Reader(file).read()
  } catch (error) {
    if (error instanceof RangeError) throw new Error('the object is cut off or points outside itself')
    throw error
  }
}

class Reader {
  readonly #file: Buffer
  readonly #headers: readonly Header[]

  constructor(file: Buffer) {
    this.#file = file
    this.#checkHeader()
    const start = this.#word(40)
    const count = file.readUInt16LE(60)
    if (start + count * HEADER_BYTES > file.length) throw new RangeError()
    this.#headers = Array.from({ length: count }, (_, i) => this.#header(start + i * HEADER_BYTES))
  }

  read(): ElfObject {
    const sections = this.#headers.map(header => this.#section(header))
    const tables = this.#headers.map(header => (header.type === SECTION_SYMBOLS ? this.#symbols(header) : []))
    const relocations = this.#headers
      .filter(header => header.type === SECTION_RELOCATIONS && sections[header.info]?.loaded)
      .flatMap(header => this.#relocations(header, tables[header.link] ?? []))
    return { sections, symbols: tables.flat(), relocations }
  }

  #checkHeader(): void {
    const file = this.#file
    const isOurs =
      file.length <= OBJECT_BYTES_MAX &&
      file.readUInt32BE(0) === MAGIC &&
      file[4] === CLASS_64 &&
      file[5] === LITTLE_ENDIAN &&
      file.readUInt16LE(16) === RELOCATABLE &&
      file.readUInt16LE(18) === MACHINE_X86_64
    if (!isOurs) throw new Error('not a relocatable x86-64 object')
  }

  /** A 64-bit word that counts something in the file. */
  #word(at: number): number {
    return Number(this.#file.readBigUInt64LE(at))
  }

  #header(at: number): Header {
    return {
      type: this.#file.readUInt32LE(at + 4),
      flags: this.#word(at + 8),
      offset: this.#word(at + 24),
      size: this.#word(at + 32),
      link: this.#file.readUInt32LE(at + 40),
      info: this.#file.readUInt32LE(at + 44),
      align: Math.max(1, this.#word(at + 48)),
    }
  }

  #section({ type, flags, offset, size, align }: Header): Section {
    const loaded = (flags & FLAG_ALLOC) !== 0 && size > 0
    if (loaded && (flags & (FLAG_WRITE | FLAG_TLS)) !== 0) throw new Error('a writable section is refused')
    if (loaded && type === SECTION_NO_BITS) throw new Error('a section without content is refused')
    if (loaded && (align > ALIGN_MAX || (align & (align - 1)) !== 0))
      throw new Error(`alignment ${align} is refused`)
    if (loaded && offset + size > this.#file.length) throw new RangeError()
    return { size, align, loaded, bytes: this.#file.subarray(offset, offset + size) }
  }

  #symbols({ offset, size, link }: Header): ElfSymbol[] {
    const names = this.#headers[link]
    if (!names) throw new RangeError()
    const count = Math.floor(size / SYMBOL_BYTES)
    return Array.from({ length: count }, (_, i) => this.#symbol(offset + i * SYMBOL_BYTES, names))
  }

  #symbol(at: number, names: Header): ElfSymbol {
    const info = this.#file.readUInt8(at + 4)
    const index = this.#file.readUInt16LE(at + 6)
    const inside = index !== UNDEFINED_SECTION && index < FIRST_RESERVED_SECTION
    return {
      name: this.#name(names, this.#file.readUInt32LE(at)),
      section: inside ? index : undefined,
      value: this.#word(at + 8),
      isEntry: inside && (info & 15) === TYPE_FUNCTION && info >> 4 !== BIND_LOCAL,
    }
  }

  #name(table: Header, at: number): string {
    const start = table.offset + at
    const end = this.#file.indexOf(0, start)
    if (at >= table.size || end < 0) throw new RangeError()
    return this.#file.toString('latin1', start, end)
  }

  #relocations({ offset, size, info }: Header, symbols: readonly ElfSymbol[]): Relocation[] {
    const count = Math.floor(size / RELOCATION_BYTES)
    return Array.from({ length: count }, (_, i) => {
      const at = offset + i * RELOCATION_BYTES
      const symbol = symbols[this.#file.readUInt32LE(at + 12)]
      if (!symbol) throw new RangeError()
      return {
        section: info,
        offset: this.#word(at),
        type: this.#file.readUInt32LE(at + 8),
        symbol,
        addend: Number(this.#file.readBigInt64LE(at + 16)),
      }
    })
  }
}
