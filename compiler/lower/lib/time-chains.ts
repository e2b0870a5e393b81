/**
 * Rows of many keys in order of time, as kernel code: those of a key are a chain that is linked both ways, rows of one time in
 * order of arrival. A place in it is looked for from both ends at once: what comes nearly in order, and what is asked about
 * rows that are about to leave, is found in a few steps.
 */
import { add, gt, i32, type KernelBuilder, le, load, lt } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { TextWalk } from './interner.ts'
import { END_OF_CHAIN, NodePool } from './node-pool.ts'

/** A row, or END_OF_CHAIN; and how many were looked at. */
export interface Place {
  readonly row: Local
  readonly steps: Local
}

export class TimeChains {
  readonly pool: NodePool
  readonly #keys: () => Mem
  readonly #name: string

  /** `keys`: the entries that have the `endFields` of that name. */
  constructor(id: number, name: string, keys: () => Mem, fields: FieldSpecs) {
    this.#keys = keys
    this.#name = name
    this.pool = new NodePool(id, name, { key: 'i32', ts: 'i64', before: 'i32', ...fields })
  }

  /** What is kept of a key: its first row by time, and its last one. */
  static endFields(name: string): FieldSpecs {
    return { [`${name}_oldest`]: 'i32', [`${name}_newest`]: 'i32' }
  }

  get rows(): Mem {
    return this.pool.nodes
  }

  /** A key without rows. */
  clear(k: KernelBuilder, key: Expr): void {
    for (const end of Object.keys(TimeChains.endFields(this.#name)))
      k.store(this.#keys(), end, key, i32(END_OF_CHAIN))
  }

  oldest(key: Expr): Expr {
    return load(this.#keys(), `${this.#name}_oldest`, key)
  }

  timeAt(row: Expr): Expr {
    return load(this.rows, 'ts', row)
  }

  keyAt(row: Expr): Expr {
    return load(this.rows, 'key', row)
  }

  before(row: Expr): Expr {
    return load(this.rows, 'before', row)
  }

  behind(row: Expr): Expr {
    return this.pool.next(row)
  }

  isEmpty(key: Expr): Expr {
    return lt(this.oldest(key), i32(0))
  }

  /** The last row of a key that is not later than a time. */
  latest(k: KernelBuilder, key: Expr, time: Expr): Place {
    const row = k.let('newer', load(this.#keys(), `${this.#name}_newest`, key))
    const older = k.let('older', this.oldest(key))
    const steps = k.let('steps', i32(0))
    k.loop('look_for_time', done => {
      k.breakIf(lt(row, i32(0)), done)
      k.breakIf(le(this.timeAt(row), time), done)
      k.if(gt(this.timeAt(older), time), () => {
        k.set(row, this.before(older))
        k.break(done)
      })
      k.set(row, this.before(row))
      k.set(older, this.behind(older))
      k.set(steps, add(steps, i32(1)))
    })
    return { row, steps }
  }

  /** The first row of a key behind another one, or its first of all. */
  next(k: KernelBuilder, key: Expr, row: Local): Local {
    const next = k.let('next_row', this.oldest(key))
    k.if(gt(row, i32(END_OF_CHAIN)), () => k.set(next, this.behind(row)))
    return next
  }

  /** A new row behind another of its key, or in front of all. There is room for it. */
  insert(k: KernelBuilder, key: Expr, before: Local, ts: Expr): Local {
    const row = this.pool.take(k)
    k.store(this.rows, 'key', row, key)
    this.#place(k, row, before, ts)
    return row
  }

  /** Gives a row a later time: it stands behind those that are not later. */
  delay(k: KernelBuilder, row: Expr, ts: Expr): void {
    const key = k.let('key', this.keyAt(row))
    this.#unlink(k, row)
    const { row: before } = this.latest(k, key, ts)
    this.#place(k, row, before, ts)
  }

  #place(k: KernelBuilder, row: Expr, before: Local, ts: Expr): void {
    const key = k.let('key', this.keyAt(row))
    const behind = this.next(k, key, before)
    k.store(this.rows, 'ts', row, ts)
    this.#link(k, key, before, row)
    this.#link(k, key, row, behind)
  }

  #unlink(k: KernelBuilder, row: Expr): void {
    const [before, behind] = [k.let('before', this.before(row)), k.let('behind', this.behind(row))]
    this.#link(k, this.keyAt(row), before, behind)
  }

  /** Takes a row out, which is free then. */
  remove(k: KernelBuilder, row: Expr): void {
    this.#unlink(k, row)
    this.pool.release(k, { first: row, last: row, count: i32(1) })
  }

  /** Looks through rows for the texts that their fields name. */
  get textWalks(): readonly TextWalk[] {
    const texts = Object.entries(this.rows.fields).filter(([, field]) => field.interned)
    return texts.flatMap(([field]) => this.pool.textWalks(field))
  }

  /** Makes two rows of a key neighbours; none stands for an end of the chain. */
  #link(k: KernelBuilder, key: Expr, before: Expr, behind: Expr): void {
    k.if(
      lt(before, i32(0)),
      () => k.store(this.#keys(), `${this.#name}_oldest`, key, behind),
      () => this.pool.link(k, before, behind),
    )
    k.if(
      lt(behind, i32(0)),
      () => k.store(this.#keys(), `${this.#name}_newest`, key, before),
      () => k.store(this.rows, 'before', behind, before),
    )
  }
}
