/** Reading one function: what its parameters are is bound first, then its body is read; a refusal becomes an error here. */
import { MillraceError } from '../../../ir/errors.ts'
import { callSite } from './call-site.ts'
import type { Context, LambdaParams } from './context.ts'
import { type Place, Refusal } from './refusal.ts'
import { readExpression } from './syntax/expressions.ts'
import { countWrites, Scope } from './syntax/scope.ts'
import {
  type ParsedFunction,
  parseFunction,
  type RowFunction,
  Source,
  textOfFunction,
} from './syntax/source.ts'

/** What a function is given. */
export interface Frame {
  readonly params: LambdaParams
  /** Gives its parameters their names. */
  bind(cx: Context): void
  /** What to do instead of reading a variable from outside. */
  passIn(cx: Context, place: Place): string
}

export function compile<T>(fn: RowFunction, frame: Frame, read: (cx: Context) => T): T {
  const text = textOfFunction(fn)
  let source = new Source(text)
  try {
    const parsed = parseFunction(text)
    source = parsed.source
    const cx = contextOf(parsed, frame)
    frame.bind(cx)
    return read(cx)
  } catch (error) {
    if (error instanceof Refusal) throw errorOf(error, source, callSite())
    throw error
  }
}

function contextOf({ source, node }: ParsedFunction, { params, passIn }: Frame): Context {
  const cx: Context = {
    source,
    node,
    params,
    passIn: place => passIn(cx, place),
    writes: countWrites(node),
    scope: new Scope(),
    guards: [],
    assigned: [],
    nodesRead: 0,
    read: one => readExpression(cx, one),
  }
  return cx
}

const errorOf = (
  { code, message, fix, place }: Refusal,
  source: Source,
  at: string | undefined,
): MillraceError =>
  new MillraceError(code, message, { fix, span: source.span(place), ...(at !== undefined && { at }) })
