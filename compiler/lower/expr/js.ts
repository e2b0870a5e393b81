/** What JavaScript means by text and numbers, as kernel code. What the host alone can compute is an op of its own. */

import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  f64,
  ge,
  gt,
  i32,
  load,
  lt,
  max32,
  min32,
  not,
  op,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import { NUMBER_TEXT_BYTES, RECASED_GROWTH } from '../../../ir/kernel/host-text.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { OpName } from '../../../ir/kernel/ops.ts'
import { addLengths, type ByteRange, byteAt, copyBytes } from '../lib/bytes.ts'
import { pointLength } from '../lib/utf8.ts'
import { countUnits, dropSpaces, lessByUnits, skipSpaces, skipUnits, startsPair } from '../lib/utf16.ts'
import type { ExprScope } from '../scope.ts'
import { bytesOf, FALSE, faultsOf, orElse, scalarOf, type Value } from '../value.ts'
import { type CallLowering, type Computed, fault, strict } from './call.ts'

const ofText = (
  compute: (cx: ExprScope, text: ByteRange, rest: readonly Value[]) => Computed,
): CallLowering => strict((cx, [text, ...rest]) => compute(cx, bytesOf(text), rest))

const required: CallLowering = (cx, [arg]) => {
  if (cx.plan.lenient) return arg
  return { ...arg, isNull: FALSE, faults: [...arg.faults, fault('LDB-9004', arg.isNull)] }
}

const sequence: CallLowering = (_cx, args) => ({ ...args[args.length - 1], faults: faultsOf(args) })

/** What stands for half of a surrogate pair. */
const REPLACEMENT = new TextEncoder().encode('\ufffd')

const replacement = (cx: ExprScope): ByteRange => ({
  offset: add(load(controlBlock, 'const_base'), i32(cx.plan.constants.add(REPLACEMENT))),
  length: i32(REPLACEMENT.length),
})

/** A JavaScript number as a position: toward zero, NaN is 0, and beyond every text where it is very large. */
const positionOf = (value: Value): Expr => op('int32.f64', scalarOf(value).value)

/** Both positions of a slice between 0 and the length in code units. */
function bounds(cx: ExprScope, text: ByteRange, positions: readonly Value[]): readonly [Local, Local] {
  const { k } = cx
  const [from, to] = [positionOf(positions[0]), positions[1] ? positionOf(positions[1]) : i32(0x7fffffff)]
  const [first, last] = [k.let('first', from), k.let('last', to)]
  k.if(or(lt(first, i32(0)), lt(last, i32(0))), () => {
    const units = countUnits(k, text)
    const fromEnd = (position: Local): void =>
      k.set(position, select(lt(position, i32(0)), max32(i32(0), add(units, position)), position))
    fromEnd(first)
    fromEnd(last)
  })
  return [first, last]
}

const slice = ofText((cx, text, positions) => {
  const { k } = cx
  const [first, last] = bounds(cx, text, positions)
  const end = k.let('end', add(text.offset, text.length))
  const begin = k.let('begin', text.offset)
  const cutsFirst = skipUnits(k, begin, end, first)
  const count = k.let('count', max32(i32(0), sub(last, min32(first, last))))
  k.set(cutsFirst, and(cutsFirst, gt(count, i32(0))))
  k.if(cutsFirst, () => {
    k.set(begin, add(begin, i32(4)))
    k.set(count, sub(count, i32(1)))
  })
  const stop = k.let('stop', begin)
  const cutsLast = skipUnits(k, stop, end, count)
  return patched(cx, { offset: begin, length: sub(stop, begin) }, cutsFirst, cutsLast)
})

/** The range with a replacement before it, behind it, or both: then it is copied. */
function patched(cx: ExprScope, range: ByteRange, before: Expr, behind: Expr): ByteRange {
  const { k } = cx
  const offset = k.let('piece', range.offset)
  const length = k.let('piece_len', range.length)
  k.if(or(before, behind), () => {
    const mark = replacement(cx)
    const room = cx.scratch.allocate(addLengths(length, i32(2 * REPLACEMENT.length)))
    const out = k.let('out', room)
    const put = (part: ByteRange): void => {
      copyBytes(k, part, out)
      k.set(out, add(out, part.length))
    }
    k.if(before, () => put(mark))
    put({ offset, length })
    k.if(behind, () => put(mark))
    cx.scratch.trim(out)
    k.set(offset, room)
    k.set(length, sub(out, room))
  })
  return { offset, length }
}

