/**
 * The tables that a plan looks rows up in: keys that kernels wrote down are asked for, and answers come in as batches, one after
 * the other, when the plan is at rest.
 */
import type { RecordBatch } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import { ANSWER, Answer, answerKey } from '../../ir/logical/lookup.ts'
import type { Limits, LookupProgram } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import { isRecordBatch } from '../io/arrow/ipc.ts'
import type { BatchMemory } from '../io/arrow/memory.ts'
import { ResultReader } from '../io/arrow/result.ts'
import { batchFromRows, rowsOf } from '../io/rows.ts'
import { Desk, type DeskCounters, type LookupOptions } from '../lookup/desk.ts'
import { keyText } from '../lookup/keys.ts'
import type { LookupAnswer, LookupSource, TableRow } from '../lookup/lookup-source.ts'
import { RowView } from '../memory/control.ts'
import type { WallClock } from '../time/clock.ts'
import type { Pipeline } from './pipeline.ts'

/** The tables of a query, and how they are asked. */
export interface Tables {
  readonly sources: Readonly<Record<string, LookupSource>>
  readonly options: LookupOptions
  /** Called when answers have come that nobody was there to take. */
  readonly onAnswer: () => void
}

/** What a lookup has done so far, and what waits for it. */
export interface LookupMetrics extends DeskCounters {
  /** The name of the table. */
  readonly table: string
  /** Rows that found what is known of their key. */
  readonly hits: bigint
  /** Keys that were asked for. */
  readonly asked: bigint
  /** Rows that had to wait. */
  readonly waited: bigint
  /** Keys that made room for others. */
  readonly evicted: bigint
  /** Keys that are known or asked for. */
  readonly known: number
  /** Rows that wait now. */
  readonly waiting: number
}

/** A batch of answers, for the pipeline that takes them. */
export interface Answers {
  readonly pipeline: number
  readonly batch: RecordBatch
}

export interface LookupsParts {
  readonly pipelines: readonly Pipeline[]
  readonly memoryOf: (pipeline: Pipeline) => BatchMemory
  readonly limits: Limits
  readonly clock: WallClock
  readonly tables: Tables
}

export class Lookups {
  readonly #lookups: readonly (OneLookup | undefined)[]
  readonly #answers: Answers[] = []
  #error: MillraceError | undefined

