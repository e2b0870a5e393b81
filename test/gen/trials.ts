/** A trial: a random plan, the rows and parameters to run it on, and how they are brought through it. */
import fc from 'fast-check'
import type { Tier } from '../../ir/abi.ts'
import { type LogicalNode, printPlan } from '../../ir/logical/index.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { Limits } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import type { Comings, ModelRow } from '../model/model.ts'
import { type PlanParams, paramValues } from './params.ts'
import { plansOver } from './plans.ts'
import { ROWS_MAX, rowsOf, schemas } from './streams.ts'
import { TEXT_BYTES_MAX } from './values.ts'

export interface PlanCase extends Comings {
  /** Ends in a sink. */
  readonly plan: LogicalNode
  readonly schema: Schema
  readonly rows: readonly ModelRow[]
  readonly params: PlanParams
}

/** What must make no difference to the answer, apart from `lenient`, which the model knows of. */
export interface Schedule {
  /** Row numbers at which a new batch begins. */
  readonly splits: readonly number[]
  /** Where kernels stop. */
  readonly limits: Partial<Limits>
  /** Texts come dictionary-encoded. */
  readonly dictionaries: boolean
  /** Faults make values null. */
  readonly lenient: boolean
  /** The tier of each batch and of the end, over and over. */
  readonly tiers: readonly Tier[]
  /** Milliseconds that the clock goes on before each batch. */
  readonly stepMs?: number
  /** Its kernels are warmed before the first row. */
  readonly isWarm?: boolean
}

export interface Trial extends PlanCase {
  readonly schedule: Schedule
}

export const planCases: fc.Arbitrary<PlanCase> = schemas.chain(schema =>
  fc.tuple(plansOver(schema), rowsOf(schema)).chain(([plan, rows]) =>
    fc.tuple(paramValues(plan), comingsOf(plan, rows.length)).map(([params, comings]) => ({
      ...{ plan, schema, rows, params },
      ...comings,
    })),
  ),
)

/** Rows come from any of the sources, mostly some in a row; now and then one falls silent. */
export function comingsOf(plan: LogicalNode, rows: number): fc.Arbitrary<Comings> {
  const names = sourcesOf(plan).map(({ name }) => name)
  if (names.length < 2) return fc.constant({})
  const name = fc.constantFrom(...names)
  const runs = fc.array(fc.tuple(name, fc.integer({ min: 1, max: 6 })), { minLength: rows, maxLength: rows })
  const idles = fc.array(
    fc.record({ row: fc.integer({ min: 0, max: rows }), source: name }, { noNullPrototype: true }),
    {
      maxLength: 3,
    },
  )
  return fc.tuple(runs, idles).map(([parts, silent]) => ({
    origins: parts.flatMap(([one, count]) => new Array<string>(count).fill(one)).slice(0, rows),
    idles: silent,
  }))
}

/** From never to at every row and every result. */
const stops: fc.Arbitrary<Partial<Limits>> = fc.constantFrom(
  {},
  { budgetRows: 1 },
  { batchRows: 3, outputRows: 2, budgetRows: 2 },
  { batchRows: 1, outputRows: 1, budgetRows: 1, dictionaryRows: 2 },
  { outputRows: 1, columnBytes: TEXT_BYTES_MAX },
)

export const schedulesOn = (tiers: fc.Arbitrary<readonly Tier[]>): fc.Arbitrary<Schedule> =>
  fc.record(
    {
      splits: fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        { weight: 5, arbitrary: fc.array(fc.integer({ min: 0, max: ROWS_MAX }), { maxLength: 4 }) },
      ),
      limits: stops,
      dictionaries: fc.boolean(),
      lenient: fc.boolean(),
      tiers,
      stepMs: fc.constantFrom(0, 1, 4, 40, 1000),
    },
    { noNullPrototype: true },
  )

export const trialsOn = (tiers: fc.Arbitrary<readonly Tier[]>): fc.Arbitrary<Trial> =>
  fc.tuple(planCases, schedulesOn(tiers)).map(([one, schedule]) => asTrial(one, schedule))

export function asTrial(one: PlanCase, schedule: Schedule): Trial {
  const trial = { ...one, schedule }
  return Object.assign(trial, { toString: () => describe(trial) })
}

/** What fast-check prints for a counterexample; the corpus has it all. */
function describe({ plan, params, schedule, rows, origins, idles }: Trial): string {
  const facts = Object.entries({ params, schedule, ...(origins && { origins, idles }) }).map(
    ([name, value]) => `${name} ${fc.stringify(value)}`,
  )
  return [printPlan(plan), ...facts, ...rows.map(row => fc.stringify(row))].join('\n')
}
