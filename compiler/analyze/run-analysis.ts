/** Explain analyze: brings an input through a plan and its variants, and says what became of it. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import type { CodeGeneration } from '../../codegen/js/link.ts'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { LookupSource } from '../../runtime/lookup/lookup-source.ts'
import { inTurn } from '../../runtime/streaming/in-turn.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { nativeChances } from '../explain/report.ts'
import type { ParamValues } from '../frontend/builder/types.ts'
import { tierNames } from '../run/instance.ts'
import type { QueryParams } from '../run/params.ts'
import { baseTier, CORE } from '../tiers.ts'
import { Measuring } from './measuring.ts'
import type { AnalysisReport, CodeOrigin } from './report.ts'
import { reportRun } from './report-run.ts'

/** How a query is analysed. */
export interface AnalyzeOptions {
  /** Which engine is measured: by default native code where there can be any, else JavaScript. */
  readonly tier?: Tier
  /** As for `open`. */
  readonly codeGeneration?: CodeGeneration
  /** Other values for the parameters of the plan than those it was built with. */
  readonly params?: ParamValues
  /** As for `open`; each of the runs asks them. LDB-1001 for one that answers by promises: what it takes is nobody's time. */
  readonly tables?: Readonly<Record<string, LookupSource>>
  /** Gets each batch of results, valid only during the call. Its time counts as that of handing out. */
  readonly onResult?: (batch: RecordBatch) => void
  /** Called after each batch with the rows taken so far. */
  readonly onProgress?: (rows: number) => void
}

export interface AnalysisRequest {
  readonly plan: CompiledPlan
  /** Was it compiled before? */
  readonly wasKept: boolean
  readonly params: QueryParams
  /** Of each source, in the order of the plan. */
  readonly inputs: readonly (Iterable<RecordBatch> | AsyncIterable<RecordBatch>)[]
  readonly options: AnalyzeOptions
}

export async function runAnalysis(request: AnalysisRequest): Promise<AnalysisReport> {
  const { plan, wasKept, params, inputs, options } = request
  const tier = tierOf(plan, options.tier)
  const open = { ...options, tier }
  const hadNative = tier === 'native' && plan.hasNative(options.codeGeneration ?? 'function')
  const measuring = new Measuring({ plan, params, open, onResult: options.onResult })
  for await (const { source, batch } of inTurn(inputs, one => measuring.watermarkOf(one))) {
    await measuring.push(batch, source)
    options.onProgress?.(measuring.rowsIn)
    await nextTurn()
  }
  const result = reportRun(measuring)
  return { ...result, code: codeOrigin(plan, options, { wasKept, hadNative, tier: result.tier }) }
}

/** Native code where there can be any: what is cut off a plan must not get what the whole plan cannot have. */
function tierOf({ compilation }: CompiledPlan, wanted: Tier = 'native'): Tier {
  if (!tierNames.includes(wanted)) {
    throw new MillraceError('LDB-0001', `tier is '${String(wanted)}'`, { fix: `use ${tierNames.join(', ')}` })
  }
  return wanted === 'native' && !nativeChances(compilation.program).possible ? 'js' : wanted
}

interface CodeFacts {
  readonly wasKept: boolean
  readonly hadNative: boolean
  readonly tier: Tier
}

function codeOrigin(
  plan: CompiledPlan,
  { tier: wanted = 'native', codeGeneration = 'function' }: AnalyzeOptions,
  { wasKept, hadNative, tier }: CodeFacts,
): CodeOrigin {
  const { program } = plan.compilation
  const isScripted = tier !== 'interp' && baseTier(codeGeneration) === 'js'
  const script = isScripted && plan.tiers(codeGeneration).at('js', program.pipelines[0], CORE)
  const chances = nativeChances(program)
  const reason = wanted !== 'native' ? `tier ${wanted} was asked for` : chances.possible ? '' : chances.reason
  return {
    plan: wasKept ? 'hit' : 'miss',
    javascript: script ? (script.wasKept ? 'disk' : 'generated') : 'none',
    native: tier !== 'native' ? 'none' : hadNative ? 'kept' : 'compiled',
    reason: tier === 'native' ? undefined : reason || 'see the diagnostics',
  }
}
