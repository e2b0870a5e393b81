/** The function table: every function of plans, with its typing rule and its meaning in the row. */
import { arithmetic } from './arithmetic.ts'
import { compare } from './compare.ts'
import { dateFormat } from './date-format.ts'
import { js } from './js.ts'
import { logic } from './logic.ts'
import { math } from './math.ts'
import { parts } from './parts.ts'
import { regexp } from './regexp.ts'
import type { FunctionRow } from './row.ts'
import { string } from './string.ts'
import { time } from './time.ts'

export const functions = {
  ...arithmetic,
  ...compare,
  ...logic,
  ...string,
  ...parts,
  ...regexp,
  ...math,
  ...time,
  ...dateFormat,
  ...js,
} as const

export type FunctionName = keyof typeof functions
export const functionNames = Object.keys(functions) as readonly FunctionName[]
/** The row of a function, without the literal types that make the table a closed list. */
export const functionRow = (name: FunctionName): FunctionRow => functions[name]
