/** Refusing an arrow function: the reason and the fix are known where the code is read, the call site at the door. */
import type { Node } from 'acorn'
import type { LdbCode } from '../../../ir/errors.ts'

/** Where the refused part starts and ends in the text that was parsed. */
export type Place = Pick<Node, 'start' | 'end'>

/** Becomes a MillraceError in index.ts. */
export class Refusal extends Error {
  readonly code: LdbCode
  readonly fix: string
  readonly place: Place

  constructor(place: Place, reason: string, fix: string, code: LdbCode) {
    super(reason)
    this.code = code
    this.fix = fix
    this.place = place
  }
}

export function refuse(place: Place, reason: string, fix: string, code: LdbCode = 'LDB-1003'): never {
  throw new Refusal(place, reason, fix, code)
}

/** The operand types do not fit: LDB-1200. */
export const refuseTypes = (place: Place, reason: string, fix: string): never =>
  refuse(place, reason, fix, 'LDB-1200')
