/**
 * Interned texts as a rig: a table of users has a text (or null) as its key and holds another, as a group holds the
 * last value that it saw. The key comes as the code of a dictionary, the other text as it is.
 */
import { hashWords } from '../../compiler/lower/lib/hash.ts'
import { Interner, keyOfText, type Wanted } from '../../compiler/lower/lib/interner.ts'
import { HashTable } from '../../compiler/lower/lib/table.ts'
import { controlBlock } from '../../ir/abi.ts'
import { and, eq, ge, i32, load, lt, not } from '../../ir/kernel/build.ts'
import type { Expr } from '../../ir/kernel/node.ts'
import { columnLayout } from '../../ir/layout.ts'
import { Rig, type RigOptions, type Row } from './rig.ts'
import { type CommandCode, rigLimits } from './rig-program.ts'

export const Do = { find: 0, put: 1, remove: 2 } as const

const interned = { type: 'i32', interned: true } as const
const users = new HashTable({ id: 0, name: 'users', fields: { key: interned, held: interned } })
const texts = new Interner(1)
texts.addUser(users)
const dictionary = columnLayout('dictionary', 'scratch', { remap: 'i32' }, rigLimits.dictionaryRows)

function step(code: CommandCode): void {
  const { k, arg, answer, leave } = code
  const isThis = (what: number): Expr => eq(arg('what'), i32(what))
  const isNull = (name: string): Expr => eq(arg(`${name}_null`), i32(1))
  k.phase('reserve')
  const key = wantText(code, 'key', not(isNull('key')))
  const held = wantText(code, 'held', and(isThis(Do.put), not(isNull('held'))))
  const keyId = (): Expr => keyOfText(key.id, isNull('key'))
  const same = (user: Expr): Expr => eq(load(users.entries, 'key', user), keyId())
  const { entry: user } = users.find(k, hashWords(k, [keyId()]), same)
  k.if(isThis(Do.put), () => {
    k.if(lt(user, i32(0)), () => users.reserve(k, leave))
    texts.reserve(k, [key, held], leave)
  })
  k.phase('apply')
  answer('known', user)
  k.if(isThis(Do.put), () => {
    for (const text of [key, held]) texts.intern(k, text)
    k.if(lt(user, i32(0)), () => {
      k.set(user, users.insert(k, hashWords(k, [keyId()])))
      k.store(users.entries, 'key', user, keyId())
    })
    k.store(users.entries, 'held', user, keyOfText(held.id, isNull('held')))
  })
  answer('user', user)
  k.if(and(isThis(Do.remove), ge(user, i32(0))), () => users.remove(k, user))
}

function wantText({ k, arg }: CommandCode, name: 'key' | 'held', needed: Expr): Wanted {
  const range = { offset: arg(`${name}_at`), length: arg(`${name}_length`) }
  const code = { remap: dictionary, code: arg('key_code') }
  return texts.find(k, range, needed, name === 'key' ? code : undefined)
}

export class InternerRig {
  readonly rig: Rig
  #sweeps = 0

  private constructor(rig: Rig) {
    this.rig = rig
    rig.onSwept = memory => {
      if (memory === rig.memory) this.#sweeps++
      for (let code = 0; code < rigLimits.dictionaryRows; code++) memory.write(dictionary, 'remap', code, 0)
    }
  }

  static async build(): Promise<InternerRig> {
    const places = ['key', 'held'].flatMap(name => [`${name}_at`, `${name}_length`, `${name}_null`])
    const rig = await Rig.build({
      name: 'texts',
      command: Object.fromEntries(['what', 'key_code', ...places].map(field => [field, 'i32'])),
      answer: { known: 'i32', user: 'i32' },
      fixed: [
        ...[users.head, ...texts.fixed].map(mem => ({ mem, rows: 1 })),
        { mem: dictionary, rows: rigLimits.dictionaryRows },
      ],
      growables: [
        { growable: users.growable, grow: k => users.grow(k) },
        { growable: texts.growable, grow: k => texts.grow(k) },
      ],
      step,
    })
    return new InternerRig(rig)
  }

  reset(options: RigOptions): void {
    this.#sweeps = 0
    this.rig.reset(options)
  }

  /** How often texts in state were swept since the reset. */
  get sweeps(): number {
    return this.#sweeps
  }

  /** Ids of the two texts of a user; below zero for null. */
  idsOf(user: number): readonly [key: number, held: number] {
    const { memory } = this.rig
    return [memory.read(users.entries, 'key', user), memory.read(users.entries, 'held', user)]
  }

  textOf(id: number): Uint8Array {
    const { memory } = this.rig
    const at = memory.read(controlBlock, 'heap_base') + memory.read(texts.table.entries, 'offset', id)
    return memory.text({ at, length: memory.read(texts.table.entries, 'length', id) })
  }

  /** Texts that are kept and the bytes that they take; how much of either there is room for. */
  get usage(): Readonly<Record<'texts' | 'textsRoom' | 'bytes' | 'room', number>> {
    const read = this.rig.memory.read.bind(this.rig.memory)
    return {
      texts: read(texts.table.head, 'live'),
      textsRoom: read(texts.table.head, 'room'),
      bytes: read(texts.heap, 'used'),
      room: read(texts.heap, 'room'),
    }
  }
}

export type TextNumber = number | null

/** Commands over a pool of texts that were written to the rig. */
export function internerCommands(rig: Rig, pool: readonly Uint8Array[]) {
  const places = rig.writeTexts(pool)
  const args = (name: string, text: TextNumber): Row => ({
    [`${name}_at`]: places[text ?? 0].at,
    [`${name}_length`]: places[text ?? 0].length,
    [`${name}_null`]: Number(text === null),
  })
  return (what: number, key: TextNumber, held: TextNumber = null): Row => ({
    what,
    key_code: key ?? 0,
    ...args('key', key),
    ...args('held', held),
  })
}
