/** Functions of text. Text is UTF-8; lengths and positions count code points, as SQL has it. */
import type { DataType } from '../../types.ts'
import { isBytes, isInteger } from '../../types.ts'
import type { Expr, Value } from '../expr.ts'
import { compareBytes } from '../order.ts'
import { castTo } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse, takes } from './row.ts'

const encoder = new TextEncoder()
export const bytesOf = (value: Value): Uint8Array =>
  value instanceof Uint8Array ? value : encoder.encode(value as string)

/** All operands text, or all operands binary. */
const alike =
  (what: string, count: number, type?: DataType) =>
  (args: readonly Expr[]): Resolved => {
    const first = args[0]?.type
    const fits = args.length >= count && first && isBytes(first) && args.every(arg => arg.type === first)
    return fits ? { type: type ?? first, args } : refuse(what, args, 'texts')
  }

function resolveSubstring(args: readonly Expr[]): Resolved {
  const [text, ...positions] = args
  const fits = text?.type === 'utf8' && positions.length >= 1 && positions.length <= 2
  if (!fits || !positions.every(arg => isInteger(arg.type) && arg.type !== 'uint64')) {
    return refuse('substring', args, 'a text, a start and a length')
  }
  return { type: 'utf8', args: [text, ...positions.map(arg => castTo(arg, 'int64'))] }
}

/** Code points at positions start .. start + length - 1, counted from 1; what lies outside is left out. */
function substring(text: string, start: bigint, length?: bigint): string {
  const points = [...text]
  const end = length === undefined ? BigInt(points.length) + 1n : start + (length > 0n ? length : 0n)
  return points.filter((_, i) => BigInt(i + 1) >= start && BigInt(i + 1) < end).join('')
}

/** The code point with its case changed, where Unicode's simple mapping has one code point for it. */
export function simpleCase(point: string, to: 'lower' | 'upper'): string {
  const mapped = to === 'lower' ? point.toLowerCase() : point.toUpperCase()
  return [...mapped].length === 1 ? mapped : point
}

const recase = (text: string, to: 'lower' | 'upper'): string =>
  [...text].map(point => simpleCase(point, to)).join('')

/** One step of a LIKE pattern: any text, any one code point, or this one. */
type Step = { readonly any: true } | { readonly any: false; readonly point: string | undefined }

/** % stands for any text, _ for one code point, a backslash takes the next one literally. */
export function likeSteps(pattern: string): readonly Step[] {
  const points = [...pattern]
  const steps: Step[] = []
  for (let i = 0; i < points.length; i++) {
    const escaped = points[i] === '\\' && i + 1 < points.length
    if (escaped) i++
    if (!escaped && points[i] === '%') steps.push({ any: true })
    else steps.push({ any: false, point: !escaped && points[i] === '_' ? undefined : points[i] })
  }
  return steps
}

/** Greedy matching: on a mismatch the last % takes one code point more. */
function like(text: readonly string[], steps: readonly Step[]): boolean {
  let [t, s] = [0, 0]
  let retry: { t: number; s: number } | undefined
  while (t < text.length || s < steps.length) {
    const step = steps[s]
    if (step?.any) {
      retry = { t: t + 1, s }
      s++
    } else if (step && t < text.length && (step.point === undefined || step.point === text[t])) {
      t++
      s++
    } else {
      if (!retry || retry.t > text.length) return false
      t = retry.t
      s = retry.s
    }
  }
  return true
}

function includes(text: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= text.length; at++) {
    if (compareBytes(text.subarray(at, at + part.length), part) === 0) return true
  }
  return false
}

const startsWith = (text: Uint8Array, part: Uint8Array): boolean =>
  compareBytes(text.subarray(0, part.length), part) === 0
const endsWith = (text: Uint8Array, part: Uint8Array): boolean =>
  text.length >= part.length && compareBytes(text.subarray(text.length - part.length), part) === 0

const search = (what: string, found: (text: Uint8Array, part: Uint8Array) => boolean): FunctionRow => ({
  resolve: alike(what, 2, 'bool'),
  evaluate: ([text, part]) => found(bytesOf(text), bytesOf(part)),
})

const ofText = (what: string, change: (text: string) => string): FunctionRow => ({
  resolve: takes(what, ['utf8'], 'utf8'),
  evaluate: ([text]) => change(text as string),
})

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export const string = {
  length: {
    resolve: takes('length', ['utf8'], 'int64'),
    evaluate: ([text]) => BigInt([...(text as string)].length),
  },
  octet_length: {
    resolve: alike('octet_length', 1, 'int64'),
    evaluate: ([text]) => BigInt(bytesOf(text).length),
  },
  lower: ofText('lower', text => recase(text, 'lower')),
  upper: ofText('upper', text => recase(text, 'upper')),
  trim: ofText('trim', text => text.replace(/^ +/, '').replace(/ +$/, '')),
  ltrim: ofText('ltrim', text => text.replace(/^ +/, '')),
  rtrim: ofText('rtrim', text => text.replace(/ +$/, '')),
  substring: {
    resolve: resolveSubstring,
    evaluate: ([text, start, length]) =>
      substring(text as string, start as bigint, length as bigint | undefined),
  },
  concat: {
    resolve: alike('concat', 1),
    evaluate: (parts, type) => (type === 'utf8' ? parts.join('') : joined(parts as Uint8Array[])),
  },
  like: {
    resolve: takes('like', ['utf8', 'utf8'], 'bool'),
    evaluate: ([text, pattern]) => like([...(text as string)], likeSteps(pattern as string)),
  },
  starts_with: search('starts_with', startsWith),
  ends_with: search('ends_with', endsWith),
  contains: search('contains', includes),
} as const satisfies Record<string, FunctionRow>
