/** Trials as text: JSON, with tags for the values that JSON does not have. */
import type { Value } from '../../ir/expr/expr.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { Schema } from '../../ir/schema.ts'
import type { PlanParams } from '../gen/params.ts'
import type { Schedule, Trial } from '../gen/trials.ts'
import type { Comings, ModelRow } from '../model/model.ts'
import { type PlanJson, planFromJson, planToJson } from './plan-json.ts'
import { prettyJson } from './pretty-json.ts'

interface TrialJson extends Comings {
  /** What is to be learned from the case. */
  readonly about: string
  readonly plan: PlanJson
  readonly params: PlanParams
  readonly schedule: Schedule
  /** Values in the order of the columns of the source. */
  readonly rows: readonly (readonly Value[])[]
}

/** The parts of a trial in the order in which people read them. */
export function encodeTrial(trial: Trial, about: string): string {
  const { plan, schema, params, schedule, rows, origins, idles } = trial
  const json: TrialJson = {
    about,
    plan: planToJson(plan),
    params,
    schedule,
    rows: rows.map(row => schema.map(({ name }) => row[name])),
    ...(origins && { origins, idles }),
  }
  return prettyJson(JSON.parse(JSON.stringify(json, tag)))
}

export function decodeTrial(text: string): Trial {
  const {
    plan: operators,
    params,
    schedule,
    rows,
    ...comings
  } = JSON.parse(text, untag) as TrialJson & { about?: string }
  const plan = planFromJson(operators)
  const [{ relation }] = sourcesOf(plan)
  const { schema } = relation
  return {
    plan,
    schema,
    ...(comings.origins && { origins: comings.origins, idles: comings.idles ?? [] }),
    params,
    schedule,
    rows: rows.map(values => rowOf(schema, values)),
  }
}

const rowOf = (schema: Schema, values: readonly Value[]): ModelRow =>
  Object.fromEntries(schema.map(({ name }, i) => [name, values[i]]))

function tag(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('hex') }
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return { $number: Object.is(value, -0) ? '-0' : String(value) }
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('$bigint' in value) return BigInt(String(value.$bigint))
  if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'hex'))
  return '$number' in value ? Number(value.$number) : value
}
