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
import { batchFromRows } from '../../runtime/io/rows.ts'
import { type VirtualClock, virtualClock } from '../../runtime/time/clock.ts'
import type { Trial } from '../gen/trials.ts'
import { type ModelOptions, type ModelResult, type ModelRow, runModel } from '../model/model.ts'
import { STOPPED } from '../model/watermark.ts'
import { encodeTexts } from './dictionaries.ts'
import { isTaken, partsOf, smallLimits } from './engine.ts'

export async function checkCounts(trial: Trial): Promise<void> {
  const { plan, params, schedule } = trial
  const built = new Map(Object.entries(params.built))
  const { lenient, limits } = schedule
  const compiled = new PlanCache(0).compile(plan.kind === 'sink' ? plan.input : plan, built, {
    limits: { ...smallLimits, ...limits },
    faults: lenient ? 'null' : 'reject',
  })
  const counted = countedPlan(compiled.plan)
  const clock = virtualClock(schedule.clock?.startMs)
  const probe = new Probe({
    plan: counted,
    params: { declared: paramsOf(plan), values: compiled.values },
    open: { tier: schedule.tiers[0], params: params.given as ParamValues, clock },
  })
  await feed(probe, trial, clock)
  const { optimised, program } = counted.compilation
  const specs = splitPipelines(optimised)
  const options = {
    params: new Map([...compiled.values, ...Object.entries(params.given)]),
    lenient,
    splits: schedule.splits,
    clock: schedule.clock,
  }
  assert.deepEqual(
    countRows(program, specs, probe.runner.placements),
    specs.flatMap(operatorsOf).map(node => expectedRows(node, trial.rows, options)),
  )
}

async function feed(probe: Probe, { schema, rows, schedule }: Trial, clock: VirtualClock): Promise<void> {
  const { tiers, splits, dictionaries, clock: { stepsMs } = STOPPED } = schedule
  const batches = partsOf(rows, splits).map(part => batchFromRows(schema, part))
  for (const [i, batch] of batches.entries()) {
    probe.want(tiers[i % tiers.length])
    clock.advance(stepsMs[i % stepsMs.length])
    await isTaken(() => probe.push(dictionaries ? encodeTexts(batch) : batch))
  }
  probe.want(tiers[batches.length % tiers.length])
  probe.end()
}

/** What an operator adds to the plan before it. */
function expectedRows(node: LogicalNode, rows: readonly ModelRow[], options: ModelOptions): OperatorRows {
  const upTo = (one: LogicalNode): ModelResult => runModel(one, rows, options)
  const [after, before] = [upTo(node), inputsOf(node).map(upTo).at(0)]
  const errorsOf = (code: string, errors: ModelResult['errors'] = []): number =>
    errors.filter(error => error.code === code).length
  const faults = rowErrors.map(({ code }) => ({
    code,
    rows: errorsOf(code, after.errors) - errorsOf(code, before?.errors),
  }))
  return {
    rowsIn: before?.rows.length ?? after.taken,
    rowsOut: after.rows.length,
    faults: faults.filter(fault => fault.rows > 0),
  }
}
