/**
 * approx_count_distinct: the registers of ir/expr/distinct, where the method is named. A group has them in a region of
 * their own. What the estimate needs to know of all of them is kept up with each that rises: how many hold no rank, how
 * many the largest, and the sum of 2^-rank, which is exact.
 */
import { BIAS, MIXER, RANK_BITS, RANK_MAX, REGISTERS, TEXT_MULTIPLIERS } from '../../../ir/expr/distinct.ts'
import {
  add,
  and,
  div,
  eq,
  f64,
  gt,
  high,
  i32,
  i64,
  type KernelBuilder,
  load,
  low,
  lt,
  min32,
  mul,
  op,
  shl,
  shru,
  sub,
  toInt,
  xor,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { columnLayout, type FieldSpecs } from '../../../ir/layout.ts'
import { isFloat } from '../../../ir/types.ts'
import { bytesRegion } from '../lib/bytes.ts'
import { doubleBits, hashBytes } from '../lib/hash.ts'
import { FALSE, scalar, type Value } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'

export const distinct: AccumulatorFactory = (store, name) => new Distinct(store, name)

/** The high word of 2^-rank, but for its exponent. */
const EXPONENT_BIAS = 1023
const EXPONENT_SHIFT = 20
const TWO_32 = i64(1n << 32n)

/** All registers are looked at, a row looks at one. */
const COMBINE_ROWS = REGISTERS / 32

class Distinct implements Accumulator {
  readonly combineRows = COMBINE_ROWS
  readonly #store: GroupStore
  readonly #registers: Mem
  readonly #empty: string
  readonly #full: string
  readonly #sum: string

  constructor(store: GroupStore, name: string) {
    this.#store = store
    this.#registers = columnLayout(`${name}_registers`, 'state', { rank: 'u8' }, 1)
    this.#empty = `${name}_empty`
    this.#full = `${name}_full`
    this.#sum = `${name}_sum`
  }

  get fields(): FieldSpecs {
    return { [this.#empty]: 'i32', [this.#full]: 'i32', [this.#sum]: 'f64' }
  }

  get parts(): NonNullable<Accumulator['parts']> {
    return [{ mem: this.#registers, rowsPerUnit: REGISTERS }]
  }

  init(k: KernelBuilder, entry: Expr): void {
    this.#put(k, this.#empty, entry, i32(REGISTERS))
    this.#put(k, this.#full, entry, i32(0))
    this.#put(k, this.#sum, entry, f64(REGISTERS))
    const first = k.let('first', placeOf(entry))
    k.range('register', first, add(first, i32(REGISTERS)), at => {
      k.store(this.#registers, 'rank', at, i32(0))
    })
  }

  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    k.range('register', i32(0), i32(REGISTERS), register => {
      const rank = k.let('rank', load(this.#registers, 'rank', add(placeOf(from), register)))
      this.#raise(k, into, register, rank)
    })
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { cx, args, entry } = contribution
    return {
      faults: [],
      texts: [],
      apply: () =>
        when(cx.k, contributes(contribution), () => {
          const { register, rank } = hashed(cx.k, wordOf(cx.k, argumentOf(args)))
          this.#raise(cx.k, entry, register, rank)
        }),
    }
  }

  #raise(k: KernelBuilder, entry: Expr, register: Expr, rank: Local): void {
    const at = k.let('at', add(placeOf(entry), register))
    const before = k.let('before', load(this.#registers, 'rank', at))
    k.if(gt(rank, before), () => {
      k.store(this.#registers, 'rank', at, rank)
      this.#put(k, this.#empty, entry, sub(this.#held(this.#empty, entry), toInt(eq(before, i32(0)))))
      this.#put(k, this.#full, entry, add(this.#held(this.#full, entry), toInt(eq(rank, i32(RANK_MAX)))))
      const change = sub(powerOf(rank), powerOf(before))
      this.#put(k, this.#sum, entry, add(this.#held(this.#sum, entry), change))
    })
  }

  /** As `estimate` in ir/expr/distinct. */
  read(k: KernelBuilder, entry: Expr): Value {
    const [empty, full] = [this.#empty, this.#full].map(field =>
      k.let('share', op('float.i32', this.#held(field, entry))),
    )
    const result = k.let('distinct', f64(0))
    k.if(lt(empty, f64(REGISTERS)), () => {
      const largest = mul(full, f64(2 ** -RANK_MAX))
      const between = sub(sub(this.#held(this.#sum, entry), empty), largest)
      const above = mul(ofFull(k, sub(f64(1), shareOf(full))), f64(REGISTERS * 2 ** -RANK_BITS))
      const below = mul(ofEmpty(k, shareOf(empty)), f64(REGISTERS))
      const values = div(f64(BIAS * REGISTERS * REGISTERS), add(add(above, between), below))
      k.set(result, op('floor.f64', add(values, f64(0.5))))
    })
    return scalar('int64', op('int.f64', result), FALSE)
  }

  #held(field: string, entry: Expr): Expr {
    return this.#store.load(field, entry)
  }

  #put(k: KernelBuilder, field: string, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, field, entry, value)
  }
}

/** The first register of an entry. */
const placeOf = (entry: Expr): Expr => mul(entry, i32(REGISTERS))

const shareOf = (registers: Expr): Expr => div(registers, f64(REGISTERS))

/** 2^-rank, by the exponent of a double. */
function powerOf(rank: Expr): Expr {
  const word = shl(sub(i32(EXPONENT_BIAS), rank), i32(EXPONENT_SHIFT))
  return op('ofbits.i64', mul(op('extend.i32', word), TWO_32))
}

function ofEmpty(k: KernelBuilder, share: Expr): Expr {
  const x = k.let('x', share)
  const power = k.let('power', f64(1))
  return series(k, x, sum => {
    k.set(x, mul(x, x))
    k.set(sum, add(sum, mul(x, power)))
    k.set(power, add(power, power))
  })
}

function ofFull(k: KernelBuilder, share: Expr): Expr {
  const x = k.let('x', share)
  const power = k.let('power', f64(1))
  const sum = series(k, sub(f64(1), x), sum => {
    k.set(x, op('sqrt.f64', x))
    k.set(power, mul(power, f64(0.5)))
    const missing = sub(f64(1), x)
    k.set(sum, sub(sum, mul(mul(missing, missing), power)))
  })
  return div(sum, f64(3))
}

/** A sum to which terms are added until none changes it. */
function series(k: KernelBuilder, first: Expr, addNext: (sum: Local) => void): Local {
  const sum = k.let('sum', first)
  k.loop('series', label => {
    const before = k.let('before', sum)
    addNext(sum)
    k.breakIf(eq(sum, before), label)
  })
  return sum
}

/** 64 bits that stand for a value. */
function wordOf(k: KernelBuilder, value: Value): Expr {
  if (value.kind === 'bytes') {
    const [lower, upper] = TEXT_MULTIPLIERS.map(multiplier =>
      hashBytes(k, bytesRegion, value.offset, value.length, multiplier | 0),
    )
    return add(op('extendu.i32', lower), mul(op('extend.i32', upper), TWO_32))
  }
  if (isFloat(value.type)) return doubleBits(value.value)
  const scalarWord = value.type === 'bool' ? toInt(value.value) : value.value
  return scalarWord.type === 'i64' ? scalarWord : op('extend.i32', scalarWord)
}

interface Place {
  readonly register: Expr
  readonly rank: Local
}

/** Which register a value chooses, and its rank: found by the exponent that the bits have as a double. */
function hashed(k: KernelBuilder, word: Expr): Place {
  const once = k.let('hash', mul(joinHalves(k, word), i64(MIXER)))
  const twice = k.let('hash', mul(joinHalves(k, once), i64(MIXER)))
  const upper = k.let('upper', high(twice))
  const ranked = op('bits.f64', op('float.i32', shru(upper, i32(32 - RANK_BITS))))
  const exponent = shru(high(ranked), i32(EXPONENT_SHIFT))
  return {
    register: and(xor(low(twice), upper), i32(REGISTERS - 1)),
    rank: k.let('rank', min32(sub(i32(EXPONENT_BIAS + RANK_BITS), exponent), i32(RANK_MAX))),
  }
}

function joinHalves(k: KernelBuilder, word: Expr): Expr {
  const whole = k.let('word', word)
  return xor(whole, op('extendu.i32', high(whole)))
}
