/** Where rows enter the model: the watermark of a source. */
import type { AlignmentSpec } from '../../ir/logical/alignment.ts'
import { idleMsOf, type Source } from '../../ir/logical/source.ts'
import { isTimestamp } from '../../ir/types.ts'
import type { ModelSource } from './alignment.ts'
import type { ModelRow, Operator } from './operator.ts'
import type { Input } from './union.ts'
import { SourceWatermark } from './watermark.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

export class Entrance implements ModelSource {
  readonly name: string
  readonly alignment: AlignmentSpec | undefined
  readonly mark: SourceWatermark | undefined
  readonly #source: Source
  readonly #head: Operator
  /** Of the unions that its rows come to. */
  readonly #inputs: readonly Input[]
  readonly #refuse: (origin: number) => void
  /** Rows that were too far ahead of the clock. */
  ahead = 0
  /** How often the clock found it idle. */
  foundIdle = 0
  /** Rows that were too far ahead of the other sources of their group. */
  drifted = 0
  isIdle = false
  #activeAt = 0n

  constructor(source: Source, head: Operator, inputs: readonly Input[], refuse: (origin: number) => void) {
    this.#refuse = refuse
    const { name, watermark } = source
    this.name = name
    this.alignment = watermark?.alignment
    this.#source = source
    this.#head = head
    this.#inputs = inputs
    const type = source.relation.schema.find(column => column.name === watermark?.column)?.type
    this.mark =
      watermark && type && isTimestamp(type)
        ? new SourceWatermark(watermark, type, time => head.watermark(time))
        : undefined
  }

  get time(): bigint {
    return this.mark?.time ?? MIN_TIME
  }

  /** Takes a row; false where it has no time. `driftMax`: the latest watermark that it may have by its group. */
  take(row: ModelRow, origin: number, driftMax: bigint): boolean {
    const { watermark } = this.#source
    this.isIdle = false
    for (const input of this.#inputs) input.idle(false)
    if (watermark && row[watermark.column] === null) return false
    if (watermark && this.alignment?.policy === 'drop') {
      const isBeyond = (row[watermark.column] as bigint) - watermark.delayTicks > driftMax
      if (isBeyond) this.drifted++
      if (isBeyond) return true
    }
    if (this.mark?.isAhead(row)) {
      this.ahead++
      if (this.mark.refusesAhead) {
        this.#refuse(origin)
        return true
      }
    }
    const own = this.mark?.enter(row) ?? MIN_TIME
    this.#head.row({ row, origin, mark: own })
    this.mark?.leave(row)
    return true
  }

  /** What the clock shows before anybody acts on it. */
  clock(now: bigint): void {
    this.#head.clock(now)
  }

  /** The clock goes on: first the watermark that follows it. */
  tick(now: bigint): void {
    this.mark?.beginBatch(Number(now))
    this.#head.tick()
  }

  /** Rows of it are there. */
  stayAwake(now: bigint): void {
    this.#activeAt = now
  }

  /** Has nothing come for so long that it is silent from now on? */
  findIdle(now: bigint): void {
    const idleMs = this.#source.watermark && idleMsOf(this.#source.watermark)
    if (idleMs === undefined || this.isIdle || now - this.#activeAt < idleMs) return
    this.foundIdle++
    this.idle()
  }

  /** Only what it comes together with first may go on without it, unless all of that is silent. */
  idle(): void {
    this.isIdle = true
    const [first, ...others] = this.#inputs
    first?.idle(true)
    if (others.length > 0) throw new Error('unions of unions are not modelled')
  }

  end(): void {
    this.#head.watermark(MAX_TIME)
  }
}
