/**
 * A hash table as a rig: commands put, remove and look up nullable keys. A command brings the hash of its key
 * along: a table never computes one, so that a test may say whatever it likes.
 */
import { HashTable } from '../../compiler/lower/lib/table.ts'
import { controlBlock } from '../../ir/abi.ts'
import { add, all, and, eq, ge, i32, load, lt } from '../../ir/kernel/build.ts'
import type { Expr } from '../../ir/kernel/node.ts'
import { rowLayout } from '../../ir/layout.ts'
import { modelHashWords, wordsOfLong } from './hash-model.ts'
import { Rig, type Row } from './rig.ts'
import { type CommandCode, type RigCode, rigLimits } from './rig-program.ts'

export const Do = { find: 0, put: 1, remove: 2 } as const

/** A key: null is one of its own. */
export type Key = bigint | null

/** Hashes of keys: that of the product, and some as bad as can be. The last slot of an extent is where probes wrap. */
export const hashes: Readonly<Record<string, (key: Key) => number>> = {
  'the hash of the product': key => modelHashWords([...wordsOfLong(key ?? 0n), Number(key === null)]),
  'one hash for all keys': () => -1,
  'one slot for all keys': key => (Number(BigInt.asIntN(11, key ?? 0n)) << 20) | ((1 << 20) - 1),
}

const table = new HashTable({ id: 0, name: 'keys', fields: { key: 'i64', is_null: 'i32', value: 'i32' } })
const listing = rowLayout('listing', 'state', { count: 'i32' })
const listed = rowLayout('listed', 'output', { entry: 'i32' })

export const tableRig = (): Promise<Rig> =>
  Rig.build({
    name: 'table',
    command: { what: 'i32', hash: 'i32', key: 'i64', is_null: 'i32', value: 'i32' },
    answer: { entry: 'i32', value: 'i32' },
    fixed: [
      { mem: table.head, rows: 1 },
      { mem: listing, rows: 1 },
      { mem: listed, rows: rigLimits.stateRows },
    ],
    growables: [{ growable: table.growable, grow: k => table.grow(k) }],
    step,
    kernels: { list },
  })

function step({ k, arg, answer, leave }: CommandCode): void {
  const { entries } = table
  const fields = ['key', 'is_null'] as const
  const isThis = (what: number): Expr => eq(arg('what'), i32(what))
  const same = (entry: Expr): Expr => all(fields.map(field => eq(load(entries, field, entry), arg(field))))
  k.phase('reserve')
  const { entry } = table.find(k, arg('hash'), same)
  const isNew = k.let('is_new', and(isThis(Do.put), lt(entry, i32(0))))
  k.if(isNew, () => table.reserve(k, leave))
  k.phase('apply')
  k.if(isNew, () => {
    k.set(entry, table.insert(k, arg('hash')))
    for (const field of fields) k.store(entries, field, entry, arg(field))
  })
  k.if(isThis(Do.put), () => k.store(entries, 'value', entry, arg('value')))
  answer('entry', entry)
  answer('value', i32(0))
  k.if(ge(entry, i32(0)), () => answer('value', load(entries, 'value', entry)))
  k.if(and(isThis(Do.remove), ge(entry, i32(0))), () => table.remove(k, entry))
}

/** Writes the entries in use to `listed`; its place is kept in the cursor. */
function list({ k }: RigCode): void {
  const at = k.let('at', load(controlBlock, 'cursor'))
  k.if(eq(at, i32(0)), () => k.put(listing, 'count', i32(0)))
  const save = (): void => k.put(controlBlock, 'cursor', at)
  table.scan(k, at, save, entry => {
    const count = k.let('count', load(listing, 'count'))
    k.store(listed, 'entry', count, entry)
    k.put(listing, 'count', add(count, i32(1)))
  })
}

/** The entries that a scan finds. */
export function scanned(rig: Rig): readonly number[] {
  rig.call('list')
  const count = rig.memory.read(listing, 'count')
  return Array.from({ length: count }, (_, i) => rig.memory.read(listed, 'entry', i))
}

/** Entries in use, and ids that were ever given. */
export const tableUsage = ({ memory }: Rig) => ({
  live: memory.read(table.head, 'live'),
  high: memory.read(table.head, 'high'),
  used: memory.read(table.head, 'used'),
})

export const tableCommand = (what: number, hash: number, key: Key, value: number): Row => ({
  what,
  hash,
  key: key ?? 0n,
  is_null: Number(key === null),
  value,
})
