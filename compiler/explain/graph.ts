/** The plan as a Graphviz graph: operators as boxes, pipelines around them, rows flowing downwards. */
import { inputsOf, type LogicalNode, printOperator } from '../../ir/logical/index.ts'
import { operatorsOf, type PipelineSpec, splitPipelines } from '../plan/split-pipelines.ts'
import { type ExplainSubject, parametersOf } from './report.ts'

/** Characters of an operator's text on one line. */
const LINE_MAX = 60

/** A line more in the box of an operator. */
export type NoteOf = (node: LogicalNode) => string | undefined

export function graphOf(subject: ExplainSubject, noteOf: NoteOf = () => undefined): string {
  const names = new Names()
  const specs = splitPipelines(subject.optimised)
  const clusters = specs.map(spec => cluster(spec, names, noteOf))
  const edges = specs
    .flatMap(operatorsOf)
    .flatMap(node => inputsOf(node).map(input => `  ${names.of(input)} -> ${names.of(node)}`))
  const params = parametersOf(subject).map(({ name, value }) => `$${name} = ${value}`)
  return [
    `digraph ${quoted(`plan ${subject.program.hash.slice(0, 16)}`)} {`,
    '  node [shape=box, style=rounded, fontname="monospace", fontsize=10]',
    `  label=${quoted(params.join('\n'))}`,
    ...clusters.flat(),
    ...edges,
    '}',
  ].join('\n')
}

function cluster(spec: PipelineSpec, names: Names, noteOf: NoteOf): readonly string[] {
  const boxes = operatorsOf(spec).map(node => {
    const bold = node === spec.stateful ? ', penwidth=2' : ''
    const text = [wrapped(printOperator(node)), noteOf(node) ?? ''].filter(line => line !== '').join('\n')
    return `    ${names.of(node)} [label=${quoted(text)}${bold}]`
  })
  return [`  subgraph cluster_${spec.id} {`, `    label=${quoted(`pipeline ${spec.id}`)}`, ...boxes, '  }']
}

class Names {
  readonly #numbers = new Map<LogicalNode, number>()

  of(node: LogicalNode): string {
    const number = this.#numbers.get(node) ?? this.#numbers.size
    this.#numbers.set(node, number)
    return `op${number}`
  }
}

function wrapped(text: string): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1]
    if (line !== '' && line.length + word.length >= LINE_MAX) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join('\n')
}

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\l')}"`
