/** The report of an analysis as text: what ran, a table of operators, what they keep, a table of kernels. */
import {
  bytes,
  count,
  many,
  milliseconds,
  nanoseconds,
  percent,
  printTable,
  type TableColumn,
} from './figures.ts'
import type { AnalysisReport, CodeOrigin, OperatorAnalysis } from './report.ts'
import type { Moment, StateAnalysis } from './state.ts'

/** Characters of an operator in the table; explain has the whole. */
const OPERATOR_MAX = 52

export function printReport(report: AnalysisReport): string {
  const { operators, diagnostics } = report
  const parts = [
    printTotals(report),
    printTable(operatorColumns, operators.map(operatorCells)),
    operators.flatMap(printKept),
    printTable(kernelColumns, kernelRows(report)),
    diagnostics.map(({ code, message }) => `${code} ${message}`),
    notes(report),
  ]
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')
}

function printTotals(report: AnalysisReport): readonly string[] {
  const { hash, tier, rowsIn, rowsOut, batches, kernelMs, otherMs, nsPerRow, code, pipelines } = report
  const shapes = pipelines.flatMap(one => one.batches).map(one => `${count(one.batches)} by ${one.push}`)
  return [
    `plan ${hash.slice(0, 16)} on ${tier}; ${printCode(code)}`,
    `${many(rowsIn, 'row')} in, ${many(rowsOut, 'result')}; ${droppedOf(report)}`,
    `${many(batches, 'batch', 'batches')}${shapes.length > 0 ? `: ${shapes.join(', ')}` : ''}`,
    `kernels ${milliseconds(kernelMs)}, ${nanoseconds(nsPerRow)} ns/row; checks, loading and handing out ${milliseconds(otherMs)}`,
  ]
}

const droppedOf = ({ late, nullTime, drifted, faulty }: AnalysisReport): string =>
  `${count(late)} late, ${count(nullTime)} without time, ${count(faulty)} faulty` +
  (drifted > 0 ? `, ${count(drifted)} ahead of their group` : '')

function printCode({ plan, javascript, native, reason }: CodeOrigin): string {
  const known = plan === 'hit' ? 'plan known' : 'plan new'
  const made = `JavaScript ${javascript === 'disk' ? 'from disk' : javascript}`
  return `${known}, ${made}, native ${native}${reason === undefined ? '' : ` (${reason})`}`
}

const right = (head: string): TableColumn => ({ head, align: 'right' })
const left = (head: string): TableColumn => ({ head, align: 'left' })

const operatorColumns = [
  left('operator'),
  right('rows in'),
  right('rows out'),
  right('out/in'),
  right('~ns/row'),
  right('~share'),
]

const operatorCells = ({ text, rowsIn, rowsOut, selectivity, time }: OperatorAnalysis): readonly string[] => [
  text.length > OPERATOR_MAX ? `${text.slice(0, OPERATOR_MAX - 3)}...` : text,
  count(rowsIn),
  count(rowsOut),
  percent(selectivity),
  nanoseconds(time?.nsPerRow),
  percent(time?.share),
]

/** What an operator keeps and what it refused; nothing for most. The time of a source is that of its pipeline. */
function printKept(operator: OperatorAnalysis): readonly string[] {
  const { kind, pipeline, eventTime, state, late, nullTime, drifted, faults } = operator
  const isTold = kind === 'source' || pipeline > 0
  const lines = [
    ...(eventTime?.largest && isTold ? [`largest event time ${printMoment(eventTime.largest)}`] : []),
    ...(eventTime && isTold ? [`watermark ${printMoment(eventTime.watermark)} when the input ended`] : []),
    ...(nullTime > 0 ? [`${many(nullTime, 'row')} without event time`] : []),
    ...(drifted > 0 ? [`${many(drifted, 'row')} too far ahead of the others of its group`] : []),
    ...(late > 0 ? [`${many(late, 'row')} too late`] : []),
    ...faults.map(({ code, rows }) => `${many(rows, 'row')} refused: ${code}`),
    ...state.map(one => printState(one, Math.max(NAME_MIN, ...state.map(({ name }) => name.length)))),
  ]
  return lines.length > 0 ? [`${kind} in pipeline ${pipeline}`, ...lines.map(line => `  ${line}`)] : []
}

const printMoment = (moment: Moment | undefined): string =>
  moment === undefined ? 'not begun' : (moment.date ?? `${moment.ticks} ticks`)

/** Characters of the names that most plans have. */
const NAME_MIN = 8

const printState = (state: StateAnalysis, width: number): string =>
  `${state.name.padEnd(width)} ${count(state.entries)} when the input ended, ${count(state.entriesPeak)} at most of ` +
  `${count(state.entriesMax)}; ${bytes(state.bytes)} of ${bytes(state.bytesMax)}`

const kernelColumns = [left('pipeline'), left('kernel'), right('calls'), right('time'), right('ns/row')]

const kernelRows = ({ pipelines }: AnalysisReport): readonly (readonly string[])[] =>
  pipelines.flatMap(({ id, kernels }) =>
    kernels.map(({ name, calls, ms, nsPerRow }) => [
      String(id),
      name,
      count(calls),
      milliseconds(ms),
      nanoseconds(nsPerRow),
    ]),
  )

const notes = ({ isWarm, operators }: AnalysisReport): readonly string[] => [
  ...(operators.some(({ time }) => time)
    ? [
        '~ estimated: by how much longer kernels take for the plan up to the operator than up to the one before',
      ]
    : []),
  ...(isWarm ? [] : ['the input is short: times per row include what code takes until it is warm']),
]
