/** What decides the kernels of a plan, known before any of them is made: its text, and the code that makes them. */
import { digestOfSources } from '../codegen/cache/identity.ts'
import type { PlanProgram } from '../ir/physical/program.ts'

/** All that has a say in what a plan becomes. Whoever puts code for that elsewhere names the folder here. */
const folders = ['../ir', './lower', './passes', './plan'].map(path => new URL(path, import.meta.url))

let digest: string | undefined

/** Of the kernels at some place of a plan; undefined where our own code cannot be read, as in a bundle. */
export function kernelIdentity({ text }: PlanProgram, place: string): string | undefined {
  digest ??= digestOfSources(folders)
  return digest && JSON.stringify([digest, place, text])
}
