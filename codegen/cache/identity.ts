/** What decides the code that comes out of a compiler, apart from the machine: the kernels, and the compiler itself. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Kernel } from '../../ir/kernel/node.ts'
import { printKernel } from '../../ir/kernel/print.ts'

/** Kernels never change, so neither does their text. */
const texts = new WeakMap<Kernel, string>()

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
  digest ??= hashFolders(codeFolders.map(path => fileURLToPath(new URL(path, import.meta.url))))
  return digest
}

function hashFolders(folders: readonly string[]): string | undefined {
  const hash = createHash('sha256')
  try {
    for (const folder of folders) {
      for (const name of readdirSync(folder).toSorted()) {
        if (CODE_FILE.test(name)) hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
      }
    }
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
