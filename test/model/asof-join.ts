/** Asof joins in the model: what a row is given is looked for among all rows of the right side that have come. */
import { call } from '../../ir/expr/build.ts'
import { literal, RowFault, type Value } from '../../ir/expr/expr.ts'
import { type AsofJoin, offsetsOf } from '../../ir/logical/asof-join.ts'
import { changes } from '../../ir/logical/emit.ts'
import { greatest } from '../../ir/times.ts'
import { order } from './aggregation.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { type Input, SideTimes } from './union.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

interface Version {
  readonly row: ModelRow
  readonly ts: bigint
  readonly keys: readonly Value[]
  readonly seq: number
}

/** A row of the left side, and the number of the time that it is held against next. */
interface Asking {
  readonly row: ModelRow
  readonly ts: bigint
  readonly keys: readonly Value[]
  readonly seq: number
  step: number
}

const names = ['left', 'right'] as const

export function asofJoinOf(node: AsofJoin, next: Operator, run: Surroundings): readonly Input[] {
  return new Asof(node, next, run).inputs
}

class Asof {
  readonly inputs: readonly Input[]
  readonly #node: AsofJoin
  readonly #next: Operator
  readonly #run: Surroundings
  readonly #sides = new SideTimes()
  readonly #versions: Version[] = []
  #waiting: Asking[] = []
  /** Rows of the right side that rows have left with. */
  #ripened = new Set<Version>()
  #seq = 0
  #out = MIN_TIME

  constructor(node: AsofJoin, next: Operator, run: Surroundings) {
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

  get #tolerance(): bigint {
    return this.#node.toleranceTicks ?? MAX_TIME
  }

