/** Runs a plan on the engine the way a user does, and gives back what came out as text that can be compared. */
import './no-cache.ts'
import type { RecordBatch } from 'apache-arrow'
import type { ParamValues } from '../../compiler/frontend/builder/types.ts'
import { type Columns, compile, Stream, virtualClock } from '../../compiler/index.ts'
import { foldConstants } from '../../compiler/passes/logical/fold-constants.ts'
import { liftLiterals } from '../../compiler/passes/logical/lift-literals.ts'
import { mapPlan } from '../../compiler/passes/logical/rewrite.ts'
import { operatorsOf, type PipelineSpec, splitPipelines } from '../../compiler/plan/split-pipelines.ts'
import type { LiveQuery } from '../../compiler/run/live.ts'
import type { Diagnostic } from '../../compiler/run/options.ts'
import type { Tier } from '../../ir/abi.ts'
import { type LdbCode, MillraceError } from '../../ir/errors.ts'
import { type Expr, literal, rewrite } from '../../ir/expr/expr.ts'
import { type LogicalNode, printOperator } from '../../ir/logical/index.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { Limits, PlanProgram } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import type { FaultyRows } from '../../runtime/dag/faulty-rows.ts'
import type { Counters } from '../../runtime/dag/runner.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import type { LookupSource } from '../../runtime/lookup/lookup-source.ts'
import type { Schedule, Trial } from '../gen/trials.ts'
import type { ModelRow } from '../model/model.ts'
import { encodeTexts } from './dictionaries.ts'
import { endlessSource } from './endless-table.ts'
import { chainOf } from './faults.ts'

/** Small on purpose: tables grow early, outputs fill up, many instances fit into one process. */
export const smallLimits: Partial<Limits> = {
  memoryBytes: 96 << 20,
  batchRows: 64,
  outputRows: 64,
  dictionaryRows: 64,
  columnBytes: 1 << 16,
  scratchBytes: 1 << 20,
  stateRows: 1 << 12,
  stateBytes: 1 << 21,
}

/** A row that could not be taken. */
export interface EngineFault {
  readonly code: LdbCode
  readonly operator: string
  /** The row at fault: one of the source, one that another pipeline emitted, or none. */
  readonly row: string | undefined
}

export interface EngineResult {
  readonly rows: string[]
  readonly late: string[]
  /** Faults of rows of the source, in order; faults of rows that operators emitted. */
  readonly faults: EngineFault[]
  readonly faultsEmitted: EngineFault[]
  readonly diagnostics: Diagnostic[]
  readonly counters: Counters
  /** The tier of each batch. */
  readonly ranOn: readonly Tier[]
  /** Batches of which a part was not taken. */
  readonly abandoned: number
  readonly program: PlanProgram
  /** The optimised plan with the literals that it was written with. */
  readonly optimised: LogicalNode
  readonly rowsGiven: readonly ModelRow[]
}

export async function runEngine(trial: Trial): Promise<EngineResult> {
  const { plan, schema, rows, params, schedule } = trial
  const stream = new Stream(plan.kind === 'sink' ? plan.input : plan, new Map(Object.entries(params.built)))
  const query = compile(stream, {
    limits: { ...smallLimits, ...schedule.limits },
    faults: schedule.lenient ? 'null' : 'reject',
  })
  const { program } = query.compilation
  const optimised = asWritten(query.compilation.optimised, stream)
  const out = new Collected(splitPipelines(optimised), schema)
  const clock = virtualClock()
  const live = query.open(batch => out.rows.push(...textsOf(query.schema, batch)), {
    clock,
    tier: schedule.tiers[0],
    params: params.given as ParamValues,
    tables: tablesOf(plan),
    onLate: batch => out.takeLate(batch),
    onFaulty: faulty => out.takeFaulty(faulty),
    onDiagnostic: diagnostic => out.diagnostics.push(diagnostic),
  })
  const fed = await feed(live, schedule, comingsOf(trial), () => clock.advance(schedule.stepMs ?? 0))
  return Object.assign(out, { counters: live.counters, program, optimised, ...fed, rowsGiven: rows })
}

/** The tables that a plan looks rows up in. */
export const tablesOf = (plan: LogicalNode): Readonly<Record<string, LookupSource>> =>
  Object.fromEntries(
    chainOf(plan).flatMap(node =>
      node.kind === 'lookup' ? [[node.table.name, endlessSource(node.table)]] : [],
    ),
  )

/** A plan with the literals that became parameters, so that plans that differ in them share their code. */
function asWritten(plan: LogicalNode, { node, params }: Stream<Columns>): LogicalNode {
  const { values } = liftLiterals(foldConstants(node), new Set(params.keys()))
  const written = (expr: Expr): Expr => {
    const value = expr.kind === 'param' ? values.get(expr.name) : undefined
    return value === undefined ? expr : literal(value, expr.type)
  }
  return mapPlan(plan, expr => rewrite(expr, written))
}

/** Some sources fall silent, then a batch comes. */
export interface Coming {
  readonly silent: readonly string[]
  readonly source: string
  readonly batch: RecordBatch
}

