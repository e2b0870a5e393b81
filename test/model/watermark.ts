/** The watermark of a source in the model: all rows of each partition are remembered, and looked through at every question. */
import { groupKey } from '../../ir/expr/order.ts'
import type { PartitionSpec } from '../../ir/logical/partition.ts'
import type { WatermarkSpec } from '../../ir/logical/source.ts'
import { type TimestampType, ticksPerSecond, unitOf } from '../../ir/types.ts'
import { order } from './aggregation.ts'
import type { ModelRow } from './operator.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

/** One more partition than there may be. */
export class TooManyPartitions extends Error {}

interface Part {
  readonly key: string
  readonly marks: readonly bigint[]
  readonly activeAt: number
}

export class SourceWatermark {
  readonly #spec: WatermarkSpec
  readonly #move: (time: bigint) => void
  readonly #ticksPerSecond: bigint
  #now = 0
  #time = MIN_TIME
  /** What is taken over behind the batch. */
  #next = MIN_TIME
  /** In order of their last activity. */
  #parts: readonly Part[] = []
  readonly #appeared = new Set<string>()
  forgotten = 0
  /** How often partitions were found idle. */
  foundIdle = 0

  constructor(spec: WatermarkSpec, type: TimestampType, move: (time: bigint) => void) {
    this.#spec = spec
    this.#ticksPerSecond = ticksPerSecond[unitOf(type)]
    this.#move = move
  }

  get time(): bigint {
    return this.#time
  }

  #raise(time: bigint): void {
    const until = beforeTheEnd(time)
    if (until <= this.#time) return
    this.#time = until
    this.#move(until)
  }

  beginBatch(now: number): void {
    const { partition, follows, delayTicks } = this.#spec
    if (follows === 'clock') this.#raise(this.#ticksOf(now) - delayTicks)
    const idleBefore = this.#parts.filter(part => partition && this.#isIdle(part, partition)).length
    this.#now = now
    if (!partition) return
    const idle = this.#parts.filter(part => this.#isIdle(part, partition)).length
    if (idle <= idleBefore) return
    this.foundIdle++
    this.#raise(this.#leastOf(partition))
  }

  #ticksOf(ms: number): bigint {
    return (BigInt(ms) * this.#ticksPerSecond) / 1000n
  }

  /** Is a row further ahead of the clock than it may be? */
  isAhead(row: ModelRow): boolean {
    const { column, ahead } = this.#spec
    return ahead !== undefined && (row[column] as bigint) > this.#ticksOf(this.#now) + ahead.ticks
  }

  /** Is such a row refused? */
  get refusesAhead(): boolean {
    return this.#spec.ahead?.policy === 'refuse'
  }

  endBatch(): void {
    this.#raise(this.#next)
  }

  #isIdle({ activeAt }: Part, { idleMs }: PartitionSpec): boolean {
    return idleMs !== undefined && this.#now - activeAt >= Number(idleMs)
  }

  #keyOf(row: ModelRow, { column }: PartitionSpec): string {
    return groupKey(row[column])
  }

  #partOf(key: string): Part | undefined {
    return this.#parts.find(part => part.key === key)
  }

  /** Before a row: the watermark of its own that it is held against; throws where there may be no more partitions. */
  enter(row: ModelRow): bigint {
    const partition = this.#spec.partition
    if (!partition) return MIN_TIME
    const known = this.#partOf(this.#keyOf(row, partition))
    if (!known && this.#parts.length >= partition.max) this.#forgetOne(partition)
    return known && partition.lateBy === 'partition' ? markOf(known) : MIN_TIME
  }

  #forgetOne(partition: PartitionSpec): void {
    const [oldest, ...rest] = this.#parts
    if (partition.whenFull !== 'forget' || !this.#isIdle(oldest, partition)) throw new TooManyPartitions()
    this.forgotten++
    this.#parts = rest
  }

  /** Behind a row that has a time. */
  leave(row: ModelRow): void {
    const { column, delayTicks, marker, moves, partition, follows } = this.#spec
    if (follows === 'clock') return
    const mark = beforeTheEnd((row[column] as bigint) - delayTicks)
    const counts = (marker === undefined || row[marker] === true) && !this.isAhead(row)
    const marks = counts && mark >= MIN_TIME ? [mark] : []
    if (partition) {
      this.#activate(this.#keyOf(row, partition), marks)
      this.#next = this.#leastOf(partition)
    } else for (const one of marks) this.#next = largest([this.#next, one])
    if (moves !== 'batch') this.#raise(this.#next)
  }

  #activate(key: string, marks: readonly bigint[]): void {
    const known = this.#partOf(key)
    const part = { key, marks: [...(known?.marks ?? []), ...marks], activeAt: this.#now }
    const others = this.#parts.filter(one => one !== known)
    // Within one moment the order is that of the first rows.
    this.#parts =
      known?.activeAt === this.#now ? this.#parts.map(one => (one === known ? part : one)) : [...others, part]
    this.#appeared.add(key)
  }

  #leastOf(partition: PartitionSpec): bigint {
    if (this.#appeared.size < (partition.expected ?? 0)) return MIN_TIME
    const active = this.#parts.filter(part => !this.#isIdle(part, partition))
    return active.length > 0 ? least(active.map(markOf)) : largest(this.#parts.map(markOf))
  }
}

/** No row ends the input: that is what the last tick of all stands for. */
const beforeTheEnd = (time: bigint): bigint => (time < MAX_TIME ? time : MAX_TIME - 1n)

const largest = (times: readonly bigint[]): bigint => times.toSorted(order).at(-1) ?? MIN_TIME
const least = (times: readonly bigint[]): bigint => times.toSorted(order)[0]
const markOf = ({ marks }: Part): bigint => largest(marks)
