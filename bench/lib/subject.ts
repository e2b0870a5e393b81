/** What is timed: a subject answers the question of a case, and takes the same rows again and again. */
import type { Answer } from './answer.ts'

export interface Subject {
  readonly name: string
  /** The engine that runs it, where the name does not say so. */
  readonly tier?: 'js' | 'native'
  /** Rows that one pass takes. */
  readonly rows: number
  /** The answer over these rows, from a state without any. Comes before the first pass. */
  answer(): Promise<Answer>
  /** Makes the next pass like the last, such as moving time on. Not timed. */
  rewind?(): void
  /** Takes all rows once. */
  pass(): void | Promise<void>
  /** Rows that came out of the last pass; undefined where results come only at the end. */
  readonly emitted?: number
}
