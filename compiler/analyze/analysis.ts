/** The outcome of explain analyze in the three forms that explain has: data, text for people, a Graphviz graph. */
import { graphOf } from '../explain/graph.ts'
import type { ExplainSubject } from '../explain/report.ts'
import { operatorsOf, splitPipelines } from '../plan/split-pipelines.ts'
import { count, nanoseconds, percent } from './figures.ts'
import type { AnalysisReport, OperatorAnalysis } from './report.ts'
import { printReport } from './text.ts'

/** What explain analyze found out: as data, as text, as a graph. */
export class Analysis {
  /** As plain data. */
  readonly report: AnalysisReport
  readonly #subject: ExplainSubject

  /** @internal */
  constructor(report: AnalysisReport, subject: ExplainSubject) {
    this.report = report
    this.#subject = subject
  }

  /** Aligned tables; what is estimated says so. */
  text(): string {
    return printReport(this.report)
  }

  /** The optimised plan with the rows and the time of each operator. */
  graph(): string {
    const nodes = splitPipelines(this.#subject.optimised).flatMap(operatorsOf)
    const { operators } = this.report
    const notes = new Map(nodes.map((node, i) => [node, noteOf(operators[i])]))
    return graphOf(this.#subject, node => notes.get(node))
  }

  /** As `text`. */
  toString(): string {
    return this.text()
  }

  /** As `report`. */
  toJSON(): AnalysisReport {
    return this.report
  }
}

function noteOf({ rowsIn, rowsOut, time }: OperatorAnalysis): string {
  const rows = `${count(rowsIn)} -> ${count(rowsOut)} rows`
  return time ? `${rows}, ~${nanoseconds(time.nsPerRow)} ns/row, ${percent(time.share)}` : rows
}
