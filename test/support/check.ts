/** Does the engine give what the model says: rows, late rows, faulty rows, counters, on the tiers of the schedule? */
import assert from 'node:assert/strict'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { Trial } from '../gen/trials.ts'
import { type ModelOptions, type ModelResult, runModel } from '../model/model.ts'
import { type EngineResult, runEngine, textOf } from './engine.ts'
import { chainOf, expectedFaults } from './faults.ts'
import { modelOptionsOf } from './model-options.ts'

export async function checkTrial(trial: Trial): Promise<void> {
  const { plan, rows } = trial
  const options = modelOptionsOf(trial)
  const model = runModel(plan, rows, options)
  const engine = await runEngine(trial)
  const isJoined = sourcesOf(plan).length > 1
  const ordered = isJoined ? (list: readonly string[]) => list.toSorted() : (list: readonly string[]) => list
  assert.deepEqual(ordered(engine.rows), ordered(model.rows.map(textOf)))
  if (isJoined || chainOf(plan).some(({ kind }) => namesRows.has(kind)) || looksLikeRows(trial, engine))
    checkSidesOfMany(engine, model, options)
  else {
    checkLate(trial, engine, model)
    checkFaults(trial, engine, model, options)
  }
  checkCounters(engine, model)
  assert.equal(engine.abandoned, model.abandoned)
  checkTiers(trial, engine)
  assert.equal(engine.diagnostics.filter(({ code }) => code === SOURCE_DRIFTS).length, model.warnings)
}

/** What may be late or at fault behind these has no number of a row of the source. */
const namesRows: ReadonlySet<LogicalNode['kind']> = new Set(['consolidate', 'deduplicate', 'history'])
/** What is told of a source that gets too far ahead of others. */
const SOURCE_DRIFTS = 'LDB-2009'

/** Have results the columns of the source, because nobody reads what was aggregated? Then rows do not say which they are. */
function looksLikeRows({ schema }: Trial, { optimised }: EngineResult): boolean {
  const names = (columns: Trial['schema']): string => JSON.stringify(columns.map(({ name }) => name))
  return chainOf(optimised).some(
    ({ kind, relation }) => kind === 'aggregate' && names(relation.schema) === names(schema),
  )
}

/**
 * How many rows were late, and the faults, where rows that are handed on as they came may still be late or at fault: they
 * are named by what they hold by then.
 */
function checkSidesOfMany(
  { late, faults, faultsEmitted, optimised, rowsGiven }: EngineResult,
  model: ModelResult,
  options: ModelOptions,
): void {
  assert.equal(late.length, model.late.length)
  const expected = model.errors.length > 0 ? expectedFaults(optimised, rowsGiven, options) : []
  assert.deepEqual(kindsOf([...faults, ...faultsEmitted]), kindsOf(expected))
}

/** Only rows of the source can be late: results come before the watermark that they keep. */
function checkLate({ rows }: Trial, engine: EngineResult, { late }: ModelResult): void {
  assert.deepEqual(
    engine.late,
    late.map(row => textOf(rows[row])),
  )
}

/** Code and operator of every fault; those of rows of the source in their order, each with its row. */
function checkFaults(trial: Trial, engine: EngineResult, model: ModelResult, options: ModelOptions): void {
  const { rows } = trial
  const { optimised } = engine
  const expected = model.errors.length > 0 ? expectedFaults(optimised, rows, options) : []
  const ofSource = expected.filter(({ row }) => row >= 0).toSorted((a, b) => a.row - b.row)
  assert.deepEqual(
    engine.faults,
    ofSource.map(fault => ({ ...fault, row: textOf(rows[fault.row]) })),
  )
  const ofResults = expected.filter(({ row }) => row < 0)
  assert.deepEqual(kindsOf(engine.faultsEmitted), kindsOf(ofResults))
  const texts = engine.faultsEmitted.flatMap(({ row }) => row ?? [])
  if (texts.length > 0) checkEmitted(optimised, texts, rows, options)
}

const kindsOf = (faults: readonly { code: string; operator: string }[]): readonly string[] =>
  faults.map(({ code, operator }) => `${code} ${operator}`).toSorted()

/** Every row that a second pipeline refuses is one that reaches it. */
function checkEmitted(
  plan: LogicalNode,
  texts: readonly string[],
  rows: Trial['rows'],
  options: ModelOptions,
): void {
  const known = new Set(chainOf(plan).flatMap(node => runModel(node, rows, options).rows.map(textOf)))
  for (const text of texts) assert.ok(known.has(text), `no operator emitted ${text}`)
}

function checkCounters({ counters }: EngineResult, model: ModelResult): void {
  assert.deepEqual(counters, {
    rowsIn: BigInt(model.taken),
    rowsOut: BigInt(model.rows.length),
    late: BigInt(model.late.length + model.lateUntold.length),
    nullTime: BigInt(model.nullTimes),
    drifted: BigInt(model.drifted),
    faulty: BigInt(model.errors.length),
  })
}

/** Every batch ran on its tier, but where native code would need a function of the host: the plan says so then. */
function checkTiers({ schedule: { tiers } }: Trial, { ranOn, diagnostics, program }: EngineResult): void {
  const codes = new Set(diagnostics.map(({ code }) => code).filter(code => code !== SOURCE_DRIFTS))
  const isHosted = program.hostOps.length > 0 && codes.has('LDB-8016')
  const wanted = ranOn.map((_, i) => tiers[i % tiers.length])
  assert.deepEqual(
    ranOn,
    wanted.map(tier => (tier === 'native' && isHosted ? 'js' : tier)),
  )
  assert.deepEqual([...codes], isHosted ? ['LDB-8016'] : [])
}