  get #rightTime(): bigint {
    return this.#sides.times[1]
  }

  #take(item: Item, side: number): void {
    this.#run.guard(item, () => {
      const { times, toleranceTicks = 0n } = this.#node
      const ts = times ? (item.row[times[names[side]]] as bigint) : MIN_TIME
      const furthest = offsetsOf(this.#node).map(offset => (offset < 0n ? -offset : offset))
      const margin = furthest.toSorted(order)[furthest.length - 1] + toleranceTicks + 1n
      if (times && (ts < MIN_TIME + margin || ts > MAX_TIME - margin)) throw new RowFault('LDB-2005')
      if (times && ts < this.#sides.times[side]) {
        this.#run.late.push(item.origin)
        return
      }
      const keys = this.#node.keys.map(pair => this.#run.value(pair[names[side]], item.row))
      const one = { row: item.row, ts, keys, seq: this.#seq++ }
      if (side === 1) this.#versions.push(one)
      else this.#ask({ ...one, step: 0 })
      this.#leave()
    })
  }

  /** Gives what is sure at once. */
  #ask(asking: Asking): void {
    const isVoid = !this.#isEqual(asking.keys, asking.keys)
    while (asking.step < offsetsOf(this.#node).length) {
      if (!isVoid && this.#node.waits && this.#sureAt(asking) > this.#rightTime) {
        this.#waiting.push(asking)
        return
      }
      this.#give(asking)
    }
  }

  #timeOf({ ts, step }: Asking): bigint {
    return ts + offsetsOf(this.#node)[step]
  }

  #isEqual(a: readonly Value[], b: readonly Value[]): boolean {
    return this.#node.keys.every(
      ({ left }, i) =>
        this.#run.value(call('eq', literal(a[i], left.type), literal(b[i], left.type)), {}) === true,
    )
  }

  /** The rows of its key, in order of time and of arrival. */
  #versionsOf({ keys }: Asking): readonly Version[] {
    return this.#versions
      .filter(one => this.#isEqual(one.keys, keys))
      .toSorted((a, b) => order(a.ts, b.ts) || a.seq - b.seq)
  }

  #find(asking: Asking): Version | undefined {
    const time = this.#timeOf(asking)
    const all = this.#versionsOf(asking)
    const isNear = (one: Version): boolean => distance(one, time) <= this.#tolerance
    const before = [all.findLast(({ ts }) => ts <= time)].flatMap(one => one ?? []).find(isNear)
    const behind = [all.find(({ ts }) => ts >= time)].flatMap(one => one ?? []).find(isNear)
    if (this.#node.direction === 'forward') return behind
    if (this.#node.direction === 'backward' || !behind) return before
    return before && distance(before, time) <= distance(behind, time) ? before : behind
  }

  /** The time of the right side at which it is sure what a row is given, as far as is known now. */
  #sureAt(asking: Asking): bigint {
    const time = this.#timeOf(asking)
    const { direction } = this.#node
    if (direction === 'backward') return time + 1n
    const found = this.#find(asking)
    if (direction === 'forward') return found ? found.ts : time + this.#tolerance + 1n
    if (this.#rightTime <= time) return time + 1n
    if (!found) return time + this.#tolerance + 1n
    const at = found.ts > time ? found.ts + 1n : time + distance(found, time)
    return at > time ? at : time + 1n
  }

  #give(asking: Asking): void {
    const found = this.#find(asking)
    const { probes, type, right, names: renamed } = this.#node
    const isGone =
      found !== undefined && (found.row.$op === changes.delete || found.row.$op === changes.updateBefore)
    const columns = right.relation.schema.filter(({ name }) => name !== '$op')
    const theirs = columns.map(({ name }) => [
      renamed.get(name) ?? name,
      found && !isGone ? found.row[name] : null,
    ])
    const probe = probes ? { [probes.name]: probes.offsets[asking.step] } : {}
    asking.step++
    if ((!found || isGone) && type === 'inner') return
    const row = { ...asking.row, ...probe, ...Object.fromEntries(theirs) }
    this.#next.row({ row, origin: -1, mark: MIN_TIME })
  }

  #goOn(): void {
    this.#leave()
    const { waits, direction, toleranceTicks = 0n } = this.#node
    const [left, right] = this.#sides.times
    const furthest = offsetsOf(this.#node).at(-1) ?? 0n
    const reach = direction === 'backward' ? (furthest > 0n ? furthest : 0n) : toleranceTicks
    const behind = less(right, reach)
    const to = waits && behind < left ? behind : left
    if (to <= this.#out) return
    this.#out = to
    this.#next.watermark(to)
  }

  /** Rows leave in order of the time at which they are sure, those that a row of the right side was awaited by in front. */
  #leave(): void {
    for (;;) {
      const ripe = this.#ripe()
      const [first] = this.#waiting
        .map(asking => ({ asking, at: this.#sureAt(asking) }))
        .filter(({ at }) => at <= this.#rightTime)
        .toSorted((a, b) => order(a.at, b.at) || a.asking.seq - b.asking.seq)
      if (ripe && !(first && first.at < this.#ripeAt(ripe))) this.#leaveBefore(ripe)
      else if (first) this.#leaveWith(first.asking)
      else return
    }
  }

  /** When nothing comes any more that is nearer to rows before one of the right side. */
  #ripeAt({ ts }: Version): bigint {
    return this.#node.direction === 'forward' ? ts : ts + 1n
  }

  #ripe(): Version | undefined {
    if (this.#node.direction === 'backward') return undefined
    const [first] = this.#versions
      .filter(one => !this.#ripened.has(one) && this.#ripeAt(one) <= this.#rightTime)
      .toSorted((a, b) => order(a.ts, b.ts) || a.seq - b.seq)
    return first
  }

  #leaveBefore(ripe: Version): void {
    this.#ripened.add(ripe)
    const before = this.#waiting
      .filter(one => this.#isEqual(one.keys, ripe.keys) && this.#timeOf(one) <= ripe.ts)
      .toSorted((a, b) => order(this.#timeOf(a), this.#timeOf(b)) || a.seq - b.seq)
    for (const one of before) this.#leaveWith(one)
  }

  #leaveWith(asking: Asking): void {
    this.#waiting = this.#waiting.filter(one => one !== asking)
    this.#give(asking)
    if (asking.step < offsetsOf(this.#node).length) this.#waiting.push(asking)
  }
}

const distance = ({ ts }: Version, time: bigint): bigint => (ts > time ? ts - time : time - ts)

/** A time less so many ticks: the end of time stays, and nothing is before its beginning. */
function less(time: bigint, ticks: bigint): bigint {
  if (time === MAX_TIME || ticks === 0n) return time
  return greatest(MIN_TIME, time - ticks)
}
