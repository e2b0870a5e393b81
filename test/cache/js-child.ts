/**
 * Run by js.test.ts in a process of its own: runs the sample on generated JavaScript with the cache in the folder of
 * its first argument, keeps the code, and prints what happened.
 */
import type { CacheCounters } from '../../codegen/cache/code-cache.ts'
import { type CodeGeneration, compileJs } from '../../codegen/js/link.ts'
import { cacheAt } from './kit.ts'
import { sampleMemory, sampleProgram, samplesTaken } from './programs.ts'

export interface Report extends CacheCounters {
  readonly taken: number
  readonly text: string
  readonly error?: string
}

const CALLS = 3
const [folder, mode] = process.argv.slice(2)
const cache = cacheAt(folder)
const program = compileJs(sampleProgram(), mode as CodeGeneration, cache)
const memory = sampleMemory()

function runSample(): string | undefined {
  try {
    const step = program.link(memory).get('step')
    for (let i = 0; i < CALLS; i++) step?.()
    return undefined
  } catch (error) {
    return String(error)
  }
}

const error = runSample()
program.persist()
const taken = Number(samplesTaken(memory))
const report: Report = { ...cache.counters, taken, text: program.text, ...(error && { error }) }
process.stdout.write(JSON.stringify(report))
