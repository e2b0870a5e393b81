/** An empty project outside of the checkout, with the packed package installed and some programs of a user's. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readmeExample } from '../../../test/support/readme.ts'
import { inCheckout } from '../../lib/checkout.ts'
import { command } from './command.ts'

const programs = ['every-tier.ts', 'mistaken.ts'] as const

export class UserProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'))

  /** Packs the checkout, which builds it anew. */
  pack(): string {
    command('npm', ['pack', '--pack-destination', this.folder], inCheckout())
    return this.tarball
  }

  /** Name of the packed file. */
  get tarball(): string {
    const found = readdirSync(this.folder).find(name => name.endsWith('.tgz'))
    if (found === undefined) throw new Error('there is no tarball')
    return found
  }

  install(): string {
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    const options = ['--prefer-offline', '--omit=optional', '--no-audit', '--no-fund']
    const said = command('npm', ['install', ...options, join(this.folder, this.tarball)], this.folder)
    this.#linkOptional()
    for (const name of programs) {
      copyFileSync(inCheckout('bench', 'tools', 'pack', 'programs', name), join(this.folder, name))
    }
    writeFileSync(join(this.folder, 'readme.ts'), readmeExample)
    return said.trim().split('\n')[0]
  }

  /** What native code needs takes minutes to compile: the checkout lends its own. */
  #linkOptional(): void {
    for (const name of ['koffi', 'llvm-bindings']) {
      const lent = inCheckout('node_modules', name)
      if (existsSync(lent)) symlinkSync(lent, join(this.folder, 'node_modules', name))
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
