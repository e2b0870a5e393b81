/**
 * Run by forbidden.slow.test.ts in a process of its own, with flags and environment of its own: runs one query with the
 * options that stand in its first argument, as JSON, and prints what came out.
 */
import { compile, type Diagnostic, type OpenOptions } from '../../compiler/index.ts'
import { eventsFrom, small, sumLines, sums } from './kit.ts'

export interface Report {
  readonly tier: string
  readonly live: readonly string[]
  readonly run: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

async function report(options: OpenOptions): Promise<Report> {
  const query = compile(sums, { limits: small })
  const rows = eventsFrom(0, 40)
  const diagnostics: Diagnostic[] = []
  const live: string[] = []
  const opened = query.open(batch => live.push(...sumLines(batch)), {
    ...options,
    onDiagnostic: diagnostic => diagnostics.push(diagnostic),
  })
  const tier = await opened.warm(rows)
  opened.push(rows)
  opened.end()
  return { tier, live, run: sumLines(await query.run(rows, options).collect()), diagnostics }
}

process.stdout.write(JSON.stringify(await report(JSON.parse(process.argv[2] ?? '{}'))))
process.exit(0)
