/**
 * Texts in state: each distinct one is kept once and named by a small id, so that keys compare as integers. Texts
 * that no table refers to any more are swept when room runs out: mark what the tables use, copy it to the other
 * extent of the heap, give the other ids back. Ids of texts in use never change.
 */
import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  and,
  any,
  eq,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  lt,
  max32,
  min32,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { addLengths, type ByteRange, bytesRegion, copyBytes, leaveUnlessSame } from './bytes.ts'
import { askForRoom, type Leave, returnIfBudgetSpent } from './control.ts'
import { hashBytes } from './hash.ts'
import { HashTable, powerOfTwo } from './table.ts'

/** Bytes of the heap when it first grows. */
const HEAP_MIN = 256
/** Ids that stand for no text: not known (yet), and null. */
export const UNKNOWN_TEXT = -1
export const NULL_TEXT = -2

/** A column of a batch whose values are codes of a dictionary: `remap[code]` is the id + 1, or 0. */
export interface DictionaryCode {
  readonly remap: Mem
  readonly code: Expr
}

/** A text on its way into state: its id once it is known. */
export interface Wanted {
  readonly range: ByteRange
  readonly id: Local
  /** Is a text needed here at all (it is not null, and the state will keep it)? */
  readonly needed: Expr
  readonly dictionary: DictionaryCode | undefined
}

/** State that names texts: a scan calls `each` with every entry in use, from `at` on; it may yield where it has saved. */
export type TextUser = Pick<HashTable, 'entries' | 'scan'>

/**
 * Looks through something that holds ids of texts, from position `at` on: calls `mark` for each that it holds. `save` keeps
 * the position over a yield.
 */
export type TextWalk = (k: KernelBuilder, at: Local, save: () => void, mark: (id: Expr) => void) => void

export class Interner {
  readonly table: HashTable
  readonly heap: Mem
  readonly #id: number
  readonly #walks: TextWalk[] = []

  constructor(id: number) {
    this.#id = id
    this.table = new HashTable({ id, name: 'texts', fields: { offset: 'i32', length: 'i32', mark: 'i32' } })
    this.heap = rowLayout('texts_heap', 'state', {
      /** First byte of the extent in use, bytes used of it, bytes there is room for. */
      base: 'i32',
      used: 'i32',
      room: 'i32',
      /** While sweeping: the step, the position in it, what was marked, bytes used of the new extent. */
      step: 'i32',
      at: 'i32',
      marked: 'i32',
      marked_bytes: 'i32',
      new_used: 'i32',
    })
  }

  /** State whose fields marked `interned` hold ids. */
  addUser(user: TextUser): void {
    const interned = Object.entries(user.entries.fields).filter(([, field]) => field.interned)
    this.addWalk((k, at, save, mark) =>
      user.scan(k, at, save, entry => {
        for (const [field] of interned) mark(load(user.entries, field, entry))
      }),
    )
  }

  /** What holds ids in another way. */
  addWalk(walk: TextWalk): void {
    this.#walks.push(walk)
  }

  get growable(): Growable {
    return { ...this.table.growable, heap: this.heap, holdsOutput: true }
  }

  get fixed(): readonly Mem[] {
    return [this.table.head, this.heap]
  }

  /** The text with an id, as a range. For an id that stands for no text it is any range: nobody reads it. */
  range(id: Expr): ByteRange {
    return this.#rangeOf(max32(id, i32(0)))
  }

