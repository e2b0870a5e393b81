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
  select,
  shl,
  shr,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { addLengths, type ByteRange, byteAt, bytesRegion } from '../lib/bytes.ts'
import { AT_START, type Automaton, automatonOf, DEAD, INSIDE } from '../regexp/automaton.ts'
import { Mark, programOf } from '../regexp/program.ts'
import type { ConstantPool, ExprScope } from '../scope.ts'
import { bytesOf, orElse, type Value } from '../value.ts'
import { type CallLowering, strict } from './call.ts'

/** An automaton whose tables lie among the constants of a plan. */
class Tables {
  readonly #automaton: Automaton
  readonly #classes: Expr
  readonly #before: Expr
  readonly #steps: Expr

  constructor(constants: ConstantPool, automaton: Automaton) {
    const place = (bytes: Uint8Array): Expr =>
      add(load(controlBlock, 'const_base'), i32(constants.add(bytes, 4)))
    this.#automaton = automaton
    this.#classes = place(automaton.classes)
    this.#before = place(wordsOf(automaton.before))
    this.#steps = place(wordsOf(automaton.steps))
  }

  /** The state before a byte, from that behind it. */
  before(state: Expr, byte: Expr): Expr {
    const cls = load(bytesRegion, 'u8', add(this.#classes, byte))
    return wordAt(this.#before, add(mul(state, i32(this.#automaton.classCount)), cls))
  }

  step(way: Expr, state: Expr): Expr {
    return wordAt(this.#steps, add(mul(way, i32(this.#automaton.before.length)), state))
  }

  /** The way that stands for the end of a match. */
  get match(): Expr {
    return i32(this.#automaton.steps.length)
  }
}

const wordsOf = (rows: readonly Int32Array[]): Uint8Array =>
  new Uint8Array(Int32Array.from(rows.flatMap(row => [...row])).buffer)

const wordAt = (base: Expr, index: Expr): Expr => load(bytesRegion, 'i32', add(base, shl(index, i32(2))))

/** Reads the text backward. `at` is called with each position that a match may begin at, the last of them first. */
function readBackward(
  k: KernelBuilder,
  tables: Tables,
  text: ByteRange,
  onState: (at: Local, state: Local, begins: Expr, label: string) => void,
): void {
  const state = k.let('state', i32(0))
  const at = k.let('at', add(text.offset, text.length))
  k.loop('backward', label => {
    const way = select(eq(at, text.offset), i32(AT_START), i32(INSIDE))
    onState(at, state, ne(tables.step(way, state), i32(DEAD)), label)
    k.breakIf(le(at, text.offset), label)
    k.set(at, sub(at, i32(1)))
    k.set(state, tables.before(state, byteAt(at)))
  })
}

function tablesOf(cx: ExprScope, call: Call, group: number): Tables {
  return new Tables(cx.plan.constants, automatonOf(programOf(patternOf(call.args[1]).root, group)))
}

const matches = strict((cx, [text], call) => {
  const { k } = cx
  const tables = tablesOf(cx, call, 0)
  const found = k.let('found', eq(i32(0), i32(1)))
  readBackward(k, tables, bytesOf(text), (_at, _state, begins, label) => {
    k.set(found, begins)
    k.breakIf(found, label)
  })
  return { value: found }
})

/** The text of a group is a part of the text that is read: the states are forgotten at once. */
const extract: CallLowering = (cx, args, call) => {
  const { k } = cx
  const group = groupOf(call.args)
  const tables = tablesOf(cx, call, group)
  const text = bytesOf(args[0])
  const states = cx.scratch.allocate(addLengths(text.length, i32(1)))
  const stateAt = (at: Expr): Expr => add(states, sub(at, text.offset))
  const first = k.let('first', i32(DEAD))
  readBackward(k, tables, text, (at, state, begins) => {
    k.store(bytesRegion, 'u8', stateAt(at), state)
    k.if(begins, () => k.set(first, at))
  })
  const from = k.let('from', group === 0 ? first : i32(DEAD))
  const to = k.let('to', from)
  k.if(ge(first, i32(0)), () => {
    const at = k.let('at', first)
    const way = k.let('way', select(eq(at, text.offset), i32(AT_START), i32(INSIDE)))
    k.loop('forward', label => {
      const step = k.let('step', tables.step(way, load(bytesRegion, 'u8', stateAt(at))))
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
