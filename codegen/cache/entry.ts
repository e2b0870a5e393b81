/**
 * The form of a cache entry: bytes that prove what they are. An entry that was cut off, flipped, made by another
 * version or put under another name is told from a good one here. Whose file it is, the folder knows, not this one.
 *
 *     magic, 8 bytes | sha256 of all that follows | length of the header, u32 | header, JSON | payload
 */
import { createHash } from 'node:crypto'

/** What an entry is for. The digest stands for everything that decides the content. */
export interface CodeKey {
  readonly kind: string
  /** sha256 in hex. */
  readonly digest: string
}

/** What is told of the payload: plain JSON. */
export type Facts = Readonly<Record<string, unknown>>

export interface Entry {
  readonly facts: Facts
  readonly payload: Buffer
}

interface Header extends CodeKey {
  readonly facts: Facts
}

/** The digit is the version of this form. */
const MAGIC = Buffer.from('millrac1', 'latin1')
const DIGEST_BYTES = 32
const SEALED_FROM = MAGIC.length + DIGEST_BYTES
const HEADER_FROM = SEALED_FROM + 4

/** Every part counts, and so does where one ends and the next begins. */
export function keyOf(kind: string, parts: readonly unknown[]): CodeKey {
  const digest = sha256(Buffer.from(JSON.stringify([kind, ...parts]))).toString('hex')
  return { kind, digest }
}

export function encodeEntry(key: CodeKey, { facts, payload }: Entry): Buffer {
  const header: Header = { ...key, facts }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const sealed = Buffer.concat([length, text, payload])
  return Buffer.concat([MAGIC, sha256(sealed), sealed])
}

/** The content of an entry; undefined where the bytes are not, bit for bit, an entry of this key. */
export function decodeEntry(key: CodeKey, bytes: Buffer): Entry | undefined {
  if (!isSealed(bytes)) return undefined
  const end = HEADER_FROM + bytes.readUInt32LE(SEALED_FROM)
  const header = JSON.parse(bytes.toString('utf8', HEADER_FROM, end)) as Header
  const isAsked = header.kind === key.kind && header.digest === key.digest
  return isAsked ? { facts: header.facts, payload: bytes.subarray(end) } : undefined
}

function isSealed(bytes: Buffer): boolean {
  if (bytes.length < HEADER_FROM) return false
  const isOfThisForm = bytes.subarray(0, MAGIC.length).equals(MAGIC)
  return isOfThisForm && sha256(bytes.subarray(SEALED_FROM)).equals(bytes.subarray(MAGIC.length, SEALED_FROM))
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
