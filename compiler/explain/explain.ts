/** Explain: what the compiler made of a query, after any of its stages. */

import { compileJs } from '../../codegen/js/link.ts'
import { nativeText } from '../../codegen/llvm/backend.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { explainPlan } from '../../ir/logical/index.ts'
import { WIDEST } from '../../ir/physical/program.ts'
import type { Compilation } from '../driver.ts'
import { renamed } from '../lower/finish.ts'
import { CORE, CompiledTiers } from '../tiers.ts'
import { kernelsOf, printPipelines } from './pipelines.ts'
import { cacheState, type ExplainSubject, nativeChances, parametersOf } from './report.ts'

/** The stages in order; the last two need LLVM. */
export const explainStages = [
  'logical',
  'optimised',
  'pipelines',
  'kernel',
  'javascript',
  'llvm',
  'assembly',
] as const
/** What `explain` can stop after. */
export type ExplainStage = (typeof explainStages)[number]

/** The text of one stage. */
export async function explainStage(compilation: ExplainSubject, stage: ExplainStage): Promise<string> {
  const { program } = compilation
  switch (stage) {
    case 'logical':
      return explainPlan(compilation.logical)
    case 'optimised':
      return optimisedText(compilation)
    case 'pipelines':
      return printPipelines(program)
    case 'kernel':
      return allKernels(compilation).map(printKernel).join('\n')
    case 'javascript':
      return compileJs({ name: program.hash, kernels: allKernels(compilation) }).text
    case 'llvm':
      return native(compilation, 'llvm')
    case 'assembly':
      return native(compilation, 'assembly')
    default:
      throw new MillraceError('LDB-0001', `there is no stage '${String(stage)}'`, {
        fix: `stages are ${explainStages.join(', ')}`,
      })
  }
}

/** What a person wants first: the plan, what became of it, and where it can run. */
export function explainSummary(compilation: ExplainSubject): string {
  const { logical, program, limits } = compilation
  return [
    `plan ${program.hash.slice(0, 16)}`,
    explainPlan(logical),
    '',
    'optimised',
    optimisedText(compilation),
    '',
    printPipelines(program),
    '',
    `batches of up to ${limits.batchRows} rows; ${tierLine(compilation)}`,
    cacheLine(compilation),
  ].join('\n')
}

function optimisedText(subject: ExplainSubject): string {
  const params = parametersOf(subject).map(({ name, value }) => `  $${name} = ${value}`)
  return [explainPlan(subject.optimised), ...(params.length > 0 ? ['with', ...params] : [])].join('\n')
}

function cacheLine(subject: ExplainSubject): string {
  const { plan, native } = cacheState(subject)
  const known = plan === 'hit' ? 'the plan was in the plan cache' : 'the plan is new to the plan cache'
  return `${known}; ${native === 'kept' ? 'native code is there' : 'no native code is there yet'}`
}

function tierLine({ program }: Compilation): string {
  const native = nativeChances(program)
  return native.possible
    ? 'runs in JavaScript or natively'
    : `runs in JavaScript; natively not, because ${native.reason}`
}

/** Every kernel of the plan, the push kernels for the widest shape of batch. */
function allKernels({ program }: Compilation): readonly Kernel[] {
  return program.pipelines.flatMap(pipeline => {
    const prefix = program.pipelines.length > 1 ? `p${pipeline.id}_` : ''
    return kernelsOf(pipeline).map(kernel => renamed(kernel, `${prefix}${kernel.name}`))
  })
}

async function native({ program }: Compilation, which: 'llvm' | 'assembly'): Promise<string> {
  const tiers = new CompiledTiers(program, 'function')
  const texts: string[] = []
  for (const pipeline of program.pipelines) {
    const parts = pipeline.input.kind === 'source' ? [WIDEST, CORE] : [CORE]
    for (const part of parts) texts.push(await nativeText(tiers.kernels(pipeline, part), which))
  }
  return texts.join('\n')
}
