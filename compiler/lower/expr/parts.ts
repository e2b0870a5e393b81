/** Parts of texts as ranges of them, and texts made of such. */
import { isLiteral, type Expr as PlanExpr } from '../../../ir/expr/expr.ts'
import {
  add,
  bool,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  low,
  lt,
  not,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { addLengths, type ByteRange, byteAt, copyBytes, equalBytes } from '../lib/bytes.ts'
import { bytesOf, scalarOf, type Value } from '../value.ts'
import { type CallLowering, strict } from './call.ts'

/** Numbers beyond this are those of no part. */
const NUMBER_MAX = 1n << 30n
const clamp = (x: Expr): Expr =>
  low(select(gt(x, i64(NUMBER_MAX)), i64(NUMBER_MAX), select(lt(x, i64(-NUMBER_MAX)), i64(-NUMBER_MAX), x)))

/** A range that is looked for; `isByte`: it is known to be one byte. */
interface Part extends ByteRange {
  readonly isByte: boolean
}

const partOf = (value: Value, arg: PlanExpr): Part => ({
  ...bytesOf(value),
  isByte: isLiteral(arg) && Buffer.byteLength(String(arg.value)) === 1,
})

/** Moves `at` (a local offset) to where `part` stands next. A local bool: does it? An empty one stands nowhere. */
function seek(k: KernelBuilder, at: Local, end: Expr, part: Part): Local {
  const found = k.let('found', bool(false))
  const first = k.let('first', byteAt(part.offset))
  const last = k.let('last', sub(end, part.length))
  k.loop('seek', label => {
    k.breakIf(or(gt(at, last), eq(part.length, i32(0))), label)
    k.if(eq(byteAt(at), first), () => {
      if (part.isByte) {
        k.set(found, bool(true))
        k.break(label)
      } else {
        k.set(found, equalBytes(k, { offset: at, length: part.length }, part))
        k.breakIf(found, label)
      }
    })
    k.set(at, add(at, i32(1)))
  })
  return found
}

/** Calls `onFound` for each place where `part` stands; `at` is that place. No two of them overlap. */
function eachPlace(k: KernelBuilder, text: ByteRange, part: Part, onFound: (at: Local) => void): void {
  const at = k.let('at', text.offset)
  const end = k.let('end', add(text.offset, text.length))
  k.loop('each_place', label => {
    k.breakIf(not(seek(k, at, end, part)), label)
    onFound(at)
    k.set(at, add(at, part.length))
  })
}

const splitPart = strict(({ k }, args, call) => {
  const [text, delimiter] = [bytesOf(args[0]), partOf(args[1], call.args[1])]
  const wanted = k.let('wanted', clamp(scalarOf(args[2]).value))
  k.if(lt(wanted, i32(0)), () => {
    const parts = k.let('parts', i32(1))
    eachPlace(k, text, delimiter, () => k.set(parts, add(parts, i32(1))))
    k.set(wanted, add(add(wanted, parts), i32(1)))
  })
  const end = k.let('end', add(text.offset, text.length))
  const begin = k.let('begin', text.offset)
  const stop = k.let('stop', begin)
  k.if(gt(wanted, i32(0)), () => {
    k.loop('each_part', label => {
      k.set(stop, begin)
      const found = seek(k, stop, end, delimiter)
      k.if(not(found), () => {
        k.set(stop, end)
        k.if(gt(wanted, i32(1)), () => k.set(begin, end))
        k.break(label)
      })
      k.set(wanted, sub(wanted, i32(1)))
      k.breakIf(eq(wanted, i32(0)), label)
      k.set(begin, add(stop, delimiter.length))
    })
  })
  return { offset: begin, length: sub(stop, begin) }
})

const replace = strict((cx, args, call) => {
  const { k } = cx
  const [text, from, to] = [bytesOf(args[0]), partOf(args[1], call.args[1]), bytesOf(args[2])]
  const length = k.let('length', text.length)
  eachPlace(k, text, from, () => k.set(length, addLengths(sub(length, from.length), to.length)))
  const offset = cx.scratch.allocate(length)
  const out = k.let('out', offset)
  const copied = k.let('copied', text.offset)
  const put = (part: ByteRange): void => {
    copyBytes(k, part, out)
    k.set(out, add(out, part.length))
  }
  eachPlace(k, text, from, at => {
    put({ offset: copied, length: sub(at, copied) })
    put(to)
    k.set(copied, add(at, from.length))
  })
  put({ offset: copied, length: sub(add(text.offset, text.length), copied) })
  return { offset, length }
})

export const parts = { split_part: splitPart, replace } as const satisfies Record<string, CallLowering>
