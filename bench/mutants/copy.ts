/**
 * A copy of the build that faults are planted in: the checkout itself is never touched. Everything that is not part
 * of the build is linked, because tests read sources and golden files beside it.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { inCheckout } from '../lib/checkout.ts'
import { type Mutant, plant } from './mutant.ts'

const NOT_LINKED: ReadonlySet<string> = new Set(['dist', '.git'])

export class BuildCopy {
  readonly folder: string

  /** Makes the copy in a folder that does not exist yet. */
  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder)
    for (const name of readdirSync(inCheckout())) {
      if (!NOT_LINKED.has(name)) symlinkSync(inCheckout(name), join(folder, name))
    }
    cpSync(inCheckout('dist'), join(folder, 'dist'), { recursive: true })
  }

  inBuild(path: string): string {
    return join(this.folder, 'dist', path.replace(/\.ts$/, '.js'))
  }

  /** Does some work while a fault is planted. */
  async withFault<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    const built = this.inBuild(mutant.file)
    const sound = readFileSync(built)
    try {
      writeFileSync(built, await compileFault(mutant))
      return await work()
    } finally {
      writeFileSync(built, sound)
    }
  }
}

/** The JavaScript of a source file with a fault in it, as the build would have made it. */
export async function compileFault(mutant: Mutant): Promise<string> {
  const source = plant(mutant, readFileSync(inCheckout(mutant.file), 'utf8'))
  const { code } = await transform(source, {
    loader: 'ts',
    target: 'es2023',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return code.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"')
}
