/** The versions of Node that the package is tried on: this one, and others as npm's packages of Node's binaries. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inCheckout } from '../../lib/checkout.ts'
import { command } from './command.ts'

const majors = ['20', '22', '24'] as const

export interface NodeBinary {
  readonly name: string
  /** Path of the binary, or why there is none. */
  readonly found: { readonly path: string } | { readonly reason: string }
}

export const nodeBinaries = (): readonly NodeBinary[] => [
  { name: `Node ${process.versions.node}`, found: { path: process.execPath } },
  ...majors.filter(major => major !== process.versions.node.split('.')[0]).map(obtain),
]

/** npm's package `node` only picks one of these for the machine; they are kept until .cache is removed. */
function obtain(major: string): NodeBinary {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = inCheckout('.cache', 'nodes', major)
  const path = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  try {
    if (!existsSync(path)) install(`${name}@${major}`, folder)
    return { name: `Node ${command(path, ['--version'], folder).trim().slice(1)}`, found: { path } }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    const reason = `npm's ${name}@${major} is not to be had, or does not run`
    return { name: `Node ${major}`, found: { reason } }
  }
}

function install(spec: string, folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  command('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', spec], folder)
}
