/** What decides the code that comes out of a compiler, apart from the machine: the program, and the compiler itself. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kernel } from '../../ir/kernel/node.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import type { Program } from '../backend.ts'

/** Kernels never change, so neither does their text. */
const texts = new WeakMap<Kernel, string>()

/** What decides the kernels of a program where that is known; else the kernels themselves. */
export const identityOf = (program: Program): readonly unknown[] =>
  program.identity === undefined ? ['kernels', ...kernelTexts(program.kernels)] : ['plan', program.identity]

export const kernelTexts = (kernels: readonly Kernel[]): readonly string[] => kernels.map(textOf)

function textOf(kernel: Kernel): string {
  const text = texts.get(kernel) ?? printKernel(kernel)
  texts.set(kernel, text)
  return text
}

/** All that has a say in what a kernel becomes. Whoever puts code for that elsewhere names the folder here. */
const codeFolders = ['../js', '../llvm', '../../ir/kernel']
const CODE_FILE = /(?<!\.d)\.[jt]s$/

let digest: string | undefined

/**
 * sha256 over the code of this project that makes code: whoever changes it changes the keys, and no version number
 * has to be remembered. Undefined where its files are not there, as in a bundle. Costs about two milliseconds, once.
 */
export function digestOfCompilers(): string | undefined {
  digest ??= digestOfSources(codeFolders.map(path => new URL(path, import.meta.url)))
  return digest
}

/** sha256 over all code in some folders, and in the folders in them; undefined where they are not there. */
export function digestOfSources(folders: readonly URL[]): string | undefined {
  const hash = createHash('sha256')
  try {
    for (const folder of folders.map(url => fileURLToPath(url))) {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
        if (CODE_FILE.test(name)) hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
      }
    }
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
