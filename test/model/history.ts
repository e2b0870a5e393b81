/** History of the model: all rows of each partition, looked through anew for each of them. */
import { aggregateRow } from '../../ir/expr/aggregates.ts'
import { type Change, retractRow } from '../../ir/expr/changes.ts'
import { sumType } from '../../ir/expr/contributions.ts'
import type { Value } from '../../ir/expr/expr.ts'
import { checked } from '../../ir/expr/functions/arithmetic.ts'
import { groupKey } from '../../ir/expr/order.ts'
import { type History, waitsFor } from '../../ir/logical/history.ts'
import type { Frame, Framed, HistoryCall } from '../../ir/logical/history-call.ts'
import { type DataType, type ExactType, isFloat } from '../../ir/types.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { MAX_TIME } from './windows.ts'

/** A row with those of its partition, in which it has that number. */
interface Place {
  readonly item: Item
  readonly rows: Item[]
  readonly number: number
}

export class Historied implements Operator {
  readonly #node: History
  readonly #next: Operator
  readonly #run: Surroundings
  readonly #partitions = new Map<string, Item[]>()
  /** Rows that have not been given, in order of arrival. */
  #waiting: readonly Place[] = []

  constructor(node: History, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
  }

  row(item: Item): void {
    const key = this.#node.keys.map(name => groupKey(item.row[name])).join('|')
    const rows = this.#partitions.get(key) ?? []
    this.#partitions.set(key, rows)
    const place = { item, rows, number: rows.length }
    if (waitsFor(this.#node) === 'nothing') this.#giveAtOnce(place)
    else {
      rows.push(item)
      this.#waiting = [...this.#waiting, place]
      if (waitsFor(this.#node) === 'rows') this.#give(one => one.rows.length - one.number > this.#farthest)
    }
  }

  /** A row that is refused is no part of any history. */
  #giveAtOnce({ item, rows, number }: Place): void {
    this.#run.guard(item, () => {
      const learned = this.#learned({ item, rows: [...rows, item], number })
      rows.push(item)
      this.#next.row({ ...item, row: { ...item.row, ...learned } })
    })
  }

  get #farthest(): number {
    return Math.max(...this.#node.calls.map(({ call }) => (call.kind === 'lead' ? call.offset : 0)))
  }

  #give(isReady: (place: Place) => boolean): void {
    const ready = this.#waiting.filter(isReady)
    this.#waiting = this.#waiting.filter(place => !isReady(place))
    for (const place of ready) {
      const nowhere = { row: place.item.row, origin: -1 }
      this.#run.guard(nowhere, () =>
        this.#next.row({ ...nowhere, row: { ...nowhere.row, ...this.#learned(place) } }),
      )
    }
  }

  #learned(place: Place): ModelRow {
    return Object.fromEntries(this.#node.calls.map(({ name, call }) => [name, this.#learn(place, call)]))
  }

  #learn(place: Place, call: HistoryCall): Value {
    const { rows, number } = place
    switch (call.kind) {
      case 'lag':
      case 'lead': {
        const other = rows.at(number + (call.kind === 'lead' ? call.offset : -call.offset))
        const isThere = call.kind === 'lead' || number >= call.offset
        return other && isThere ? other.row[call.column] : (call.otherwise?.value ?? null)
      }
      case 'nth':
        return this.#framed(place, call.frame).at(call.number - 1)?.row[call.column] ?? null
      case 'last':
        return this.#framed(place, call.frame).at(-1)?.row[call.column] ?? null
      case 'aggregate':
        return this.#aggregated(this.#framed(place, call.frame), call)
    }
  }

  #framed({ item, rows, number }: Place, frame: Frame): readonly Item[] {
    if (frame.kind === 'running') return rows.slice(0, number + 1)
    if (frame.kind === 'rows') return rows.slice(Math.max(0, number - frame.preceding), number + 1)
    const timeOf = ({ row }: Item): bigint => row[this.#node.column ?? ''] as bigint
    const time = timeOf(item)
    return rows.filter(one => timeOf(one) <= time && timeOf(one) >= time - frame.ticks)
  }

  #aggregated(rows: readonly Item[], { call, frame }: Framed): Value {
    const changes = rows
      .map(({ row }) => call.args.map(arg => this.#run.value(arg, row)))
      .filter(values => !values.includes(null))
      .map((values): Change => ({ values, time: 0n, lane: 0, parts: [], isTakenBack: false }))
    const argTypes = call.args.map(({ type }) => type)
    const { rowsMin, evaluate } = aggregateRow(call.fn)
    if (changes.length < rowsMin) return null
    const isTotal = (call.fn === 'sum' || call.fn === 'avg') && !isFloat(argTypes[0])
    if (isTotal) return totalOf(changes, argTypes[0], call.fn === 'avg')
    if (frame.kind === 'running') return evaluate(changes, call.type, argTypes, call)
    return retractRow(call)?.evaluate(changes, call.type, argTypes, call) ?? null
  }

  watermark(time: bigint): void {
    const waits = waitsFor(this.#node)
    const timeOf = ({ item }: Place): bigint => item.row[this.#node.column ?? ''] as bigint
    if (waits === 'time') this.#give(place => timeOf(place) < time || time === MAX_TIME)
    else if (time === MAX_TIME) this.#give(() => true)
    if (waits !== 'rows' || time === MAX_TIME) this.#next.watermark(time)
  }

  clock(now: bigint): void {
    this.#next.clock(now)
  }

  tick(): void {
    this.#next.tick()
  }
}

/** Of integers, which only as a whole must be in their range. */
function totalOf(rows: readonly Change[], type: DataType, isMean: boolean): Value {
  const total = rows.reduce((sum, { values }) => sum + BigInt(values[0] as bigint | number), 0n)
  const sum = checked(total, sumType(type) as ExactType)
  return isMean ? Number(sum) / rows.length : sum
}
