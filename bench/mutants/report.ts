/** What the hunt for planted faults shows: JSON lines for machines; a table and the survivors for people. */
import { left, newTable, right } from '../lib/table.ts'
import type { Outcome } from './hunt.ts'
import type { Mutant } from './mutant.ts'

const roomOf = ({ name }: Mutant): string => name.slice(0, name.indexOf('/'))
const isSeen = ({ verdict }: Outcome): boolean => verdict === 'caught' || verdict === 'timeout'

/** Is every fault caught, or truly none? */
export const isSound = (outcomes: readonly Outcome[]): boolean =>
  outcomes.every(outcome => isSeen(outcome) || outcome.verdict === 'equivalent')

/** Of the faults that somebody could notice, so many of a hundred are caught. */
function score(outcomes: readonly Outcome[]): number {
  const real = outcomes.filter(({ verdict }) => verdict !== 'equivalent')
  return real.length === 0 ? 100 : (100 * real.filter(isSeen).length) / real.length
}

export function printJson(outcomes: readonly Outcome[], seconds: number): void {
  for (const { mutant, verdict, by, why, ms } of outcomes) {
    const { name, file, shows } = mutant
    console.log(JSON.stringify({ name, file, shows, verdict, by, why, ms: Math.round(ms) }))
  }
  console.log(JSON.stringify({ mutants: outcomes.length, score: score(outcomes), seconds }))
}

export function printTable(outcomes: readonly Outcome[], seconds: number): void {
  const figures = ['faults', 'caught', 'by time-out', 'equivalent', 'missed', 'seconds']
  const table = newTable([left('room'), ...figures.map(right)])
  const rooms = new Set(outcomes.map(({ mutant }) => roomOf(mutant)))
  for (const room of rooms)
    table.push(
      rowOf(
        room,
        outcomes.filter(({ mutant }) => roomOf(mutant) === room),
      ),
    )
  table.push(rowOf('all', outcomes))
  console.log(table.toString())
  for (const outcome of outcomes) if (!isSeen(outcome)) console.log(describe(outcome))
  console.log(`score ${score(outcomes).toFixed(1)} % of ${outcomes.length} planted faults, ${seconds} s`)
}

function rowOf(room: string, outcomes: readonly Outcome[]): (string | number)[] {
  const count = (...verdicts: readonly Outcome['verdict'][]): number =>
    outcomes.filter(({ verdict }) => verdicts.includes(verdict)).length
  const ms = outcomes.reduce((sum, outcome) => sum + outcome.ms, 0)
  return [
    room,
    outcomes.length,
    count('caught'),
    count('timeout'),
    count('equivalent'),
    count('survived', 'refuted'),
    (ms / 1000).toFixed(0),
  ]
}

function describe({ mutant, verdict, by, why }: Outcome): string {
  const { name, file, find, put, shows } = mutant
  const change = [...find.split('\n').map(line => `- ${line}`), ...put.split('\n').map(line => `+ ${line}`)]
  const head = `${verdict}: ${name} in ${file}${by === '' ? '' : `, seen by ${by}`}`
  const lines = [head, ...change, `= ${shows}`, ...(why === '' ? [] : [why])]
  return `${lines.join('\n  ')}\n`
}

export function printList(mutants: readonly Mutant[]): void {
  const table = newTable(['fault', 'what a user would see', 'should be found by'].map(left))
  for (const { name, shows, tests } of mutants) table.push([name, shows, tests.join('\n')])
  console.log(table.toString())
}