/** A batch ends where the schedule says so, where the rows of another source begin, and where a source falls silent. */
export function comingsOf({ plan, schema, rows, schedule, origins, idles = [] }: Trial): readonly Coming[] {
  const [{ name }] = sourcesOf(plan)
  const bounds = rows.flatMap((_, i) => (i > 0 && origins && origins[i] !== origins[i - 1] ? [i] : []))
  const silences = idles.map(({ row }) => row)
  const starts = [...schedule.splits, ...bounds, ...silences].map(at => Math.min(at, rows.length))
  let at = 0
  return partsOf(rows, starts).map(part => {
    const first = at
    at += part.length
    const isFirst = part.length > 0 || first === rows.length
    return {
      silent: isFirst ? idles.filter(({ row }) => row === first).map(({ source }) => source) : [],
      source: origins?.[first] ?? name,
      batch: batchFromRows(schema, part),
    }
  })
}

/** Pushes the batches, each on the tier that is its turn, and ends. Returns the tiers that they ran on. */
async function feed(
  live: LiveQuery,
  schedule: Schedule,
  comings: readonly Coming[],
  goOn: () => void,
): Promise<Pick<EngineResult, 'ranOn' | 'abandoned'>> {
  const { tiers, dictionaries } = schedule
  const ranOn: Tier[] = []
  let abandoned = 0
  if (schedule.isWarm) await live.warm()
  for (const [i, { source, batch: plain, silent }] of comings.entries()) {
    for (const name of silent) live.source(name).idle()
    const batch = dictionaries ? encodeTexts(plain) : plain
    const tier = live.switchTo(tiers[i % tiers.length])
    const from = live.source(source)
    ranOn.push(tiers[i % tiers.length] === 'native' ? await from.warm(batch) : tier)
    goOn()
    if (!(await isTaken(() => from.push(batch)))) abandoned++
  }
  live.switchTo(tiers[comings.length % tiers.length])
  live.end()
  return { ranOn, abandoned }
}

/** Was all of a batch taken, or did it meet the limit that trials meet? */
export async function isTaken(push: () => unknown): Promise<boolean> {
  try {
    await push()
    return true
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'LDB-2006') return false
    throw error
  }
}

/** What comes out beside the counters. */
class Collected {
  readonly rows: string[] = []
  readonly late: string[] = []
  readonly faults: EngineFault[] = []
  readonly faultsEmitted: EngineFault[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly #source: Schema
  readonly #pipelines: readonly PipelineSpec[]

  constructor(pipelines: readonly PipelineSpec[], source: Schema) {
    this.#source = source
    this.#pipelines = pipelines
  }

  takeLate(batch: RecordBatch): void {
    this.late.push(...this.#textsOf(batch))
  }

  #textsOf(batch: RecordBatch): readonly string[] {
    const schema = this.#pipelines.flatMap(one => this.#columnsOf(one)).find(one => hasNames(batch, one))
    if (!schema) throw new Error('rows that no pipeline reads')
    return textsOf(schema, batch)
  }

  takeFaulty({ rows, faults }: FaultyRows): void {
    const from = rows && this.#pipelineOf(rows, faults)
    const isOfSource = from?.source !== undefined
    const schema = rows && from && this.#columnsOf(from).find(one => hasNames(rows, one))
    const texts = rows && schema ? textsOf(schema, rows) : []
    for (const { code, operator, row } of faults) {
      const list = row >= 0 && isOfSource ? this.faults : this.faultsEmitted
      list.push({ code, operator, row: texts[row] })
    }
  }

  /** Of each of its inputs. */
  #columnsOf({ source, from }: PipelineSpec): readonly Schema[] {
    return source ? [this.#source] : from.map(one => one.outputSchema)
  }

  /** The pipeline that refused rows: it has their columns, and the operators at fault. */
  #pipelineOf(rows: RecordBatch, faults: FaultyRows['faults']): PipelineSpec | undefined {
    return this.#pipelines.find(one => {
      const names = operatorsOf(one).map(printOperator)
      return (
        this.#columnsOf(one).some(schema => hasNames(rows, schema)) &&
        faults.every(({ operator }) => names.includes(operator))
      )
    })
  }
}

const hasNames = ({ schema: { fields } }: RecordBatch, schema: Schema): boolean =>
  fields.length === schema.length && fields.every(({ name }, i) => name === schema[i].name)

const textsOf = (schema: Schema, batch: RecordBatch): readonly string[] =>
  rowsOf(schema, batch).map(row => textOf(row as ModelRow))

/** Nothing at all where there are neither rows nor splits. */
export function partsOf<T>(rows: readonly T[], at: readonly number[]): readonly (readonly T[])[] {
  if (rows.length === 0 && at.length === 0) return []
  const bounds = [0, ...at.toSorted((a, b) => a - b), rows.length]
  return bounds
    .slice(1)
    .map((to, i) => rows.slice(Math.min(bounds[i], rows.length), Math.min(to, rows.length)))
}

/** The same text for the same bits: -0 and NaN are told apart, bigints from numbers too. */
export function textOf(row: ModelRow): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
    if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
    return Object.is(value, -0) ? '-0' : String(value)
  })
}