  constructor(parts: LookupsParts) {
    const { tables, pipelines } = parts
    this.#lookups = pipelines.map(pipeline => {
      const { lookup } = pipeline.program
      return (
        lookup &&
        new OneLookup(pipeline, lookup, parts, {
          answered: batch => {
            this.#answers.push({ pipeline: lookup.answers, batch })
            tables.onAnswer()
          },
          failed: error => {
            this.#error ??= error
            tables.onAnswer()
          },
        })
      )
    })
  }

  get #all(): readonly OneLookup[] {
    return this.#lookups.filter(one => one !== undefined)
  }

  /** Asks for the keys that a pipeline has written down. */
  ask(pipeline: number, keys: number): void {
    this.#lookups[pipeline]?.ask(keys)
  }

  /** Have answers come that nobody has taken, or has a table failed? */
  get isReady(): boolean {
    return this.#answers.length > 0 || this.#error !== undefined
  }

  /** Is anything asked that was not answered? */
  get isWaiting(): boolean {
    return this.#all.some(one => one.isBusy)
  }

  /** Do so many rows wait that no more are to come? */
  get isFull(): boolean {
    return this.#all.some(one => one.isFull)
  }

  /** The next batch of answers; throws where a table has failed. */
  take(): Answers | undefined {
    const error = this.#error
    this.#error = undefined
    if (error) throw error
    return this.#answers.shift()
  }

  /** Rows that come from now on ask a table again for these keys. LDB-1101 for one in which nobody looks anything up. */
  invalidate(table: string, keys: readonly object[]): void {
    if (!this.tables.includes(table))
      throw new MillraceError('LDB-1101', `the query looks nothing up in a table '${table}'`, {
        fix: `its tables are ${this.tables.join(', ') || 'none'}`,
      })
    for (const one of this.#all) if (one.table === table) one.invalidate(keys)
  }

  get tables(): readonly string[] {
    return this.#all.map(({ table }) => table)
  }

  get metrics(): readonly LookupMetrics[] {
    return this.#all.map(one => one.metrics)
  }

  close(): void {
    for (const one of this.#all) one.close()
  }
}

interface Outcome {
  readonly answered: (batch: RecordBatch) => void
  readonly failed: (error: MillraceError) => void
}

class OneLookup {
  readonly table: string
  readonly #program: LookupProgram
  readonly #head: RowView
  readonly #rows: RowView
  readonly #cache: RowView
  readonly #reader: ResultReader
  readonly #answerSchema: Schema
  readonly #batchRows: number
  readonly #outcome: Outcome
  readonly #desk: Desk

  constructor({ memory }: Pipeline, program: LookupProgram, parts: LookupsParts, outcome: Outcome) {
    const { limits, tables, clock, pipelines, memoryOf } = parts
    this.table = program.table
    this.#program = program
    this.#outcome = outcome
    this.#batchRows = limits.batchRows
    this.#answerSchema = pipelines[program.answers].program.input.schema
    const view = (mem: LookupProgram['head']): RowView => new RowView(memory.placement, mem)
    this.#head = view(program.head)
    this.#rows = view(program.waiting)
    this.#cache = view(program.cache)
    const own = pipelines.find(one => one.memory === memory)
    if (!own) throw new Error('a lookup without a pipeline')
    this.#reader = new ResultReader(program.keys, asOutput(memoryOf(own), program), limits.outputRows + 1)
    this.#desk = new Desk({
      source: sourceOf(tables, this.table),
      key: this.#keySchema.map(({ name }) => name),
      columns: this.#valueSchema.map(({ name }) => name),
      clock,
      options: tables.options,
      answered: (keys, answer) => this.#tell(keys, answer),
      failed: error => outcome.failed(failure(this.table, error)),
    })
  }

  get #keySchema(): Schema {
    return this.#program.keys.map(({ column }) => column)
  }

  /** The columns that are wanted, apart from the key. */
  get #valueSchema(): Schema {
    const keys = this.#keySchema.map(({ name }) => name)
    return this.#program.columns.flatMap(({ own }) => (keys.includes(own.name) ? [] : [own]))
  }

  ask(keys: number): void {
    this.#desk.ask(rowsOf(this.#keySchema, this.#reader.take(keys, undefined, 0, 'copy')))
  }

  get isBusy(): boolean {
    return this.#desk.isBusy
  }

  get isFull(): boolean {
    return this.#waiting >= this.#program.waitingRows
  }

  get #waiting(): number {
    return this.#rows.get('live') - this.#rows.get('gone')
  }

  #tell(keys: readonly TableRow[], answer: LookupAnswer | undefined): void {
    try {
      for (const batch of this.#batchesOf(keys, answer)) this.#outcome.answered(batch)
    } catch (error) {
      this.#outcome.failed(failure(this.table, error))
    }
  }

  #batchesOf(keys: readonly TableRow[], answer: LookupAnswer | undefined): readonly RecordBatch[] {
    const names = this.#keySchema.map(({ name }) => name)
    const found = new Map(this.#rowsIn(answer).map(row => [keyText(names, row), row]))
    const missing = answer === undefined ? Answer.failed : Answer.missing
    return this.#batches(keys, key => {
      const row = found.get(keyText(names, key))
      const values = this.#program.columns.map(({ own, answer: to }): [string, unknown] => [
        to.name,
        row?.[own.name],
      ])
      return { ...Object.fromEntries(values), [ANSWER]: row ? Answer.found : missing }
    })
  }

  /** The rows of an answer, in the values of their columns; LDB-5020 where they do not fit. */
  #rowsIn(answer: LookupAnswer | undefined): readonly TableRow[] {
    const schema = [...this.#keySchema, ...this.#valueSchema]
    if (answer === undefined) return []
    return rowsOf(schema, isRecordBatch(answer) ? answer : batchFromRows(schema, answer))
  }

  /** Batches of answers for keys, no larger than what is loaded at once. */
  #batches(keys: readonly TableRow[], answerOf: (key: TableRow) => TableRow): readonly RecordBatch[] {
    const rows = keys.map(key => {
      const own = this.#keySchema.map(({ name }, i): [string, unknown] => [answerKey(i), key[name]])
      return { ...Object.fromEntries(own), ...answerOf(key) }
    })
    const batches: RecordBatch[] = []
    for (let at = 0; at < rows.length; at += this.#batchRows)
      batches.push(batchFromRows(this.#answerSchema, rows.slice(at, at + this.#batchRows)))
    return batches
  }

  invalidate(keys: readonly object[]): void {
    const own = rowsOf(this.#keySchema, batchFromRows(this.#keySchema, keys))
    this.#desk.invalidate(own)
    for (const batch of this.#batches(own, () => ({ [ANSWER]: Answer.forgotten })))
      this.#outcome.answered(batch)
  }

  get metrics(): LookupMetrics {
    const [hits, asked, waited, evicted] = ['hits', 'asked', 'waited', 'evicted'].map(name =>
      this.#head.getLong(name),
    )
    const { table } = this
    const counters = { hits, asked, waited, evicted, ...this.#desk.counters }
    return { table, ...counters, known: this.#cache.get('live'), waiting: this.#waiting }
  }

  close(): void {
    this.#desk.close()
  }
}

/** The keys that are asked for, read as results are. */
function asOutput({ placement, mems }: BatchMemory, { requests }: LookupProgram): BatchMemory {
  const place = placement.regions.get(requests.name)
  if (!place) throw new Error('requests have no place')
  return {
    placement: { ...placement, regions: new Map([...placement.regions, ['out', place]]) },
    mems: new Map([...mems, ['out', requests]]),
  }
}

function sourceOf({ sources }: Tables, table: string): LookupSource {
  if (Object.hasOwn(sources, table)) return sources[table]
  throw new MillraceError('LDB-1101', `there is no table '${table}'`, {
    fix: `pass { tables: { ${table}: ... } }; given were ${Object.keys(sources).join(', ') || 'none'}`,
  })
}

function failure(table: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('LDB-3012', `the table '${table}' has failed: ${reason}`, { cause: error })
}
