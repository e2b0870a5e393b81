/** `npm run explain -- <example> [--stage <stage> | --format <format>]`: what the compiler makes of an example. */
import { Argument, Command, Option } from 'commander'
import { compile, type ExplainStage, explainStages } from '../compiler/index.ts'
import { examples } from './examples/index.ts'

const command = new Command()
  .name('explain')
  .description('What the compiler makes of an example, after any of its stages')
  .addArgument(new Argument('<example>', 'an example of bench/examples').choices(Object.keys(examples)))
  .addOption(new Option('--stage <stage>', 'the text of one stage').choices(explainStages))
  .addOption(
    new Option('--format <format>', 'the whole as text, JSON or a Graphviz graph')
      .choices(['text', 'json', 'dot'])
      .conflicts('stage'),
  )
  .parse()

const query = compile(examples[command.args[0]])
const { stage, format } = command.opts<{ stage?: ExplainStage; format?: string }>()
if (stage) console.log(await query.explain(stage))
else if (format === 'json') console.log(JSON.stringify(query.report(), null, 2))
else console.log(format === 'dot' ? query.graph() : query.explain())
