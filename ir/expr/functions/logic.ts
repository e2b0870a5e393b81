/**
 * Three-valued logic and choice. Arguments are evaluated from left to right and no further than needed: a fault
 * in an argument that does not decide the result is no fault of the row.
 */
import type { Expr } from '../expr.ts'
import { unify } from '../promote.ts'
import { isEqual } from './compare.ts'
import { type FunctionRow, type Resolved, refuse, type Thunk, takes } from './row.ts'

/** `stop` ends the chain: false for and, true for or. */
const chain = (what: string, stop: boolean): FunctionRow => ({
  resolve: args => {
    const fits = args.length >= 2 && args.every(arg => arg.type === 'bool')
    return fits ? { type: 'bool', args } : refuse(what, args, 'booleans')
  },
  lazy: args => {
    let known = true
    for (const arg of args) {
      const value = arg()
      if (value === stop) return stop
      if (value === null) known = false
    }
    return known ? !stop : null
  },
})

/** Conditions at even positions, results at odd ones, the last argument is the else. */
function resolveCase(args: readonly Expr[]): Resolved {
  if (args.length < 3 || args.length % 2 === 0) return refuse('case', args, 'when, then, ..., else')
  const conds = args.filter((_, i) => i % 2 === 0 && i < args.length - 1)
  if (conds.some(cond => cond.type !== 'bool')) return refuse('case', conds, 'boolean conditions')
  const results = args.filter((_, i) => i % 2 === 1 || i === args.length - 1)
  const met = unify('case', results)
  const last = met.args[met.args.length - 1]
  return { type: met.type, args: [...conds.flatMap((cond, i) => [cond, met.args[i]]), last] }
}

const valuesOfCase = <T>(args: readonly T[]): readonly T[] =>
  args.filter((_, i) => i % 2 === 1 || i === args.length - 1)

function evaluateCase(args: readonly Thunk[]) {
  for (let i = 0; i + 1 < args.length; i += 2) if (args[i]() === true) return args[i + 1]()
  return args[args.length - 1]()
}

export const logic = {
  and: chain('and', false),
  or: chain('or', true),
  not: { resolve: takes('not', ['bool'], 'bool'), evaluate: ([a]) => !a },
  case: {
    resolve: resolveCase,
    nullable: args => valuesOfCase(args).some(arg => arg.nullable),
    lazy: evaluateCase,
  },
  coalesce: {
    resolve: args => (args.length > 0 ? unify('coalesce', args) : refuse('coalesce', args, 'a value')),
    nullable: args => args.every(arg => arg.nullable),
    lazy: args => {
      for (const arg of args) {
        const value = arg()
        if (value !== null) return value
      }
      return null
    },
  },
  /** The first argument, or null where the two are equal. */
  nullif: {
    resolve: args => (args.length === 2 ? unify('nullif', args) : refuse('nullif', args, 'two values')),
    nullable: () => true,
    lazy: ([first, second], _type, [type]) => {
      const [a, b] = [first(), second()]
      return a !== null && b !== null && isEqual(type, a, b) ? null : a
    },
  },
} as const satisfies Record<string, FunctionRow>
