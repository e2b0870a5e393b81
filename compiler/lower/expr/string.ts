/** Text functions on ranges of the bytes region. What makes no new bytes only moves offset and length. */
import {
  add,
  and,
  bool,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  low,
  lt,
  ne,
  op,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { addLengths, type ByteRange, byteAt, copyBytes, equalBytes } from '../lib/bytes.ts'
import { type Case, mapCase } from '../lib/case-map.ts'
import { countPoints, decodePoint, encodePoint, pointLength, skipPoints } from '../lib/utf8.ts'
import type { ExprScope } from '../scope.ts'
import { bytesOf, scalarOf, type Value } from '../value.ts'
import { type CallLowering, type Computed, strict } from './call.ts'

const code = (char: string): Expr => i32(char.charCodeAt(0))

const ofText = (
  compute: (cx: ExprScope, text: ByteRange, rest: readonly Value[]) => Computed,
): CallLowering => strict((cx, [text, ...rest]) => compute(cx, bytesOf(text), rest))

/** Offset and end of what is left when spaces are taken from the sides named. */
const trimmed = (left: boolean, right: boolean): CallLowering =>
  ofText(({ k }, text) => {
    const start = k.let('start', text.offset)
    const end = k.let('end', add(text.offset, text.length))
    const strip = (name: string, side: Local, byte: Expr, step: number): void =>
      k.loop(name, label => {
        k.breakIf(ge(start, end), label)
        k.breakIf(ne(byteAt(byte), code(' ')), label)
        k.set(side, add(side, i32(step)))
      })
    if (left) strip('trim_left', start, start, 1)
    if (right) strip('trim_right', end, sub(end, i32(1)), -1)
    return { offset: start, length: sub(end, start) }
  })

const recased = (to: Case): CallLowering =>
  ofText((cx, text) => {
    const { k } = cx
    // A simple mapping makes a code point at most twice as long: U+2C65 (3 bytes) and U+023A (2 bytes) are a pair.
    const offset = cx.scratch.allocate(addLengths(text.length, text.length))
    const out = k.let('out', offset)
    const at = k.let('at', text.offset)
    const end = k.let('end', add(text.offset, text.length))
    k.loop('recase', label => {
      k.breakIf(ge(at, end), label)
      const bytes = k.let('bytes', pointLength(byteAt(at)))
      const point = decodePoint(k, at, bytes)
      encodePoint(k, mapCase(k, cx.plan.constants, point, to), out)
      k.set(at, add(at, bytes))
    })
    cx.scratch.trim(out)
    return { offset, length: sub(out, offset) }
  })

/** Positions beyond this lie outside every text. */
const POSITION_MAX = 1n << 30n
const clamp = (x: Expr): Expr =>
  low(select(gt(x, i64(POSITION_MAX)), i64(POSITION_MAX), select(lt(x, i64(0n)), i64(0n), x)))

const substring = ofText(({ k }, text, [start, length]) => {
  const from = scalarOf(start).value
  const end = k.let('end', add(text.offset, text.length))
  const first = k.let('first', clamp(sub(select(lt(from, i64(1n)), i64(1n), from), i64(1n))))
  const begin = k.let('begin', text.offset)
  skipPoints(k, begin, end, first)
  if (!length) return { offset: begin, length: sub(end, begin) }
  const count = scalarOf(length).value
  const wanted = select(lt(count, i64(0n)), i64(0n), count)
  const beyond = select(op('addo.i64', from, wanted), i64((1n << 63n) - 1n), add(from, wanted))
  const last = k.let('last', clamp(select(lt(beyond, i64(1n)), i64(0n), sub(beyond, i64(1n)))))
  const stop = k.let('stop', begin)
  skipPoints(k, stop, end, sub(last, first))
  return { offset: begin, length: sub(stop, begin) }
})

const concat = strict((cx, args) => {
  const parts = args.map(bytesOf)
  const length = cx.k.let('length', parts.map(part => part.length).reduce(addLengths))
  const offset = cx.scratch.allocate(length)
  const to = cx.k.let('to', offset)
  for (const part of parts) {
    copyBytes(cx.k, part, to)
    cx.k.set(to, add(to, part.length))
  }
  return { offset, length }
})

/** Greedy matching byte by byte; on a mismatch the last % takes one code point more (see likeSteps in ir). */
const like = ofText(({ k }, text, [given]) => {
  const pattern = bytesOf(given)
  const [t, p] = [k.let('t', i32(0)), k.let('p', i32(0))]
  const [retryT, retryP] = [k.let('retry_t', i32(0)), k.let('retry_p', i32(-1))]
  const matches = k.let('matches', bool(false))
  k.loop('like', loop => {
    k.block('mismatch', mismatch => {
      k.if(ge(p, pattern.length), () => {
        k.breakIf(lt(t, text.length), mismatch)
        k.set(matches, bool(true))
        k.break(loop)
      })
      const wanted = k.let('wanted', byteAt(add(pattern.offset, p)))
      k.if(eq(wanted, code('%')), () => {
        k.set(p, add(p, i32(1)))
        k.set(retryT, t)
        k.set(retryP, p)
        k.continue(loop)
      })
      k.breakIf(ge(t, text.length), mismatch)
      const byte = k.let('byte', byteAt(add(text.offset, t)))
      k.if(eq(wanted, code('_')), () => {
        k.set(t, add(t, pointLength(byte)))
        k.set(p, add(p, i32(1)))
        k.continue(loop)
      })
      const escaped = and(eq(wanted, code('\\')), lt(add(p, i32(1)), pattern.length))
      k.if(escaped, () => {
        k.set(p, add(p, i32(1)))
        k.set(wanted, byteAt(add(pattern.offset, p)))
      })
      k.breakIf(ne(byte, wanted), mismatch)
      k.set(t, add(t, i32(1)))
      k.set(p, add(p, i32(1)))
      k.continue(loop)
    })
    k.breakIf(or(lt(retryP, i32(0)), ge(retryT, text.length)), loop)
    k.set(retryT, add(retryT, pointLength(byteAt(add(text.offset, retryT)))))
    k.set(t, retryT)
    k.set(p, retryP)
  })
  return { value: matches }
})

/** A local bool: does `part` stand at position `at` of `text`? */
function standsAt(k: KernelBuilder, text: ByteRange, part: ByteRange, at: Expr): Local {
  const fits = k.let('fits', and(ge(at, i32(0)), le(part.length, sub(text.length, at))))
  k.if(fits, () => {
    k.set(fits, equalBytes(k, { offset: add(text.offset, at), length: part.length }, part))
  })
  return fits
}

const contains = ofText(({ k }, text, [given]) => {
  const part = bytesOf(given)
  const found = k.let('found', bool(false))
  const last = k.let('last', sub(text.length, part.length))
  k.range('at', i32(0), add(last, i32(1)), (at, label) => {
    k.set(found, standsAt(k, text, part, at))
    k.breakIf(found, label)
  })
  return { value: found }
})

export const string = {
  length: ofText(({ k }, text) => ({ value: op('extend.i32', countPoints(k, text)) })),
  octet_length: ofText((_cx, text) => ({ value: op('extend.i32', text.length) })),
  lower: recased('lower'),
  upper: recased('upper'),
  trim: trimmed(true, true),
  ltrim: trimmed(true, false),
  rtrim: trimmed(false, true),
  substring,
  concat,
  like,
  starts_with: ofText(({ k }, text, [part]) => ({ value: standsAt(k, text, bytesOf(part), i32(0)) })),
  ends_with: ofText(({ k }, text, [given]) => {
    const part = bytesOf(given)
    return { value: standsAt(k, text, part, sub(text.length, part.length)) }
  }),
  contains,
} as const satisfies Record<string, CallLowering>
