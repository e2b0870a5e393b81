/**
 * Ordered multisets as a rig: some owners, whose values come, go, are forgotten, or are all taken into another owner. The
 * answer of a command says what it found, and then what the owner has.
 */
import assert from 'node:assert/strict'
import { Interner } from '../../compiler/lower/lib/interner.ts'
import { OrderedMultiset } from '../../compiler/lower/lib/ordered-multiset.ts'
import type { RootCell } from '../../compiler/lower/lib/weighted-tree.ts'
import type { Value } from '../../compiler/lower/value.ts'
import { FALSE, scalar } from '../../compiler/lower/value.ts'
import { and, eq, f64, i32, type KernelBuilder, load, ne, select, toInt } from '../../ir/kernel/build.ts'
import type { Expr } from '../../ir/kernel/node.ts'
import { rowLayout } from '../../ir/layout.ts'
import { Rig, type Row } from './rig.ts'
import type { CommandCode } from './rig-program.ts'

export const Do = { insert: 0, remove: 1, forget: 2, take: 3, ask: 4 } as const
export const OWNERS = 4
export type SetType = 'float64' | 'utf8'

const owners = rowLayout('owners', 'state', { root: 'i32' })

const cellOf = (k: KernelBuilder, owner: Expr): RootCell => ({
  root: load(owners, 'root', owner),
  set: root => k.store(owners, 'root', owner, root),
})

export class MultisetRig {
  readonly rig: Rig
  readonly set: OrderedMultiset
  readonly texts: Interner | undefined

  private constructor(rig: Rig, set: OrderedMultiset, texts: Interner | undefined) {
    this.rig = rig
    this.set = set
    this.texts = texts
  }

  static async build(type: SetType): Promise<MultisetRig> {
    const texts = type === 'utf8' ? new Interner(1) : undefined
    const set = new OrderedMultiset(0, 'values', type, texts)
    texts?.addUser(set.nodes)
    const word = type === 'utf8' ? 'i32' : 'f64'
    const rig = await Rig.build({
      name: `multiset of ${type}`,
      command: { what: 'i32', owner: 'i32', other: 'i32', rank: 'f64', x: 'f64', at: 'i32', length: 'i32' },
      answer: {
        found: 'i32',
        distinct: 'i32',
        total: 'f64',
        ...Object.fromEntries(['least', 'greatest', 'ranked', 'mode'].map(name => [name, word])),
      },
      fixed: [
        { mem: set.nodes.head, rows: 1 },
        { mem: owners, rows: OWNERS },
        ...(texts?.fixed ?? []).map(mem => ({ mem, rows: 1 })),
      ],
      growables: [
        { growable: set.nodes.growable, grow: k => set.nodes.grow(k) },
        ...(texts ? [{ growable: texts.growable, grow: (k: KernelBuilder) => texts.grow(k) }] : []),
      ],
      step: code => step(code, set, texts),
      kernels: { init: ({ k }) => set.nodes.init(k) },
    })
    return new MultisetRig(rig, set, texts)
  }
}

/** A take is one value at a time: its command comes once for each that the other owner has, and once where it has none. */
function step(code: CommandCode, set: OrderedMultiset, texts: Interner | undefined): void {
  const { k, arg, answer, leave } = code
  const isThis = (what: number): Expr => eq(arg('what'), i32(what))
  k.phase('reserve')
  const cell = cellOf(k, arg('owner'))
  const range = { offset: arg('at'), length: arg('length') }
  const text = texts?.find(k, range, isThis(Do.insert))
  const value: Value = text
    ? { kind: 'bytes', type: 'utf8', ...range, isNull: FALSE, faults: [] }
    : scalar('float64', arg('x'), FALSE)
  k.if(isThis(Do.insert), () => set.reserve(k, leave, cell.root, value))
  k.if(isThis(Do.take), () => set.reserveAny(k, leave))
  if (text) texts?.reserve(k, [text], leave)
  k.phase('apply')
  const found = k.let('found', i32(0))
  k.if(isThis(Do.insert), () => {
    if (text) texts?.intern(k, text)
    set.insert(k, cell, { value, stored: text ? text.id : arg('x') })
  })
  k.if(isThis(Do.remove), () => k.set(found, toInt(set.remove(k, cell, value))))
  k.if(isThis(Do.forget), () => set.forget(k, cell))
  k.if(and(isThis(Do.take), ne(arg('owner'), arg('other'))), () => {
    const isDone = set.takeNext(k, cell, load(owners, 'root', arg('other')))
    k.if(isDone, () => {
      set.endTaking(k)
      k.set(found, i32(1))
    })
  })
  tell(code, set, cell)
  answer('found', found)
}

/** A text is told by its length; what is not there, as -1. */
function tell({ k, arg, answer }: CommandCode, set: OrderedMultiset, { root }: RootCell): void {
  const told = (node: Expr): Expr => {
    const value = set.valueOf(node)
    const word = value.kind === 'bytes' ? value.length : value.value
    return select(eq(node, i32(0)), word.type === 'f64' ? f64(-1) : i32(-1), word)
  }
  answer('distinct', set.distinct(root))
  answer('total', set.total(root))
  answer('least', told(set.least(k, root)))
  answer('greatest', told(set.greatest(k, root)))
  answer('ranked', told(set.at(k, root, arg('rank'))))
  answer('mode', told(set.mode(k, root)))
}

/** The nodes of an owner from its root down, each with its depth; throws where one breaks a law of the tree. */
export function nodesOf({ rig, set }: MultisetRig, owner: number): readonly number[] {
  const { entries, growable } = set.nodes
  const children = growable.parts[1].mem
  const read = (field: string, node: number): number => rig.memory.read(entries, field, node)
  const depths: number[] = []
  const visit = (node: number, parent: number, depth: number): readonly [size: number, total: number] => {
    if (node === 0) return [0, 0]
    depths.push(depth)
    assert.equal(read('parent', node), parent)
    const below = [0, 1].map(side =>
      visit(rig.memory.read(children, 'node', 2 * node + side), node, depth + 1),
    )
    const [left, right] = below.map(([size]) => size + 1)
    assert.ok(left <= 3 * right && right <= 3 * left, `${left} and ${right}`)
    const size = left + right - 1
    const total = below[0][1] + below[1][1] + read('rows', node)
    assert.deepEqual([read('size', node), read('total', node)], [size, total])
    return [size, total]
  }
  visit(rig.memory.read(owners, 'root', owner), 0, 1)
  return depths
}

export const command = (what: keyof typeof Do, owner: number, given: Row = {}): Row => ({
  what: Do[what],
  owner,
  other: owner,
  rank: 0,
  x: 0,
  at: 0,
  length: 0,
  ...given,
})
