/** Runs a command to its end; one that fails is an error that holds all it printed. */
import { spawnSync } from 'node:child_process'

/** Longest time for one command: installing from a slow network is the longest of them. */
const LIMIT_MS = 300_000

export function command(program: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, MILLRACE_CACHE: 'off' }
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })
  if (error) throw error
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} ended with ${signal ?? status}\n${stdout}${stderr}`)
}
