/**
 * The exact sum of doubles over changes: a superaccumulator (Kulisch; Neal, "Fast exact summation using small and large
 * superaccumulators"). A group has limbs of 32 bits, the lowest of which begins at 2^-1074, each in a word of 64, so that
 * carries can wait. Only the limbs that were touched are looked at. What is read is the sum rounded once, to the nearest
 * double and to the even one of two; what was taken back has left no trace.
 */
import {
  add,
  and,
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
  ne,
  op,
  or,
  select,
  shl,
  shr,
  shru,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { columnLayout, type FieldSpecs } from '../../../ir/layout.ts'
import { FALSE, scalar, type Value } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'
import { addend } from './sum.ts'
import { neverCombined, signOf } from './weighted.ts'

export const exactSum: AccumulatorFactory = (store, name) => new ExactSum(store, name)

/** From 2^-1074 to the sum of 2^63 of the largest doubles. */
const LIMBS = 68
/** A double is in so many limbs at most, whatever its exponent. */
const LIMBS_OF_ONE = 3
/** Rows whose carries may wait: far fewer than would fill the upper half of a word. */
const CARRY_ROWS = 4096

const EXPONENT_SHIFT = 20
const EXPONENT_ALL = 0x7ff
const EXPONENT_BIAS = 1023
const LOWEST_EXPONENT = -1074
const HIDDEN_BIT = 1n << 52n
/** Bits of the integer that the result is rounded from: more than a double has, and it is not negative. */
const TOP_BITS = 62

const LOW_HALF = i64(0xffff_ffffn)

class ExactSum implements Accumulator {
  readonly #store: GroupStore
  readonly #limbs: Mem
  readonly #name: string

  constructor(store: GroupStore, name: string) {
    this.#store = store
    this.#name = name
    this.#limbs = columnLayout(`${name}_limbs`, 'state', { limb: 'i64' }, 1)
  }

  /** From and to: the limbs that were touched. NaNs and infinities are counted, and the rows whose carries wait. */
  get fields(): FieldSpecs {
    const counted = Object.fromEntries(['nan', 'rising', 'falling'].map(name => [this.#field(name), 'i64']))
    const places = Object.fromEntries(['from', 'to', 'waiting'].map(name => [this.#field(name), 'i32']))
    return { ...counted, ...places } as FieldSpecs
  }

  get parts(): NonNullable<Accumulator['parts']> {
    return [{ mem: this.#limbs, rowsPerUnit: LIMBS }]
  }

  readonly combine = neverCombined

  init(k: KernelBuilder, entry: Expr): void {
    for (const name of ['nan', 'rising', 'falling']) this.#put(k, name, entry, i64(0n))
    this.#put(k, 'from', entry, i32(LIMBS))
    this.#put(k, 'to', entry, i32(0))
    this.#put(k, 'waiting', entry, i32(0))
    const first = k.let('first', placeOf(entry))
    k.range('limb', first, add(first, i32(LIMBS)), at => {
      k.store(this.#limbs, 'limb', at, i64(0n))
    })
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const x = addend(contribution)
    const { cx, entry, removes } = contribution
    return {
      faults: [],
      texts: [],
      apply: () => when(cx.k, contributes(contribution), () => this.#take(cx.k, entry, x, removes)),
    }
  }

  #take(k: KernelBuilder, entry: Expr, x: Expr, removes: Expr): void {
    const bits = k.let('bits', op('bits.f64', x))
    const exponent = k.let('exponent', and(shru(high(bits), i32(EXPONENT_SHIFT)), i32(EXPONENT_ALL)))
    k.if(
      eq(exponent, i32(EXPONENT_ALL)),
      () => this.#count(k, entry, x, removes),
      () => this.#add(k, entry, { bits, exponent, removes }),
    )
  }

  #count(k: KernelBuilder, entry: Expr, x: Expr, removes: Expr): void {
    const bump = (name: string): void =>
      this.#put(k, name, entry, add(this.#held(name, entry), signOf(removes)))
    k.if(
      ne(x, x),
      () => bump('nan'),
      () =>
        k.if(
          gt(x, f64(0)),
          () => bump('rising'),
          () => bump('falling'),
        ),
    )
  }

  /** The mantissa, shifted to its place, is added to three limbs. */
  #add(
    k: KernelBuilder,
    entry: Expr,
    { bits, exponent, removes }: { bits: Local; exponent: Local; removes: Expr },
  ): void {
    const isNormal = k.let('is_normal', ne(exponent, i32(0)))
    const hidden = mul(i64(HIDDEN_BIT), op('extend.i32', toInt(isNormal)))
    const mantissa = k.let('mantissa', add(and(bits, i64(HIDDEN_BIT - 1n)), hidden))
    const place = k.let('place', sub(exponent, toInt(isNormal)))
    const first = k.let('first', shr(place, i32(5)))
    const power = k.let('power', powerOf(and(place, i32(31))))
    const lower = k.let('lower', mul(and(mantissa, LOW_HALF), power))
    const upper = k.let('upper', mul(op('extendu.i32', high(mantissa)), power))
    const sign = k.let('sign', signOf(ne(lt(high(bits), i32(0)), removes)))
    const at = k.let('at', add(placeOf(entry), first))
    const digits = [
      and(lower, LOW_HALF),
      add(op('extendu.i32', high(lower)), and(upper, LOW_HALF)),
      op('extendu.i32', high(upper)),
    ]
    digits.forEach((digit, n) => {
      const limb = add(at, i32(n))
      k.store(this.#limbs, 'limb', limb, add(load(this.#limbs, 'limb', limb), mul(digit, sign)))
    })
    this.#touch(k, entry, first)
  }

  #touch(k: KernelBuilder, entry: Expr, first: Local): void {
    const end = k.let('end', add(first, i32(LIMBS_OF_ONE)))
    this.#put(k, 'from', entry, min32(this.#held('from', entry), first))
    k.if(gt(end, this.#held('to', entry)), () => this.#put(k, 'to', entry, end))
    const waiting = k.let('waiting', add(this.#held('waiting', entry), i32(1)))
    this.#put(k, 'waiting', entry, waiting)
    k.if(eq(waiting, i32(CARRY_ROWS)), () => this.#carry(k, entry))
  }

  /** Each limb keeps its lower half; the last one keeps all, until that is more than a limb. */
  #carry(k: KernelBuilder, entry: Expr): void {
    this.#put(k, 'waiting', entry, i32(0))
    const base = k.let('base', placeOf(entry))
    const last = k.let('last', sub(add(base, this.#held('to', entry)), i32(1)))
    const pass = (at: Expr): void => {
      const limb = k.let('limb', load(this.#limbs, 'limb', at))
      const next = add(at, i32(1))
      const carried = add(load(this.#limbs, 'limb', next), op('extend.i32', high(limb)))
      k.store(this.#limbs, 'limb', next, carried)
      k.store(this.#limbs, 'limb', at, op('extendu.i32', low(limb)))
    }
    k.range('limb', add(base, this.#held('from', entry)), last, pass)
    const over = k.let('over', high(load(this.#limbs, 'limb', last)))
    const isOver = and(ne(over, i32(0)), ne(over, i32(-1)))
    k.if(and(isOver, lt(this.#held('to', entry), i32(LIMBS))), () => {
      pass(last)
      this.#put(k, 'to', entry, add(this.#held('to', entry), i32(1)))
    })
  }

  read(k: KernelBuilder, entry: Expr): Value {
    const total = k.let('total', f64(0))
    const top = this.#top(k, entry)
    k.if(gt(top.place, i32(-1)), () => k.set(total, rounded(k, top)))
    const rises = gt(this.#held('rising', entry), i64(0n))
    const falls = gt(this.#held('falling', entry), i64(0n))
    const isNone = or(gt(this.#held('nan', entry), i64(0n)), and(rises, falls))
    k.if(rises, () => k.set(total, f64(Number.POSITIVE_INFINITY)))
    k.if(falls, () => k.set(total, f64(Number.NEGATIVE_INFINITY)))
    k.if(isNone, () => k.set(total, f64(Number.NaN)))
    return scalar('float64', total, FALSE)
  }

  /** The digits of the size of the sum, from the lowest on: at the end the three highest are known. */
  #top(k: KernelBuilder, entry: Expr): Top {
    const base = k.let('base', placeOf(entry))
    const from = k.let('from', this.#held('from', entry))
    // What the last limb carries needs two more.
    const end = k.let('end', min32(add(this.#held('to', entry), i32(2)), i32(LIMBS)))
    const limbAt = (at: Expr): Expr => load(this.#limbs, 'limb', add(base, at))
    const carry = k.let('carry', i32(0))
    k.range('limb', from, end, at => {
      k.set(carry, high(add(limbAt(at), op('extend.i32', carry))))
    })
    const isNegative = k.let('is_negative', lt(carry, i32(0)))
    const sign = k.let('sign', signOf(isNegative))
    k.set(carry, i32(0))
    const before = [k.let('before', i32(0)), k.let('before', i32(0))] as const
    const isRest = k.let('is_rest', i32(0))
    const top = {
      place: k.let('place', i32(-1)),
      digits: [k.let('digit', i32(0)), k.let('digit', i32(0)), k.let('digit', i32(0))] as const,
      isRest: k.let('has_rest', i32(0)),
      isNegative,
    }
    k.range('limb', from, end, at => {
      const limb = k.let('limb', add(mul(limbAt(at), sign), op('extend.i32', carry)))
      const digit = k.let('digit', low(limb))
      k.set(carry, high(limb))
      k.if(ne(digit, i32(0)), () => {
        k.set(top.place, at)
        k.set(top.digits[0], digit)
        k.set(top.digits[1], before[0])
        k.set(top.digits[2], before[1])
        k.set(top.isRest, isRest)
      })
      k.set(isRest, or(isRest, toInt(ne(before[1], i32(0)))))
      k.set(before[1], before[0])
      k.set(before[0], digit)
    })
    return top
  }

  #field(name: string): string {
    return `${this.#name}_${name}`
  }

  #held(name: string, entry: Expr): Expr {
    return this.#store.load(this.#field(name), entry)
  }

  #put(k: KernelBuilder, name: string, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, this.#field(name), entry, value)
  }
}

/** The highest limb that is not zero, -1 where all are; its digits and those of the two below; is there more? */
interface Top {
  readonly place: Local
  readonly digits: readonly [Local, Local, Local]
  readonly isRest: Local
  readonly isNegative: Local
}

/** The first limb of an entry. */
const placeOf = (entry: Expr): Expr => mul(entry, i32(LIMBS))

/** 2 to the power of 0 to 31. */
const powerOf = (exponent: Expr): Expr => op('extendu.i32', shl(i32(1), exponent))

/**
 * The highest bits as an integer that a double is made of in one rounding: its last bit says whether anything is below
 * (rounding to odd), and it has more bits than a double. What follows scales by powers of two, which is exact: sums so
 * small that they are not normal have no bits to lose.
 */
function rounded(k: KernelBuilder, { place, digits: [first, second, third], isRest, isNegative }: Top): Expr {
  const lead = k.let('lead', op('extendu.i32', first))
  const size = k.let('size', sub(exponentOf(op('float.i64', lead)), i32(EXPONENT_BIAS - 1)))
  const above = mul(mul(lead, powerOf(sub(i32(32), size))), i64(1n << BigInt(TOP_BITS - 32)))
  const below = k.let('below', add(mul(op('extendu.i32', second), i64(1n << 32n)), op('extendu.i32', third)))
  const unit = k.let('unit', mul(powerOf(sub(size, i32(1))), i64(1n << BigInt(65 - TOP_BITS))))
  const isMore = or(ne(op('remu.i64', below, unit), i64(0n)), ne(isRest, i32(0)))
  const bits = or(add(above, op('divu.i64', below, unit)), op('extend.i32', toInt(isMore)))
  const lowest = LOWEST_EXPONENT - 64 + (64 - TOP_BITS)
  const exponent = k.let('exponent', add(add(size, shl(place, i32(5))), i32(lowest)))
  const half = k.let('half', shr(exponent, i32(1)))
  const scaled = mul(mul(op('float.i64', bits), doubleOf(half)), doubleOf(sub(exponent, half)))
  return select(isNegative, op('neg.f64', scaled), scaled)
}

const exponentOf = (x: Expr): Expr => shru(high(op('bits.f64', x)), i32(EXPONENT_SHIFT))

/** A power of two whose exponent is that of a normal number. */
const doubleOf = (exponent: Expr): Expr =>
  op('ofbits.i64', mul(op('extend.i32', add(exponent, i32(EXPONENT_BIAS))), i64(HIDDEN_BIT)))
