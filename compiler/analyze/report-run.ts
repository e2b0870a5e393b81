/** From the readings of an analysis to its report. */
import { printOperator } from '../../ir/logical/index.ts'
import type { PipelineSpec } from '../plan/split-pipelines.ts'
import { addedTimes } from './added-times.ts'
import type { OperatorRows } from './counts.ts'
import type { Measuring, Reading } from './measuring.ts'
import type {
  AnalysisReport,
  KernelAnalysis,
  OperatorAnalysis,
  OperatorTime,
  PipelineAnalysis,
} from './report.ts'
import { joinFacts, type PipelineFacts } from './state.ts'

/** The readings of one analysis: where times per row begin, and the end. */
interface Span {
  readonly start: Reading
  readonly end: Reading
}

/** Ends the input: what is open then is looked at before it is emitted. */
export function reportRun(measuring: Measuring): Omit<AnalysisReport, 'code'> {
  const atEnd = measuring.facts()
  measuring.end()
  const facts = measuring.facts().map((after, i) => joinFacts(atEnd[i], after))
  const span: Span = { start: measuring.start, end: measuring.read() }
  const { plain, specs, shapes } = measuring
  const { rowsIn, rowsOut, late, nullTime, drifted, faulty } = plain.runner.counters
  return {
    hash: plain.plan.compilation.program.hash,
    tier: plain.tier,
    rowsIn: Number(rowsIn),
    rowsOut: Number(rowsOut),
    late: Number(late),
    nullTime: Number(nullTime),
    drifted: Number(drifted),
    faulty: Number(faulty),
    batches: shapes.flatMap(of => [...of.values()]).reduce((sum, batches) => sum + batches, 0),
    kernelMs: plain.profile.ms,
    otherMs: plain.ms - plain.profile.ms,
    nsPerRow: perRow(
      wholeOf(span.end) - wholeOf(span.start),
      measuring.rowsInAt(span.end) - measuring.rowsInAt(span.start),
    ),
    isWarm: measuring.isWarm,
    operators: [...reportOperators(measuring, facts, span), sinkOf(span.end, specs.length - 1)],
    pipelines: specs.filter(({ answers }) => !answers).map(spec => reportPipeline(measuring, spec, span)),
    diagnostics: plain.diagnostics,
  }
}

/** Milliseconds of the kernels of the whole plan. */
const wholeOf = ({ upTo }: Reading): number => upTo.at(-1) ?? 0

const perRow = (ms: number, rows: number): number | undefined => (rows > 0 ? (ms * 1e6) / rows : undefined)

const rowsInSpan = ({ start, end }: Span, operator: number): number =>
  end.rows[operator].rowsIn - start.rows[operator].rowsIn

function reportOperators(
  { operators, specs }: Measuring,
  facts: readonly PipelineFacts[],
  span: Span,
): readonly OperatorAnalysis[] {
  const times = timesOf(span)
  return operators.map(({ node, pipeline }, i) => {
    const { late, nullTime, drifted, state, eventTime } = facts[pipeline]
    const isSource = node.kind === 'source'
    const isStateful = node === specs[pipeline].stateful
    return {
      kind: node.kind,
      text: printOperator(node),
      pipeline,
      ...withSelectivity(span.end.rows[i]),
      late: isStateful ? late : 0,
      nullTime: isSource ? nullTime : 0,
      drifted: isSource ? drifted : 0,
      time: times[i],
      eventTime: isStateful || (isSource && node.watermark) ? eventTime : undefined,
      state: isStateful ? state : [],
    }
  })
}

const withSelectivity = (rows: OperatorRows) => ({
  ...rows,
  selectivity: rows.rowsIn > 0 ? rows.rowsOut / rows.rowsIn : undefined,
})

function timesOf(span: Span): readonly (OperatorTime | undefined)[] {
  const { start, end } = span
  const took = end.upTo.map((ms, i) => {
    const before = start.upTo[i]
    return ms === undefined || before === undefined ? undefined : ms - before
  })
  const whole = wholeOf(end) - wholeOf(start)
  return addedTimes(took).map((ms, i) =>
    ms === undefined || whole === 0
      ? undefined
      : { share: ms / whole, nsPerRow: perRow(ms, rowsInSpan(span, i)) },
  )
}

/** Results are handed out outside of kernels. */
function sinkOf({ rows }: Reading, pipeline: number): OperatorAnalysis {
  const results = rows[rows.length - 1].rowsOut
  return {
    kind: 'sink',
    text: 'sink',
    pipeline,
    ...withSelectivity({ rowsIn: results, rowsOut: results, faults: [] }),
    late: 0,
    nullTime: 0,
    drifted: 0,
    time: undefined,
    eventTime: undefined,
    state: [],
  }
}

function reportPipeline(measuring: Measuring, spec: PipelineSpec, { start, end }: Span): PipelineAnalysis {
  const { operators, shapes } = measuring
  const numbers = operators.flatMap(({ pipeline }, i) => (pipeline === spec.id ? [i] : []))
  const [first, last] = [numbers[0], numbers[numbers.length - 1]]
  const stateful = operators.findIndex(({ node }) => node === spec.stateful)
  const rowsOf = ({ rows }: Reading): Readonly<Record<string, number>> => ({
    push: rows[first].rowsIn,
    ...(stateful < 0 ? {} : { advance: rows[stateful].rowsOut }),
  })
  const [before, after] = [rowsOf(start), rowsOf(end)]
  const kernels = [...end.kernels[spec.id]].map(([name, { calls, ms }]): KernelAnalysis => {
    const took = ms - (start.kernels[spec.id].get(name)?.ms ?? 0)
    return { name, calls, ms, nsPerRow: name in after ? perRow(took, after[name] - before[name]) : undefined }
  })
  return {
    id: spec.id,
    rowsIn: end.rows[first].rowsIn,
    rowsOut: end.rows[last].rowsOut,
    kernels,
    batches: [...shapes[spec.id]].map(([push, batches]) => ({ push, batches })),
  }
}
