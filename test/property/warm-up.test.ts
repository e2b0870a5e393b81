/** A warm-up leaves no trace: neither in the memory of an instance, wherever it stops, nor in what comes out later. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ParamValues } from '../../compiler/frontend/builder/types.ts'
import { type Columns, PlanCache, type Stream, source, t, tumble } from '../../compiler/index.ts'
import { paramsOf } from '../../compiler/plan/params.ts'
import { Callbacks } from '../../compiler/run/callbacks.ts'
import { Instance } from '../../compiler/run/instance.ts'
import { batchFromRows } from '../../runtime/io/rows.ts'
import { type Trial, trialsOn } from '../gen/trials.ts'
import type { ModelRow } from '../model/model.ts'
import { encodeTexts } from '../support/dictionaries.ts'
import { smallLimits, tablesOf } from '../support/engine.ts'
import { runs } from '../support/runs.ts'
import { assertTrials } from '../support/trials.ts'

const onJs = trialsOn(fc.constant(['js']))

/** An instance that calls nobody, and its whole memory. */
function opened({ plan, params, schedule }: Trial): { readonly instance: Instance; readonly memory: Buffer } {
  const built = new Map(Object.entries(params.built))
  const limits = { ...smallLimits, memoryBytes: 64 << 20, ...schedule.limits }
  const compiled = new PlanCache().compile(plan, built, { limits })
  const unwanted = (): never => assert.fail('a warm-up called somebody')
  const callbacks = new Callbacks(unwanted, { onLate: unwanted, onFaulty: unwanted, onDiagnostic: unwanted })
  const instance = new Instance({
    plan: compiled.plan,
    params: { declared: paramsOf(plan), values: compiled.values },
    open: { tier: 'js', params: params.given as ParamValues, tables: tablesOf(plan) },
    callbacks,
    mode: 'view',
  })
  return { instance, memory: Buffer.from(instance.buffer as ArrayBuffer) }
}

const STEPS_MAX = 30

test('every byte is as it was, on rows of its own and on rows that are given', () => {
  const stops = fc.record({ steps: fc.integer({ min: 1, max: STEPS_MAX }), isGiven: fc.boolean() })
  fc.assert(
    fc.property(onJs, stops, (trial, { steps, isGiven }) => {
      const { instance, memory } = opened(trial)
      const before = Buffer.from(memory)
      const plain = batchFromRows(trial.schema, trial.rows)
      const batch = trial.schedule.dictionaries ? encodeTexts(plain) : plain
      const warmUp = instance.warmUp(isGiven ? [{ source: 0, batch }] : [])
      for (let n = 0; n < steps; n++) warmUp?.step()
      const { counters, isBusy } = instance.runner
      const watermark = instance.runner.watermarkOf(0)
      assert.deepEqual([...new Set(Object.values(counters))], [0n])
      assert.equal(watermark, opened(trial).instance.runner.watermarkOf(0))
      assert.equal(isBusy, false)
      assert.equal(Buffer.compare(before, memory), 0)
    }),
    { numRuns: runs(60), includeErrorInReport: true },
  )
})

const texts = source('texts', { at: t.timestamp('ms'), key: t.utf8.orNull, n: t.int64 }, { time: 'at' })

/** Texts in rows, in state and computed ones; rows that a filter drops; dictionaries. */
const textPlans = [
  texts.where(f => f.n.gt(3)).select(f => ({ n: f.n, twice: f.key.concat(f.key) })),
  texts
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), least: a.min(f.key), last: a.last(f.key) })),
] as unknown as readonly Stream<Columns>[]

const textRows: readonly ModelRow[] = Array.from({ length: 200 }, (_, i) => ({
  at: BigInt(i),
  key: i % 7 === 0 ? null : `${i % 41} is more than the bytes behind an area`,
  n: BigInt(i % 9),
}))

test('every byte is as it was, however many texts there were', () => {
  for (const { node: plan } of textPlans)
    for (const dictionaries of [false, true]) {
      const schedule = { splits: [], limits: {}, dictionaries, lenient: false, tiers: ['js' as const] }
      const trial = { plan, schema: texts.schema, rows: textRows, params: { built: {}, given: {} }, schedule }
      const { instance, memory } = opened(trial)
      const before = Buffer.from(memory)
      const plain = batchFromRows(trial.schema, textRows)
      const warmUp = instance.warmUp([{ source: 0, batch: dictionaries ? encodeTexts(plain) : plain }])
      for (let n = 0; n < STEPS_MAX; n++) {
        warmUp?.step()
        assert.equal(instance.runner.isBusy, false)
        assert.equal(Buffer.compare(before, memory), 0, `step ${n}`)
      }
    }
})

test('model = a query that was warmed before its first row', () =>
  assertTrials(
    onJs.map(trial => ({ ...trial, schedule: { ...trial.schedule, isWarm: true } })),
    40,
  ))
