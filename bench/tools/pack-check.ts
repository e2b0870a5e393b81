/**
 * Is the package what its users need? Packs it, installs it in an empty project outside of the checkout, and uses it
 * there on several versions of Node, from several compilers. Prints a table; fails where a check fails.
 */
import { join } from 'node:path'
import { lintChecks } from './pack/lint-checks.ts'
import { nodeBinaries } from './pack/nodes.ts'
import { attempt, type Outcome, printOutcomes } from './pack/report.ts'
import { runChecks } from './pack/run-checks.ts'
import { typeChecks } from './pack/type-checks.ts'
import { UserProject } from './pack/user-project.ts'

const project = new UserProject()

function checkAll(): readonly Outcome[] {
  const begin = [
    attempt('pack', 'npm', () => project.pack()),
    attempt('install in an empty project', 'npm', () => project.install()),
  ]
  if (begin.some(({ verdict }) => verdict === 'FAILED')) return begin
  const types = typeChecks(project.folder)
  const runs = nodeBinaries().flatMap(node => runChecks(project.folder, node))
  return [...begin, ...types, ...runs, ...lintChecks(join(project.folder, project.tarball))]
}

try {
  const outcomes = checkAll()
  printOutcomes(outcomes)
  if (outcomes.some(({ verdict }) => verdict === 'FAILED')) process.exitCode = 1
} finally {
  project.remove()
}
