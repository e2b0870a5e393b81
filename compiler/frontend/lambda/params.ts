/** Values that reach a function by name: parameters of the plan, whose values are not part of its code. */

import { MillraceError } from '../../../ir/errors.ts'
import type { Param, Value } from '../../../ir/expr/expr.ts'
import type { DataType } from '../../../ir/types.ts'
import { didYouMean } from '../builder/did-you-mean.ts'
import type { LambdaParams } from './context.ts'
import { bigintType } from './meaning/numbers.ts'
import { type Place, Refusal, refuse } from './refusal.ts'

/** The parameter of a name; refuses one that is not there or cannot be passed. */
export function paramOf(params: LambdaParams, name: string, at: Place): Param {
  if (!Object.hasOwn(params, name)) {
    const names = Object.keys(params)
    const fix = names.length > 0 ? didYouMean(name, names) : `pass it: { ${name} }`
    return refuse(at, `there is no parameter '${name}'`, fix)
  }
  return { kind: 'param', name, type: typeOfParam(name, params[name], at), nullable: false }
}

/** The checked values of all parameters by name: what the plan is opened with. */
export function paramValues(params: LambdaParams): ReadonlyMap<string, Value> {
  try {
    for (const [name, value] of Object.entries(params)) typeOfParam(name, value, { start: 0, end: 0 })
  } catch (error) {
    if (error instanceof Refusal) throw new MillraceError(error.code, error.message, { fix: error.fix })
    throw error
  }
  return new Map(Object.entries(params))
}

function typeOfParam(name: string, value: unknown, at: Place): DataType {
  switch (typeof value) {
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'bigint':
      if (bigintType(value) === 'int64') return 'int64'
      return refuse(
        at,
        `parameter '${name}' does not fit int64: ${value}`,
        'pass a smaller integer',
        'LDB-1201',
      )
    case 'string':
      if (!/\p{Surrogate}/u.test(value)) return 'utf8'
      return refuse(
        at,
        `parameter '${name}' is not well-formed text`,
        'pass value.toWellFormed()',
        'LDB-1200',
      )
    default: {
      const given = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
      const fix = 'pass a number, a bigint, a string or a boolean; for null, write null in the function'
      return refuse(at, `parameter '${name}' is ${given}`, fix, 'LDB-1200')
    }
  }
}