  #rangeOf(id: Expr): ByteRange {
    const offset = add(load(controlBlock, 'heap_base'), load(this.table.entries, 'offset', id))
    return { offset, length: load(this.table.entries, 'length', id) }
  }

  /** Looks a text up. Its id stays UNKNOWN_TEXT where state does not hold it yet. */
  find(k: KernelBuilder, range: ByteRange, needed: Expr, dictionary?: DictionaryCode): Wanted {
    const known = dictionary
      ? sub(load(dictionary.remap, 'remap', dictionary.code), i32(1))
      : i32(UNKNOWN_TEXT)
    const id = k.let('text', select(needed, known, i32(UNKNOWN_TEXT)))
    k.if(and(needed, lt(id, i32(0))), () => {
      k.set(id, this.#probe(k, range).entry)
      this.#remember(k, dictionary, id)
    })
    return { range, id, needed, dictionary }
  }

  #probe(k: KernelBuilder, range: ByteRange): { entry: Local; hash: Expr } {
    const hash = hashBytes(k, bytesRegion, range.offset, range.length)
    return this.table.findBy(k, hash, (candidate, leave) => {
      leaveUnlessSame(k, this.#rangeOf(candidate), range, leave)
    })
  }

  /** A cache of the batch, not state: it may be written whenever the id is known. */
  #remember(k: KernelBuilder, dictionary: DictionaryCode | undefined, id: Expr): void {
    if (dictionary) k.store(dictionary.remap, 'remap', dictionary.code, add(id, i32(1)))
  }

  /** Returns `grow` where the texts that are new would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, wanted: readonly Wanted[], leave: Leave): void {
    const isNew = ({ id, needed }: Wanted): Expr => and(needed, lt(id, i32(0)))
    k.if(any(wanted.map(isNew)), () => {
      const lengths = wanted.map(one => select(isNew(one), one.range.length, i32(0)))
      const needBytes = k.let('need_bytes', lengths.reduce<Expr>(addLengths, i32(0)))
      const count = k.let(
        'new_texts',
        wanted.map(one => toInt(isNew(one))).reduce((a, b) => add(a, b)),
      )
      const need = k.let('need', add(load(this.table.head, 'live'), count))
      const used = add(load(this.table.head, 'used'), count)
      const spare = sub(load(this.heap, 'room'), load(this.heap, 'used'))
      k.if(any([gt(used, load(this.table.head, 'room')), gt(needBytes, spare)]), () => {
        k.put(controlBlock, 'need_bytes', needBytes)
        askForRoom(k, this.#id, need, leave)
      })
    })
  }

  /** Brings a text into state where it is new. Two new texts of one row may be equal: the second finds the first. */
  intern(k: KernelBuilder, { range, id, needed, dictionary }: Wanted): void {
    k.if(and(needed, lt(id, i32(0))), () => {
      const { entry, hash } = this.#probe(k, range)
      k.if(lt(entry, i32(0)), () => k.set(entry, this.#add(k, range, hash)))
      k.set(id, entry)
      this.#remember(k, dictionary, id)
    })
  }

  #add(k: KernelBuilder, range: ByteRange, hash: Expr): Local {
    const used = k.let('used', load(this.heap, 'used'))
    const offset = k.let('offset', add(load(this.heap, 'base'), used))
    copyBytes(k, range, add(load(controlBlock, 'heap_base'), offset))
    k.put(this.heap, 'used', add(used, range.length))
    const entry = this.table.insert(k, hash)
    k.store(this.table.entries, 'offset', entry, offset)
    k.store(this.table.entries, 'length', entry, range.length)
    return entry
  }

  /** The body of the grow kernel: sweeps, and makes room for twice what is in use. */
  grow(k: KernelBuilder): void {
    const { table } = this
    this.#step(k, 0, at => this.#clearMarks(k, at))
    this.#walks.forEach((walk, n) => {
      const save = (at: Local) => (): void => k.put(this.heap, 'at', at)
      this.#step(k, n + 1, at => walk(k, at, save(at), id => this.#mark(k, id)))
    })
    table.grow(k, {
      wanted: () => this.#wantedRoom(),
      sift: (_k, entry, keep) => this.#sift(k, entry, keep),
    })
    this.#switchHeap(k)
  }

  /** Twice the texts in use, and those that were asked for. */
  #wantedRoom(): Expr {
    const marked = load(this.heap, 'marked')
    const asked = sub(load(controlBlock, 'need'), load(this.table.head, 'live'))
    return add(add(marked, marked), asked)
  }

  /** Runs one step of the sweep once; `at` is its position, kept over yields. */
  #step(k: KernelBuilder, number: number, body: (at: Local) => void): void {
    k.if(eq(load(this.heap, 'step'), i32(number)), () => {
      body(k.let('at', load(this.heap, 'at')))
      k.put(this.heap, 'at', i32(0))
      k.put(this.heap, 'step', i32(number + 1))
    })
  }

  #clearMarks(k: KernelBuilder, at: Local): void {
    const spent = k.let('spent', i32(0))
    k.loop('clear_marks', label => {
      k.breakIf(ge(at, load(this.table.head, 'high')), label)
      k.put(this.heap, 'at', at)
      returnIfBudgetSpent(k, spent)
      k.store(this.table.entries, 'mark', at, i32(0))
      k.set(at, add(at, i32(1)))
    })
    for (const field of ['marked', 'marked_bytes', 'new_used']) k.put(this.heap, field, i32(0))
  }

  #mark(k: KernelBuilder, held: Expr): void {
    const { heap, table } = this
    const id = k.let('id', held)
    k.if(ge(id, i32(0)), () => {
      k.if(eq(load(table.entries, 'mark', id), i32(0)), () => {
        k.store(table.entries, 'mark', id, i32(1))
        k.put(heap, 'marked', add(load(heap, 'marked'), i32(1)))
        const bytes = addLengths(load(heap, 'marked_bytes'), load(table.entries, 'length', id))
        k.put(heap, 'marked_bytes', bytes)
      })
    })
  }

  /** A marked text moves to the other extent; the id of any other is given back. */
  #sift(k: KernelBuilder, entry: Local, keep: () => void): void {
    const { heap, table } = this
    k.if(
      eq(load(table.entries, 'mark', entry), i32(1)),
      () => {
        const offset = k.let('offset', add(this.#otherExtent(), load(heap, 'new_used')))
        copyBytes(k, this.#rangeOf(entry), add(load(controlBlock, 'heap_base'), offset))
        k.put(heap, 'new_used', add(load(heap, 'new_used'), load(table.entries, 'length', entry)))
        k.store(table.entries, 'offset', entry, offset)
        keep()
      },
      () => table.remove(k, entry),
    )
  }

  #otherExtent(): Expr {
    return sub(load(controlBlock, 'heap_limit'), load(this.heap, 'base'))
  }

  #switchHeap(k: KernelBuilder): void {
    const { heap } = this
    const twice = addLengths(load(heap, 'marked_bytes'), load(heap, 'marked_bytes'))
    const wanted = powerOfTwo(k, addLengths(twice, load(controlBlock, 'need_bytes')), HEAP_MIN)
    k.put(heap, 'room', min32(wanted, load(controlBlock, 'heap_limit')))
    k.put(heap, 'base', this.#otherExtent())
    k.put(heap, 'used', load(heap, 'new_used'))
    k.put(heap, 'step', i32(0))
  }
}

/** The id that a key stores: NULL_TEXT for null. */
export const keyOfText = (id: Expr, isNull: Expr): Expr => select(isNull, i32(NULL_TEXT), id)

/**
 * The texts of an operator: those of its source, which are kept in one place with its own; else its own, where it keeps any.
 * Both have the id that is given next.
 */
export function textsOf(
  ofSource: Interner | undefined,
  keepsAny: boolean,
  nextId: () => number,
): Interner | undefined {
  const id = ofSource || keepsAny ? nextId() : undefined
  return ofSource ?? (id === undefined ? undefined : new Interner(id))
}

/** Where there are any: how they grow. */
export const growingTexts = (
  texts: Interner | undefined,
): readonly { readonly growable: Growable; grow(k: KernelBuilder): void }[] =>
  texts ? [{ growable: texts.growable, grow: k => texts.grow(k) }] : []
