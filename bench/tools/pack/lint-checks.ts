/** What the linters of packages say of the tarball. */
import { join } from 'node:path'
import { inCheckout } from '../../lib/checkout.ts'
import { command } from './command.ts'
import { attempt, type Outcome } from './report.ts'

export const lintChecks = (tarball: string): readonly Outcome[] => [
  attempt('manifest', 'publint', () => {
    tool('publint', 'run', tarball, '--strict')
    return 'strict, no warnings'
  }),
  // There is no CommonJS edition: `require` gives the ES module, as the checks that run it show.
  attempt('types', 'attw', () => {
    tool('attw', tarball, '--ignore-rules', 'cjs-resolves-to-esm')
    return 'no problems; there is no CommonJS edition'
  }),
]

const tool = (name: string, ...args: readonly string[]): string =>
  command(join(inCheckout('node_modules', '.bin'), name), args, inCheckout())
