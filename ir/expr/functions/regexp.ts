/** Regular expressions. The pattern is a literal: it is read, and made into tables, when the plan is made. */
import { MillraceError } from '../../errors.ts'
import { type Expr, isLiteral, type Value } from '../expr.ts'
import { matchGroup } from '../regexp/match.ts'
import { parsePattern } from '../regexp/parse.ts'
import type { Pattern } from '../regexp/syntax.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'

/** The pattern that an argument is. */
export function patternOf(arg: Expr): Pattern {
  if (isLiteral(arg) && typeof arg.value === 'string') return parsePattern(arg.value)
  throw new MillraceError('LDB-1200', 'a pattern is a text that is known when the plan is made', {
    fix: 'write the pattern as a literal',
  })
}

/** The number of the group that is asked for. */
export function groupOf([, pattern, group]: readonly Expr[]): number {
  const number = isLiteral(group) ? Number(group.value) : Number.NaN
  const { groups } = patternOf(pattern)
  if (Number.isInteger(number) && number >= 0 && number <= groups) return number
  throw new MillraceError('LDB-1200', `the pattern has the groups 0 to ${groups}, and none else`, {
    fix: 'ask for one of these; 0 is all that was matched',
  })
}

const isText = (arg: Expr | undefined): boolean => arg?.type === 'utf8'

function resolveMatches(args: readonly Expr[]): Resolved {
  if (args.length !== 2 || !args.every(isText)) return refuse('regexp_matches', args, 'a text and a pattern')
  patternOf(args[1])
  return { type: 'bool', args }
}

function resolveExtract(args: readonly Expr[]): Resolved {
  const fits = args.length === 3 && isText(args[0]) && isText(args[1]) && args[2].type === 'int64'
  if (!fits) return refuse('regexp_extract', args, 'a text, a pattern and the number of a group')
  groupOf(args)
  return { type: 'utf8', args }
}

const found = (text: Value, pattern: Value, group: number): string | undefined =>
  matchGroup(parsePattern(pattern as string), text as string, group)

export const regexp = {
  /** Does the pattern match anywhere? */
  regexp_matches: {
    resolve: resolveMatches,
    evaluate: ([text, pattern]) => found(text, pattern, 0) !== undefined,
  },
  /** What a group of the first match took; null where there is no match, or where the group took no part in it. */
  regexp_extract: {
    resolve: resolveExtract,
    nullable: () => true,
    evaluate: ([text, pattern, group]) => found(text, pattern, Number(group)) ?? null,
  },
} as const satisfies Record<string, FunctionRow>
