/** The sources of a plan. */
import { MillraceError } from '../errors.ts'
import { inputsOf, type LogicalNode } from './index.ts'
import type { Source } from './source.ts'

/** In the order in which the plan names them. */
export const sourcesOf = (node: LogicalNode): readonly Source[] =>
  node.kind === 'source' ? [node] : inputsOf(node).flatMap(sourcesOf)

/** Refuses a plan that reads a source twice: whose rows come first would depend on how they are split into batches. */
export function checkSources(plan: LogicalNode): void {
  const names = sourcesOf(plan).map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw new MillraceError('LDB-1001', `the source '${twice}' is read twice by one query`, {
    fix: 'compute what its branches have in common before they part, or give two sources different names',
  })
}
