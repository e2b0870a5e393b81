/** `npm run explain -- <example> [--stage <stage>]`: what the compiler makes of an example. */
import { Argument, Command, Option } from 'commander'
import { compile, type ExplainStage, explainStages } from '../compiler/index.ts'
import { examples } from './examples/index.ts'

const command = new Command()
  .name('explain')
  .description('What the compiler makes of an example, after any of its stages')
  .addArgument(new Argument('<example>', 'an example of bench/examples').choices(Object.keys(examples)))
  .addOption(new Option('--stage <stage>', 'the text of one stage').choices(explainStages))
  .parse()

const query = compile(examples[command.args[0]])
const { stage } = command.opts<{ stage?: ExplainStage }>()
console.log(stage === undefined ? query.explain() : await query.explain(stage))
