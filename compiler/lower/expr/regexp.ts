/** Regular expressions as kernel code that reads tables in the constants of the plan; see lower/regexp/automaton. */
import { controlBlock } from '../../../ir/abi.ts'
import type { Call } from '../../../ir/expr/expr.ts'
import { groupOf, patternOf } from '../../../ir/expr/functions/regexp.ts'
import {
  add,
  and,
  eq,
  ge,
  i32,
  type KernelBuilder,
  le,
  load,
  lt,
  mul,
  ne,
  or,
  select,
  shl,
  shr,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { addLengths, type ByteRange, byteAt, bytesRegion } from '../lib/bytes.ts'
import { AT_START, type Automaton, automatonOf, DEAD, INSIDE } from '../regexp/automaton.ts'
import { Mark, programOf } from '../regexp/program.ts'
import type { ExprScope } from '../scope.ts'
import { bytesOf, FALSE, orElse, type Value } from '../value.ts'
import { type CallLowering, strict } from './call.ts'

/** An automaton whose tables lie among the constants of a plan. */
class Tables {
  readonly automaton: Automaton
  readonly #before: Expr
  readonly #steps: Expr

  constructor({ k, plan }: ExprScope, automaton: Automaton) {
    const base = k.let('tables', load(controlBlock, 'const_base'))
    const place = (bytes: Uint8Array): Local => k.let('table', add(base, i32(plan.constants.add(bytes, 4))))
    this.automaton = automaton
    this.#before = place(Buffer.concat(automaton.before))
    this.#steps = place(wordsOf(automaton.steps))
  }

  /** The state before a byte, from that behind it. */
  before(state: Expr, byte: Expr): Expr {
    return byteAt(add(this.#before, add(shl(state, i32(8)), byte)))
  }

  step(way: Expr, state: Expr): Expr {
    return wordAt(this.#steps, add(mul(way, i32(this.automaton.before.length)), state))
  }

  /** The way that stands for the end of a match. */
  get match(): Expr {
    return i32(this.automaton.steps.length)
  }
}

const wordsOf = (rows: readonly Int32Array[]): Uint8Array =>
  new Uint8Array(Int32Array.from(rows.flatMap(row => [...row])).buffer)

const wordAt = (base: Expr, index: Expr): Expr => load(bytesRegion, 'i32', add(base, shl(index, i32(2))))

/** Where reading backward has come to. */
interface Reader {
  readonly at: Local
  readonly state: Local
}

/** Reads the text backward, and calls for each position but the start of the text. */
function readBackward(
  k: KernelBuilder,
  tables: Tables,
  text: ByteRange,
  onState: (reader: Reader, begins: Expr, label: string) => void,
): Reader {
  const { end, beginsFrom } = tables.automaton
  const state = k.let('state', i32(end))
  const at = k.let('at', add(text.offset, text.length))
  k.loop('backward', label => {
    k.breakIf(le(at, text.offset), label)
    onState({ at, state }, ge(state, i32(beginsFrom)), label)
    k.set(at, sub(at, i32(1)))
    k.set(state, tables.before(state, byteAt(at)))
  })
  return { at, state }
}

const tablesOf = (cx: ExprScope, call: Call, group: number): Tables =>
  new Tables(cx, automatonOf(programOf(patternOf(call.args[1]).root, group)))

const beginsAtStart = (tables: Tables, state: Expr): Expr => ne(tables.step(i32(AT_START), state), i32(DEAD))

const matches = strict((cx, [text], call) => {
  const { k } = cx
  const tables = tablesOf(cx, call, 0)
  const found = k.let('found', FALSE)
  const { state } = readBackward(k, tables, bytesOf(text), (_reader, begins, label) => {
    k.set(found, begins)
    k.breakIf(found, label)
  })
  return { value: or(found, beginsAtStart(tables, state)) }
})

/** The text of a group is a part of the text that is read: the states are forgotten at once. */
const extract: CallLowering = (cx, args, call) => {
  const { k } = cx
  const group = groupOf(call.args)
  const tables = tablesOf(cx, call, group)
  const text = bytesOf(args[0])
  const states = cx.scratch.allocate(addLengths(text.length, i32(1)))
  const shift = k.let('shift', sub(states, text.offset))
  const stateAt = (at: Expr): Expr => add(at, shift)
  const first = k.let('first', i32(DEAD))
  const { state } = readBackward(k, tables, text, (reader, begins) => {
    k.store(bytesRegion, 'u8', stateAt(reader.at), reader.state)
    k.set(first, select(begins, reader.at, first))
  })
  k.store(bytesRegion, 'u8', states, state)
  k.set(first, select(beginsAtStart(tables, state), text.offset, first))
  const from = k.let('from', group === 0 ? first : i32(DEAD))
  const to = k.let('to', from)
  k.if(ge(first, i32(0)), () => {
    const at = k.let('at', first)
    const way = k.let('way', select(eq(at, text.offset), i32(AT_START), i32(INSIDE)))
    k.loop('forward', label => {
      const step = k.let('step', tables.step(way, byteAt(stateAt(at))))
      k.if(ne(and(step, i32(Mark.begins)), i32(0)), () => k.set(from, at))
      k.if(ne(and(step, i32(Mark.ends)), i32(0)), () => k.set(to, at))
      k.set(way, shr(step, i32(2)))
      k.breakIf(eq(way, tables.match), label)
      k.set(at, add(at, i32(1)))
    })
    if (group === 0) k.set(to, at)
  })
  cx.scratch.trim(states)
  const length = k.let('length', select(lt(from, i32(0)), i32(0), sub(to, from)))
  const offset = k.let('offset', select(lt(from, i32(0)), text.offset, from))
  return extracted(call, args, { offset, length }, lt(from, i32(0)))
}

const extracted = (call: Call, args: readonly Value[], range: ByteRange, isAbsent: Expr): Value => ({
  kind: 'bytes',
  type: call.type,
  ...range,
  isNull: orElse(args[0].isNull, isAbsent),
  faults: args[0].faults,
})

export const regexp = { regexp_extract: extract, regexp_matches: matches } as const satisfies Record<
  string,
  CallLowering
>
