/** Joins within a stretch of time in the model: every row is held against all rows of the other side that may still match. */
import { call } from '../../ir/expr/build.ts'
import { literal, RowFault, type Value } from '../../ir/expr/expr.ts'
import { givesUnmatched, type IntervalJoin, isPaired, timesOf } from '../../ir/logical/interval-join.ts'
import { order } from './aggregation.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { type Input, SideTimes } from './union.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

interface Kept {
  readonly item: Item
  readonly ts: bigint
  readonly keys: readonly Value[]
  matched: boolean
}

const names = ['left', 'right'] as const

export function intervalJoinOf(node: IntervalJoin, next: Operator, run: Surroundings): readonly Input[] {
  return new Join(node, next, run).inputs
}

class Join {
  readonly inputs: readonly Input[]
  readonly #node: IntervalJoin
  readonly #next: Operator
  readonly #run: Surroundings
  readonly #sides = new SideTimes()
  readonly #kept: Kept[][] = [[], []]
  #out = MIN_TIME

  constructor(node: IntervalJoin, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
    this.inputs = names.map((_, side) => ({
      row: item => this.#take({ ...item, origin: -1 }, side),
      watermark: time => {
        this.#sides.raise(side, time)
        this.#goOn()
      },
      clock: now => next.clock(now),
      tick: () => next.tick(),
      idle: isIdle => {
        this.#sides.silence(side, isIdle)
        this.#goOn()
      },
    }))
  }

  get #range(): { readonly lower: bigint; readonly upper: bigint } {
    return this.#node.condition.range ?? { lower: 0n, upper: 0n }
  }

  /** The latest time at which a row of a side may find a partner, less its own. */
  #reach(side: number): bigint {
    return side === 0 ? this.#range.upper : -this.#range.lower
  }

  #take(item: Item, side: number): void {
    this.#run.guard(item, () => {
      const ts = this.#timeOf(item.row, side)
      const { lower, upper } = this.#range
      const [, farthest] = [upper, -lower].toSorted(order)
      const margin = farthest + 1n
      if (ts < MIN_TIME + margin || ts > MAX_TIME - margin) throw new RowFault('LDB-2005')
      if (ts < this.#sides.times[side]) {
        this.#run.late.push(item.origin)
        return
      }
      const keys = this.#node.condition.keys.map(pair => this.#run.value(pair[names[side]], item.row))
      this.#join({ item, ts, keys, matched: false }, side)
    })
  }

  #timeOf(row: ModelRow, side: number): bigint {
    const column = timesOf(this.#node)[side]
    return (row[column] as bigint) - (this.#node.condition.range ? 0n : 1n)
  }

  #join(own: Kept, side: number): void {
    const { type } = this.#node
    for (const other of this.#kept[1 - side].toReversed()) {
      if (!this.#isNear(own, other, side) || (!isPaired(type) && other.matched)) continue
      const [l, r] = side === 0 ? [own, other] : [other, own]
      const both = this.#both(l.item.row, r.item.row)
      this.#run.guard(own.item, () => {
        const { residual } = this.#node.condition
        if (residual && this.#run.value(residual, both) !== true) return
        l.matched = true
        r.matched = isPaired(type)
        if (isPaired(type)) this.#give(both, own.item)
        else if (type === 'semi') this.#give(l.item.row, l.item)
      })
      if (!isPaired(type) && side === 0 && own.matched) break
    }
    this.#kept[side].push(own)
    this.#leave()
  }

  #isNear(own: Kept, other: Kept, side: number): boolean {
    const distance = side === 0 ? other.ts - own.ts : own.ts - other.ts
    const { lower, upper } = this.#range
    if (distance < lower || distance > upper) return false
    return this.#node.condition.keys.every(({ left }, i) => {
      const [a, b] = [own, other].map(({ keys }) => literal(keys[i], left.type))
      return this.#run.value(call('eq', a, b), {}) === true
    })
  }

  #both(left: ModelRow, right: ModelRow): ModelRow {
    const renamed = Object.entries(right).map(([name, value]) => [this.#node.names.get(name) ?? name, value])
    return { ...left, ...Object.fromEntries(renamed) }
  }

  #give(row: ModelRow, { windows }: Item): void {
    this.#next.row({ row, origin: -1, mark: MIN_TIME, ...(windows && { windows }) })
  }

  #goOn(): void {
    this.#leave()
    const bounds = [0, 1].map(side => {
      const behind = this.#reach(1 - side)
      return less(this.#sides.times[side], behind > 0n ? behind : 0n)
    })
    const [least] = bounds.toSorted(order)
    if (least <= this.#out) return
    this.#out = least
    this.#next.watermark(least)
  }

  /** Rows go that nobody can come for any more. */
  #leave(): void {
    for (const side of [0, 1]) {
      const isPast = ({ ts }: Kept): boolean =>
        ts <= less(this.#sides.times[1 - side], this.#reach(side) + 1n)
      const gone = this.#kept[side].filter(isPast)
      this.#kept[side] = this.#kept[side].filter(one => !isPast(one))
      if (givesUnmatched(this.#node.type, names[side]))
        for (const { item, matched } of gone) if (!matched) this.#give(this.#alone(item.row, side), item)
    }
  }

  #alone(row: ModelRow, side: number): ModelRow {
    if (!isPaired(this.#node.type)) return row
    const { left, right } = this.#node
    const other = (side === 0 ? right : left).relation.schema
    const nulls = Object.fromEntries(other.map(({ name }) => [name, null]))
    return side === 0 ? this.#both(row, nulls) : this.#both(nulls, row)
  }
}

/** A time less so many ticks: the end of time stays, and nothing is before its beginning. */
function less(time: bigint, ticks: bigint): bigint {
  if (time === MAX_TIME) return time
  const to = time - ticks
  return [MIN_TIME, to, MAX_TIME].toSorted(order)[1]
}
