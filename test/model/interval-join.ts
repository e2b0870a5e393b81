/** Joins in the model: every row is held against all rows of the other side that may still match. */
import { call } from '../../ir/expr/build.ts'
import { literal, RowFault, type Value } from '../../ir/expr/expr.ts'
import { groupKey } from '../../ir/expr/order.ts'
import { CHANGE, changes } from '../../ir/logical/emit.ts'
import {
  givesUnmatched,
  type IntervalJoin,
  isPaired,
  isTimed,
  timesOf,
} from '../../ir/logical/interval-join.ts'
import { withoutCode } from '../../ir/logical/mode.ts'
import { order } from './aggregation.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { type Input, SideTimes } from './union.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

interface Kept {
  readonly item: Item
  readonly ts: bigint
  readonly keys: readonly Value[]
  partners: number
  /** Was it handed on alone? */
  told: boolean
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
  readonly #isTimed: boolean
  readonly #isOnce: boolean
  readonly #sides = new SideTimes()
  readonly #kept: Kept[][] = [[], []]
  #out = MIN_TIME

  constructor(node: IntervalJoin, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
    this.#isTimed = isTimed(node)
    this.#isOnce = !isPaired(node.type) && !names.some(side => node[side].relation.isChangelog)
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
        if (isIdle) this.#goOn()
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
      const ts = this.#isTimed ? this.#timeOf(item.row, side) : 0n
      if (this.#isTimed) this.#checkTime(ts)
      if (this.#isTimed && ts < this.#sides.times[side]) {
        this.#run.late.push(item.origin)
        return
      }
      const code = this.#node[names[side]].relation.isChangelog ? item.row[CHANGE] : changes.insert
      const keys = this.#node.condition.keys.map(pair => this.#run.value(pair[names[side]], item.row))
      const own = { item, ts, keys, partners: 0, told: false }
      if (code === changes.delete || code === changes.updateBefore) this.#takeBack(own, side)
      else this.#add(own, side)
    })
  }

  #checkTime(ts: bigint): void {
    const { lower, upper } = this.#range
    const [, farthest] = [upper, -lower].toSorted(order)
    const margin = farthest + 1n
    if (ts < MIN_TIME + margin || ts > MAX_TIME - margin) throw new RowFault('LDB-2005')
  }

  #timeOf(row: ModelRow, side: number): bigint {
    const column = timesOf(this.#node)[side]
    return (row[column] as bigint) - (this.#node.condition.range ? 0n : 1n)
  }

  #add(own: Kept, side: number): void {
    this.#lookForPartners(own, side, false)
    this.#kept[side].push(own)
    if (this.#isTimed) this.#leave()
    else if (givesUnmatched(this.#node.type, names[side]) && own.partners === 0)
      this.#giveAlone(own, side, false)
  }

  #takeBack(own: Kept, side: number): void {
    const known = this.#kept[side].findLast(one => this.#identity(one, side) === this.#identity(own, side))
    if (!known) throw new RowFault('LDB-9005')
    this.#lookForPartners(own, side, true)
    this.#kept[side] = this.#kept[side].filter(one => one !== known)
    if (!givesUnmatched(this.#node.type, names[side])) return
    if (this.#isTimed ? known.told : own.partners === 0) this.#giveAlone(own, side, true)
  }

  /** Rows are told apart by what is read of them, and by their key. */
  #identity({ item, keys }: Kept, side: number): string {
    const schema = withoutCode(this.#node[names[side]].relation.schema)
    return [...schema.map(({ name }) => item.row[name]), ...keys].map(value => groupKey(value)).join('|')
  }

  #lookForPartners(own: Kept, side: number, isLess: boolean): void {
    for (const other of this.#kept[1 - side].toReversed()) {
      if (!this.#isNear(own, other, side)) continue
      if (this.#isOnce && side === 1 && other.partners > 0) continue
      this.#run.guard(own.item, () => {
        const [l, r] = side === 0 ? [own, other] : [other, own]
        const both = this.#both(l.item.row, r.item.row)
        const { residual } = this.#node.condition
        if (residual && this.#run.value(residual, both) !== true) return
        this.#tell(own, other, { both, side, isLess })
      })
      if (this.#isOnce && side === 0 && own.partners > 0) break
    }
  }

  #tell(
    own: Kept,
    other: Kept,
    { both, side, isLess }: { readonly both: ModelRow; readonly side: number; readonly isLess: boolean },
  ): void {
    const { type } = this.#node
    const [found, had] = [own.partners, other.partners]
    own.partners++
    other.partners += isLess ? -1 : 1
    if (isPaired(type)) {
      const tells = !this.#isTimed && givesUnmatched(type, names[1 - side])
      if (tells && !isLess && had === 0) this.#giveAlone(other, 1 - side, true)
      this.#give(both, own.item, isLess)
      if (tells && isLess && had === 1) this.#giveAlone(other, 1 - side, false)
      return
    }
    const turns = side === 0 ? found === 0 : had === (isLess ? 1 : 0)
    const left = side === 0 ? own : other
    if (type === 'semi' && turns) this.#give(left.item.row, left.item, isLess)
    if (type === 'anti' && turns && side === 1 && !this.#isTimed)
      this.#give(left.item.row, left.item, !isLess)
  }

  #isNear(own: Kept, other: Kept, side: number): boolean {
    const distance = side === 0 ? other.ts - own.ts : own.ts - other.ts
    const { lower, upper } = this.#range
    if (this.#isTimed && (distance < lower || distance > upper)) return false
    return this.#node.condition.keys.every(({ left }, i) => {
      const [a, b] = [own, other].map(({ keys }) => literal(keys[i], left.type))
      return this.#run.value(call('eq', a, b), {}) === true
    })
  }

  #both(left: ModelRow, right: ModelRow): ModelRow {
    const renamed = Object.entries(right).map(([name, value]) => [this.#node.names.get(name) ?? name, value])
    return { ...left, ...Object.fromEntries(renamed) }
  }

  /** With the columns that results have, and what they say. */
  #give(row: ModelRow, { windows }: Item, isLess: boolean): void {
    const { schema } = this.#node.relation
    const code = isLess ? changes.delete : changes.insert
    const columns = schema.map(({ name }) => [name, name === CHANGE ? code : row[name]])
    this.#next.row({
      row: Object.fromEntries(columns),
      origin: -1,
      mark: MIN_TIME,
      ...(windows && this.#isTimed && { windows }),
    })
  }

  #goOn(): void {
    if (!this.#isTimed) {
      if (this.#sides.met === MAX_TIME) this.#next.watermark(MAX_TIME)
      return
    }
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

  /** Rows are alone for good, or go, when nobody can come for them any more; those that may be taken back stay until that is late. */
  #leave(): void {
    for (const side of [0, 1]) {
      const isPast = ({ ts }: Kept): boolean =>
        ts <= less(this.#sides.times[1 - side], this.#reach(side) + 1n)
      const stays = this.#node[names[side]].relation.isChangelog
      const gone = this.#kept[side].filter(isPast).toSorted((a, b) => order(a.ts, b.ts))
      for (const one of gone) {
        if (!givesUnmatched(this.#node.type, names[side]) || one.partners > 0 || one.told) continue
        one.told = true
        this.#giveAlone(one, side, false)
      }
      this.#kept[side] = this.#kept[side].filter(
        one => !isPast(one) || (stays && one.ts >= this.#sides.times[side]),
      )
    }
  }

  #giveAlone({ item }: Kept, side: number, isLess: boolean): void {
    const { left, right, type } = this.#node
    const other = (side === 0 ? right : left).relation.schema
    const nulls = Object.fromEntries(other.map(({ name }) => [name, null]))
    const both = side === 0 ? this.#both(item.row, nulls) : this.#both(nulls, item.row)
    this.#give(isPaired(type) ? both : item.row, item, isLess)
  }
}

/** A time less so many ticks; the end of time stays, and nothing is before its beginning. */
function less(time: bigint, ticks: bigint): bigint {
  if (time === MAX_TIME) return time
  return [MIN_TIME, time - ticks, MAX_TIME].toSorted(order)[1]
}
