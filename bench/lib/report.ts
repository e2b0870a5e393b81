/** What a bench shows: JSON lines for machines; for people a bar while it runs, and a table for each case. */
import type { Line } from './pairs.ts'
import { Steps } from './progress.ts'
import { left, newTable, right } from './table.ts'

export interface Reporter {
  /** Something begins that has so many steps. */
  begin(what: string, steps: number): void
  step(): void
  /** It is done, with these results. */
  done(lines: readonly Line[]): void
}

export const reporter = (json: boolean): Reporter => (json ? new JsonReporter() : new TableReporter())

class JsonReporter implements Reporter {
  begin(): void {}
  step(): void {}

  done(lines: readonly Line[]): void {
    for (const line of lines) console.log(JSON.stringify(line))
  }
}

class TableReporter implements Reporter {
  #bar: Steps | undefined

  begin(what: string, steps: number): void {
    this.#bar = new Steps(what, steps)
  }

  step(): void {
    this.#bar?.step()
  }

  done(lines: readonly Line[]): void {
    this.#bar?.stop()
    if (lines.length > 0) console.log(`${titleOf(lines[0])}\n${tableOf(lines)}\n`)
  }
}

const titleOf = ({ bench, case: name, batch, rounds }: Line): string =>
  `${bench}: ${name}${batch > 0 ? `, batches of ${batch.toLocaleString('en')} rows` : ''} (${rounds} rounds)`

function tableOf(lines: readonly Line[]): string {
  const figures = ['ratio', 'quartiles', 'subject takes', 'yardstick takes']
  const table = newTable([left('subject'), left('yardstick'), ...figures.map(right)])
  for (const line of lines) table.push(rowOf(line))
  return table.toString()
}

const rowOf = (line: Line): string[] => [
  line.tier ? `${line.subject} (${line.tier})` : line.subject,
  line.yardstick,
  digits(line.ratio),
  `${digits(line.ratioLow)} - ${digits(line.ratioHigh)}`,
  `${digits(line.subjectTime)} ${line.unit}`,
  `${digits(line.yardstickTime)} ${line.unit}`,
]

function digits(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 0.1 ? value.toFixed(2) : value.toPrecision(2)
}
