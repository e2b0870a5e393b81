/**
 * Runs one test file of a copy of the build in a process of its own, until the first test fails or the time is up.
 * A file that does not end within its time has caught the fault, too: a loop that never ends is a fault like any other.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BuildCopy } from './copy.ts'

export interface Trial {
  readonly verdict: 'passed' | 'failed' | 'timeout'
  /** The test that failed and its error, or how the process ended. */
  readonly why: string
  readonly ms: number
}

const sameChance = fileURLToPath(new URL('./same-chance.js', import.meta.url))
/** Of what a test file writes, so much is read; one that writes more has long failed. */
const OUTPUT_CHARS_MAX = 1 << 20

const running = new Set<number>()

/** Ends all test files, and what they have started. */
export function endTrials(): void {
  for (const pid of running) kill(pid)
}

/** `file` is a path in `test/` without its ending. */
export function runTests(copy: BuildCopy, file: string, limitMs: number, seed: number): Promise<Trial> {
  const begun = performance.now()
  const child = start(copy, file, seed)
  return new Promise(resolve => {
    let output = ''
    let verdict: Trial['verdict'] | undefined
    const end = (how: Trial['verdict']): void => {
      verdict ??= how
      kill(child.pid)
    }
    const timer = setTimeout(() => end('timeout'), limitMs)
    const take = (chunk: Buffer): void => {
      output += chunk
      if (FAILURE.test(output) || output.length > OUTPUT_CHARS_MAX) end('failed')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      running.delete(child.pid ?? 0)
      verdict ??= code === 0 ? 'passed' : 'failed'
      resolve({ verdict, why: reason(output, code, signal), ms: performance.now() - begun })
    })
  })
}

function start(copy: BuildCopy, file: string, seed: number) {
  const args = ['--import', sameChance, '--test-reporter=tap', copy.inBuild(`test/${file}.ts`)]
  const child = spawn(process.execPath, args, {
    cwd: copy.folder,
    // A group of its own: the compile process of the engine ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_TEST: 'quick', MILLRACE_CACHE: 'off', MILLRACE_SEED: String(seed) },
  })
  if (child.pid !== undefined) running.add(child.pid)
  return child
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** A test that failed, with the first line of its error, which may stand below. */
const FAILURE = /^\s*not ok \d+ - (.*)\n(?:.*\n)*?\s*error: (?:[|>]-\s*\n)?\s*(.*)\n/m
const THROWN = /^\s*(?:\w*Error|Error \[\w+\]|node:\w+): .*/m

function reason(output: string, code: number | null, signal: NodeJS.Signals | null): string {
  const [, test, error] = FAILURE.exec(output) ?? []
  if (test !== undefined) return `${test}: ${error}`
  return THROWN.exec(output)?.[0].trim() ?? (signal ? `ended by ${signal}` : `exit code ${code}`)
}
