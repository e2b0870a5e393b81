/** `npm run explain -- <example> [--stage <stage> | --format <format>] [--analyze]`: what becomes of an example. */
import type { RecordBatch } from 'apache-arrow'
import { Argument, Command, Option } from 'commander'
import { closeNativeCompiler } from '../codegen/llvm/backend.ts'
import {
  type Analysis,
  type Columns,
  type CompiledQuery,
  compile,
  type ExplainStage,
  explainStages,
  type Tier,
} from '../compiler/index.ts'
import { sourcesOf } from '../ir/logical/sources.ts'
import { examples } from './examples/index.ts'
import { readInput } from './examples/inputs.ts'
import { exampleTables } from './examples/tables.ts'
import { wholeNumber } from './lib/options.ts'
import { Progress } from './lib/progress.ts'

interface ExplainOptions {
  readonly stage?: ExplainStage
  readonly format?: 'text' | 'json' | 'dot'
  readonly analyze?: boolean
  readonly tier?: Tier
  readonly rows?: number
}

const command = new Command()
  .name('explain')
  .description('What the compiler makes of an example, after any of its stages, and what its operators do')
  .addArgument(new Argument('<example>', 'an example of bench/examples').choices(Object.keys(examples)))
  .addOption(new Option('--stage <stage>', 'the text of one stage').choices(explainStages))
  .addOption(
    new Option('--format <format>', 'the whole as text, JSON or a Graphviz graph')
      .choices(['text', 'json', 'dot'])
      .conflicts('stage'),
  )
  .addOption(
    new Option('--analyze', 'run it over its rows: what each operator takes and does').conflicts('stage'),
  )
  .addOption(
    new Option('--tier <tier>', 'analyze it on this tier')
      .choices(['interp', 'js', 'native'])
      .implies({ analyze: true })
      .conflicts('stage'),
  )
  .addOption(
    new Option('--rows <n>', 'analyze it over its first rows only')
      .argParser(wholeNumber)
      .implies({ analyze: true })
      .conflicts('stage'),
  )
  .parse()

async function analyze(query: CompiledQuery<Columns>, options: ExplainOptions): Promise<Analysis> {
  const [reading, running] = [new Progress('reading'), new Progress('running')]
  const { tier, rows = Number.POSITIVE_INFINITY } = options
  const inputs: Record<string, readonly RecordBatch[]> = {}
  for (const { name } of sourcesOf(query.compilation.logical))
    inputs[name] = await readInput(name, rows, (done, all) => reading.update(done, all))
  reading.stop()
  const total = Object.values(inputs)
    .flat()
    .reduce((sum, batch) => sum + batch.numRows, 0)
  const onProgress = (done: number): void => running.update(done, total)
  const analysis = await query.analyze(inputs, {
    onProgress,
    tables: exampleTables,
    ...(tier ? { tier } : {}),
  })
  running.stop()
  await closeNativeCompiler()
  return analysis
}

const query = compile(examples[command.args[0]])
const options = command.opts<ExplainOptions>()
const { stage, format } = options
const analysis = options.analyze ? await analyze(query, options) : undefined
if (stage) console.log(await query.explain(stage))
else if (format === 'json') console.log(JSON.stringify(analysis ?? query.report(), null, 2))
else if (format === 'dot') console.log((analysis ?? query).graph())
else console.log(analysis ? analysis.text() : query.explain())