/** The unit at a position: a point, or half of a pair, which cannot stand alone. */
const unitAt: CallLowering = (cx, args, call) => {
  const { k } = cx
  const text = bytesOf(args[0])
  const position = k.let('position', positionOf(args[1]))
  const end = k.let('end', add(text.offset, text.length))
  const at = k.let('at', text.offset)
  skipUnits(k, at, end, position)
  const inside = k.let('inside', and(ge(position, i32(0)), lt(at, end)))
  const length = k.let('unit_len', i32(0))
  const offset = k.let('unit', at)
  k.if(inside, () => {
    const first = k.let('first', byteAt(at))
    const mark = replacement(cx)
    k.set(offset, select(startsPair(first), mark.offset, at))
    k.set(length, select(startsPair(first), mark.length, pointLength(first)))
  })
  const value = strict(() => ({ offset, length }))(cx, args, call)
  return { ...value, isNull: orElse(value.isNull, not(inside)) }
}

const trimmed = (start: boolean, end: boolean): CallLowering =>
  ofText(({ k }, text) => {
    const from = k.let('start', text.offset)
    const to = k.let('end', add(text.offset, text.length))
    if (start) skipSpaces(k, from, to)
    if (end) dropSpaces(k, from, to)
    return { offset: from, length: sub(to, from) }
  })

const recased = (name: OpName): CallLowering =>
  ofText((cx, { offset, length }) => {
    const room = Array.from({ length: RECASED_GROWTH - 1 }).reduce<Expr>(
      sum => addLengths(sum, length),
      length,
    )
    const to = cx.scratch.allocate(room)
    const written = cx.k.let('written', op(name, offset, length, to))
    cx.scratch.trim(add(to, written))
    return { offset: to, length: written }
  })

const numberText = strict((cx, [arg]) => {
  const to = cx.scratch.allocate(i32(NUMBER_TEXT_BYTES))
  const written = cx.k.let('written', op('number.text', scalarOf(arg).value, to))
  cx.scratch.trim(add(to, written))
  return { offset: to, length: written }
})

/** The whole number below, unless the value is half way up to the next or further. */
const round = strict((cx, [arg]) => {
  const x = scalarOf(arg).value
  const below = cx.k.let('below', op('floor.f64', x))
  return { value: select(ge(sub(x, below), f64(0.5)), op('ceil.f64', x), below) }
})

const smaller = (a: Expr, b: Expr): Expr => lt(a, b)
const larger = (a: Expr, b: Expr): Expr => gt(a, b)

/** Equal values differ at most in the sign of a zero, and `meet` finds the right one; what is unordered is NaN. */
const extreme = (wins: (a: Expr, b: Expr) => Expr, meet: (a: Expr, b: Expr) => Expr): CallLowering =>
  strict((cx, args) => {
    const values = args.map(arg => scalarOf(arg).value)
    const value = values.reduce((a, b) => {
      const zero = select(eq(a, f64(0)), meet(a, b), a)
      const tied = select(eq(a, b), zero, f64(Number.NaN))
      return cx.k.let('extreme', select(wins(a, b), a, select(wins(b, a), b, tied)))
    })
    return { value }
  })

const negated = (x: Expr): Expr => op('neg.f64', x)

export const js = {
  js_require: required,
  js_sequence: sequence,
  js_length: ofText(({ k }, text) => ({ value: countUnits(k, text) })),
  js_lt: strict(({ k }, [a, b]) => ({ value: lessByUnits(k, bytesOf(a), bytesOf(b)) })),
  js_slice: slice,
  js_char: unitAt,
  js_trim: trimmed(true, true),
  js_trim_start: trimmed(true, false),
  js_trim_end: trimmed(false, true),
  js_upper: recased('upper.text'),
  js_lower: recased('lower.text'),
  js_number_to_string: numberText,
  js_string_to_number: ofText(({ k }, { offset, length }) => ({
    value: k.let('parsed', op('parse.text', offset, length)),
  })),
  js_round: round,
  js_min: extreme(smaller, (a, b) => negated(add(negated(a), negated(b)))),
  js_max: extreme(larger, add),
} as const satisfies Record<string, CallLowering>
