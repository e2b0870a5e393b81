/** Where rows enter the model: the watermark of a source. */
import type { Source } from '../../ir/logical/source.ts'
import type { ModelRow, Operator } from './operator.ts'
import type { Input } from './union.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

export class Entrance {
  readonly name: string
  readonly #source: Source
  readonly #head: Operator
  /** Of the unions that its rows come to. */
  readonly #inputs: readonly Input[]
  #time = MIN_TIME
  #next = MIN_TIME

  constructor(source: Source, head: Operator, inputs: readonly Input[]) {
    this.name = source.name
    this.#source = source
    this.#head = head
    this.#inputs = inputs
  }

  /** Takes a row; false where it has no time. */
  take(row: ModelRow, origin: number): boolean {
    const { watermark } = this.#source
    for (const input of this.#inputs) input.idle(false)
    const at = watermark ? row[watermark.column] : MIN_TIME
    if (at !== null) {
      this.#head.row({ row, origin })
      const moved = watermark ? (at as bigint) - watermark.delayTicks : MIN_TIME
      const counts = watermark?.marker === undefined || row[watermark.marker] === true
      if (counts && moved > this.#next) this.#next = moved
    }
    if (watermark?.moves !== 'batch') this.#move()
    return at !== null
  }

  endBatch(): void {
    this.#move()
  }

  #move(): void {
    if (this.#next <= this.#time) return
    this.#time = this.#next < MAX_TIME ? this.#next : MAX_TIME - 1n
    this.#head.watermark(this.#time)
  }

  /** Only what it comes together with first may go on without it, unless all of that is silent. */
  idle(): void {
    const [first, ...others] = this.#inputs
    first?.idle(true)
    if (others.length > 0) throw new Error('unions of unions are not modelled')
  }

  end(): void {
    this.#head.watermark(MAX_TIME)
  }
}
