/** Runs the counted form of a plan: do its kernels count the rows of each operator as the model does? */
import './no-cache.ts'
import assert from 'node:assert/strict'
import { countRows, type OperatorRows } from '../../compiler/analyze/counts.ts'
import { Probe } from '../../compiler/analyze/probe.ts'
import { countedPlan } from '../../compiler/analyze/variants.ts'
import type { ParamValues } from '../../compiler/frontend/builder/types.ts'
import { paramsOf } from '../../compiler/plan/params.ts'
import { operatorsOf, splitPipelines } from '../../compiler/plan/split-pipelines.ts'
import { PlanCache } from '../../compiler/plan-cache.ts'
import { rowErrors } from '../../ir/abi.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import { virtualClock } from '../../runtime/time/clock.ts'
import type { Trial } from '../gen/trials.ts'
import { type ModelOptions, type ModelResult, type ModelRow, runModel } from '../model/model.ts'
import { encodeTexts } from './dictionaries.ts'
import { comingsOf, isTaken, smallLimits, tablesOf } from './engine.ts'
import { modelOptionsOf } from './model-options.ts'

export async function checkCounts(trial: Trial): Promise<void> {
  const { plan, params, schedule } = trial
  const built = new Map(Object.entries(params.built))
  const { lenient, limits } = schedule
  const compiled = new PlanCache(0).compile(plan.kind === 'sink' ? plan.input : plan, built, {
    limits: { ...smallLimits, ...limits },
    faults: lenient ? 'null' : 'reject',
  })
  const counted = countedPlan(compiled.plan)
  const clock = virtualClock()
  const probe = new Probe({
    plan: counted,
    params: { declared: paramsOf(plan), values: compiled.values },
    open: { clock, tier: schedule.tiers[0], params: params.given as ParamValues, tables: tablesOf(plan) },
  })
  await feed(probe, trial, () => clock.advance(schedule.stepMs ?? 0))
  const { optimised, program } = counted.compilation
  const specs = splitPipelines(optimised)
  const options = {
    ...modelOptionsOf(trial),
    // An analysis is told the time before each batch, and by nobody between.
    strikeMs: 0,
    params: new Map([...compiled.values, ...Object.entries(params.given)]),
  }
  assert.deepEqual(
    countRows(program, specs, probe.runner.placements),
    specs.flatMap(operatorsOf).map(node => expectedRows(node, trial.rows, options)),
  )
}

async function feed(probe: Probe, trial: Trial, goOn: () => void): Promise<void> {
  const { tiers, dictionaries } = trial.schedule
  const names = sourcesOf(trial.plan).map(({ name }) => name)
  const comings = comingsOf(trial)
  for (const [i, { silent, source, batch }] of comings.entries()) {
    probe.want(tiers[i % tiers.length])
    for (const name of silent) probe.idle(names.indexOf(name))
    goOn()
    await isTaken(() => probe.push(dictionaries ? encodeTexts(batch) : batch, names.indexOf(source)))
  }
  probe.want(tiers[comings.length % tiers.length])
  probe.end()
}

/** What an operator adds to the plan before it. */
function expectedRows(node: LogicalNode, rows: readonly ModelRow[], options: ModelOptions): OperatorRows {
  const upTo = (one: LogicalNode): ModelResult => runModel(one, rows, options)
  const after = upTo(node)
  const before = inputsOf(node).map(upTo)
  const errorsOf = (code: string, errors: ModelResult['errors']): number =>
    errors.filter(error => error.code === code).length
  const faults = rowErrors.map(({ code }) => ({
    code,
    rows: errorsOf(code, after.errors) - before.reduce((sum, { errors }) => sum + errorsOf(code, errors), 0),
  }))
  return {
    rowsIn: before.length > 0 ? before.reduce((sum, one) => sum + one.rows.length, 0) : takenOf(node, after),
    rowsOut: after.rows.length,
    faults: faults.filter(fault => fault.rows > 0),
  }
}

/** Rows of a source that were taken. */
function takenOf(node: LogicalNode, { takenBySource }: ModelResult): number {
  return node.kind === 'source' ? (takenBySource.get(node.name) ?? 0) : 0
}
