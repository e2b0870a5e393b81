/** The types of the package as users' compilers see them: strict, with the declarations of all packages checked. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { inCheckout } from '../../lib/checkout.ts'
import { command } from './command.ts'
import { attempt, type Outcome, Skipped } from './report.ts'

/** Where the compilers lie that the checkout has. */
const compilers = [inCheckout('package.json'), inCheckout('bench', 'docs', 'package.json')] as const

const resolutions = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
} as const

type Resolution = keyof typeof resolutions

/** The first of them leaves the programs behind as JavaScript. */
export const typeChecks = (folder: string): readonly Outcome[] =>
  compilers.flatMap(owner => [typeCheck(folder, owner, 'nodenext'), typeCheck(folder, owner, 'bundler')])

function typeCheck(folder: string, owner: string, resolution: Resolution): Outcome {
  const found = findCompiler(owner)
  const on = `TypeScript ${found?.version ?? `of ${owner}`}`
  return attempt(`types, ${resolution}`, on, () => {
    if (!found) throw new Skipped('it is not installed')
    const options = { strict: true, skipLibCheck: false, target: 'es2023', lib: ['es2023'] }
    const compilerOptions = { ...options, ...resolutions[resolution] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    command(process.execPath, [found.path, '-p', 'tsconfig.json'], folder)
    return 'strict, skipLibCheck off'
  })
}

function findCompiler(owner: string): { readonly path: string; readonly version: string } | undefined {
  const require = createRequire(owner)
  try {
    const { version } = require('typescript/package.json') as { version: string }
    return { path: join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc'), version }
  } catch {
    return undefined
  }
}
