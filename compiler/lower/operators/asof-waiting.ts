/**
 * The left side of an asof join: the rows that wait until no nearer row of the right side can come, in order of the time of
 * the right side at which that is so. Those that leave at one time leave in order of arrival. A row that is probed at several
 * times waits for one after the other.
 */
import { add, and, ge, i32, i64, type KernelBuilder, le, load, ne, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { AsofJoin } from '../../../ir/logical/asof-join.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import type { RowColumns } from '../expr/index.ts'
import { DeadlineHeap } from '../lib/heap.ts'
import type { Interner } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { TimeChains } from '../lib/time-chains.ts'
import type { AsofOffsets } from './asof-offsets.ts'

/** A row that begins to wait. */
export interface Waiting {
  readonly key: Expr
  /** The time that it is held against, and when it leaves at the latest. */
  readonly time: Expr
  readonly until: Expr
  /** The number of that time among those that it is held against. */
  readonly step: Expr
}

export class AsofWaiting {
  readonly chains: TimeChains
  readonly head: Mem
  readonly #kept: KeptRow
  readonly #deadlines: DeadlineHeap
  readonly #offsets: AsofOffsets

  constructor(
    node: AsofJoin,
    id: number,
    { keys, texts, offsets }: { keys: () => Mem; texts: Interner | undefined; offsets: AsofOffsets },
  ) {
    this.#offsets = offsets
    const given = new Set(node.relation.schema.map(({ name }) => name))
    const columns = node.left.relation.schema.filter(({ name }) => given.has(name))
    this.#kept = new KeptRow(columns, texts)
    this.chains = new TimeChains(id, 'waiting', keys, {
      place: 'i32',
      ...(this.#isStepwise && { step: 'i32' }),
      ...this.#kept.fields,
    })
    this.head = rowLayout('waiting_deadlines_head', 'state', { waiting: 'i32', order: 'i64' })
    const places = { mem: this.chains.rows, field: 'place' }
    this.#deadlines = new DeadlineHeap('waiting_deadlines', this.head, true, { places })
    for (const walk of this.chains.textWalks) texts?.addWalk(walk)
  }

  get #isStepwise(): boolean {
    return this.#offsets.count > 1
  }

  /** The heap holds one item for each row. */
  get growable(): Growable {
    const { growable } = this.chains.pool
    return { ...growable, parts: [...growable.parts, { mem: this.#deadlines.items, rowsPerUnit: 1 }] }
  }

  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  /** Lets a row wait for which there is room. Returns how many rows were looked at. */
  keep(k: KernelBuilder, { key, time, until, step }: Waiting, wanted: WantedRow): Expr {
    const { row: before, steps } = this.chains.latest(k, key, time)
    const row = this.chains.insert(k, key, before, time)
    if (this.#isStepwise) k.store(this.chains.rows, 'step', row, step)
    this.#kept.store(k, this.chains.rows, row, wanted)
    this.#deadlines.push(k, until, row, load(this.head, 'order'))
    k.put(this.head, 'order', add(load(this.head, 'order'), i64(1n)))
    return steps
  }

  /** Has the time of the first one come? */
  isDue(time: Expr): Expr {
    return and(ne(load(this.head, 'waiting'), i32(0)), le(this.until, time))
  }

  /** When the first one leaves. */
  get until(): Expr {
    return load(this.#deadlines.items, 'time', i32(0))
  }

  get first(): Expr {
    return load(this.#deadlines.items, 'id', i32(0))
  }

  stepAt(row: Expr): Expr {
    return this.#isStepwise ? load(this.chains.rows, 'step', row) : i32(0)
  }

  columnsAt(row: Expr): RowColumns {
    return this.#kept.read(this.chains.rows, row)
  }

  /** The first row waits longer. */
  delayFirst(k: KernelBuilder, until: Expr): void {
    this.#deadlines.delay(k, i32(0), until)
  }

  /** A result of a row was given: it waits for the next one, or goes. `onLast` is told its key then. */
  leave(k: KernelBuilder, row: Local, onLast: (key: Expr) => void): void {
    if (!this.#isStepwise) {
      this.#drop(k, row, onLast)
      return
    }
    const next = k.let('next_step', add(this.stepAt(row), i32(1)))
    k.if(
      ge(next, i32(this.#offsets.count)),
      () => this.#drop(k, row, onLast),
      () => {
        const further = sub(this.#offsets.at(next), this.#offsets.at(this.stepAt(row)))
        const time = k.let('next_time', add(this.chains.timeAt(row), further))
        k.store(this.chains.rows, 'step', row, next)
        this.chains.delay(k, row, time)
        this.#deadlines.delay(k, load(this.chains.rows, 'place', row), add(time, i64(1n)))
      },
    )
  }

  #drop(k: KernelBuilder, row: Local, onLast: (key: Expr) => void): void {
    const key = k.let('key', this.chains.keyAt(row))
    this.#deadlines.remove(k, load(this.chains.rows, 'place', row))
    this.chains.remove(k, row)
    k.if(this.chains.isEmpty(key), () => onLast(key))
  }
}
