/**
 * What this machine says of its processor, without LLVM: the part of a cache key that keeps code away from
 * processors that it was not made for. LLVM reads the same words from the processor itself.
 */
import { closeSync, openSync, readSync } from 'node:fs'

const CPU_INFO = '/proc/cpuinfo'
/** One processor takes about 1500 bytes. The file of a large machine is long, and slow to make for the system. */
const FIRST_CPU_BYTES_MAX = 8192
const deciding = ['vendor_id', 'cpu family', 'model', 'stepping', 'flags'] as const

let known: string | undefined

/** Undefined where the machine does not tell enough to know what runs on it. */
export function machineText(): string | undefined {
  known ??= readMachine(firstCpu())
  return known
}

function firstCpu(): string {
  try {
    const file = openSync(CPU_INFO, 'r')
    try {
      const bytes = Buffer.alloc(FIRST_CPU_BYTES_MAX)
      return bytes.toString('latin1', 0, readSync(file, bytes))
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}

/** For tests: the words that count in a text like that of /proc/cpuinfo. */
export function readMachine(text: string): string | undefined {
  const end = text.indexOf('\n\n')
  if (end < 0) return undefined
  const lines = text.slice(0, end).split('\n')
  const words = new Map(lines.map(line => line.split(/\s*:\s*/, 2) as [string, string]))
  return deciding.every(name => words.has(name))
    ? deciding.map(name => `${name}: ${words.get(name)}`).join('\n')
    : undefined
}
