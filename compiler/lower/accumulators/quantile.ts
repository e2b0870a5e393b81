/**
 * approx_quantile: the rows of each bucket of ir/expr/quantile, where the method is named. A group has its counts in a
 * region of their own, of which only those between the first and the last bucket in use are written or read: mostly a few
 * octaves. They are doubles, which count as far as 2^53 and are locals in every loop.
 */
import {
  BUCKET_MIDDLE,
  BUCKET_SHIFT,
  BUCKETS,
  MAGNITUDE_FIRST,
  MAGNITUDES,
  NAN_BUCKET,
  ZERO_BUCKET,
} from '../../../ir/expr/quantile.ts'
import {
  add,
  and,
  eq,
  f64,
  ge,
  gt,
  high,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  max32,
  min32,
  mul,
  ne,
  op,
  or,
  select,
  shl,
  shr,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { columnLayout, type FieldSpecs } from '../../../ir/layout.ts'
import type { DataType } from '../../../ir/types.ts'
import { toDouble } from '../expr/cast.ts'
import { scalar, scalarOf, type Value } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'

export const quantile: AccumulatorFactory = (store, name, [argType]) => new Quantile(store, name, argType)

const SIGN = 1 << 31
const MAGNITUDE = 0x7fffffff
/** The high word of the NaN that is stored. */
const NAN_WORD = 0x7ff80000

/** Mostly a few octaves are looked at. */
const COMBINE_ROWS = 16

class Quantile implements Accumulator {
  readonly combineRows = COMBINE_ROWS
  readonly #store: GroupStore
  readonly #argType: DataType
  readonly #counts: Mem
  /** All rows; the first bucket in use, and the one behind the last. */
  readonly #rows: string
  readonly #first: string
  readonly #end: string

  constructor(store: GroupStore, name: string, argType: DataType) {
    this.#store = store
    this.#argType = argType
    this.#counts = columnLayout(`${name}_counts`, 'state', { rows: 'f64' }, 1)
    this.#rows = `${name}_rows`
    this.#first = `${name}_first`
    this.#end = `${name}_end`
  }

  get fields(): FieldSpecs {
    return { [this.#rows]: 'f64', [this.#first]: 'i32', [this.#end]: 'i32' }
  }

  get parts(): NonNullable<Accumulator['parts']> {
    return [{ mem: this.#counts, rowsPerUnit: BUCKETS }]
  }

  init(k: KernelBuilder, entry: Expr): void {
    this.#put(k, this.#rows, entry, f64(0))
    this.#put(k, this.#first, entry, i32(0))
    this.#put(k, this.#end, entry, i32(0))
  }

  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    k.if(gt(this.#held(this.#rows, from), f64(0)), () => {
      const [first, end] = [this.#first, this.#end].map(field => k.let('bucket', this.#held(field, from)))
      this.#widen(k, into, first, end)
      k.range('bucket', first, end, bucket => this.#count(k, into, bucket, this.#countOf(from, bucket)))
      this.#put(k, this.#rows, into, add(this.#held(this.#rows, into), this.#held(this.#rows, from)))
    })
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { k } = contribution.cx
    return {
      faults: [],
      texts: [],
      apply: () => when(k, contributes(contribution), () => this.#take(k, contribution)),
    }
  }

  #take(k: KernelBuilder, { args, entry }: Contribution): void {
    const { value } = scalarOf(argumentOf(args))
    const bucket = k.let('bucket', bucketOf(k, k.let('x', toDouble(value, this.#argType))))
    this.#widen(k, entry, bucket, add(bucket, i32(1)))
    this.#count(k, entry, bucket, f64(1))
    this.#put(k, this.#rows, entry, add(this.#held(this.#rows, entry), f64(1)))
  }

  #count(k: KernelBuilder, entry: Expr, bucket: Expr, rows: Expr): void {
    k.store(this.#counts, 'rows', placeOf(entry, bucket), add(this.#countOf(entry, bucket), rows))
  }

  /** Takes buckets into use. */
  #widen(k: KernelBuilder, entry: Expr, from: Expr, to: Expr): void {
    k.if(eq(this.#held(this.#rows, entry), f64(0)), () => {
      this.#put(k, this.#first, entry, from)
      this.#put(k, this.#end, entry, from)
    })
    const [first, end] = [this.#first, this.#end].map(field => k.let('bound', this.#held(field, entry)))
    k.if(lt(from, first), () => {
      this.#clear(k, entry, from, first)
      this.#put(k, this.#first, entry, from)
    })
    k.if(gt(to, end), () => {
      this.#clear(k, entry, end, to)
      this.#put(k, this.#end, entry, to)
    })
  }

  #clear(k: KernelBuilder, entry: Expr, from: Expr, to: Expr): void {
    k.range('bucket', placeOf(entry, from), placeOf(entry, to), at => {
      k.store(this.#counts, 'rows', at, f64(0))
    })
  }

  /** The first bucket that has, with those before it, more rows than lie before the one that is asked for. */
  read(k: KernelBuilder, entry: Expr, { fraction }: Parameters<Accumulator['read']>[2]): Value {
    const rows = k.let('rows', this.#held(this.#rows, entry))
    const before = k.let('before', mul(f64(fraction), sub(rows, f64(1))))
    const bucket = k.let('bucket', this.#held(this.#first, entry))
    const last = k.let('last', sub(this.#held(this.#end, entry), i32(1)))
    const passed = k.let('passed', f64(0))
    k.loop('find_bucket', label => {
      k.breakIf(ge(bucket, last), label)
      k.set(passed, add(passed, this.#countOf(entry, bucket)))
      k.breakIf(gt(passed, before), label)
      k.set(bucket, add(bucket, i32(1)))
    })
    return scalar('float64', middleOf(k, bucket), eq(rows, f64(0)))
  }

  #countOf(entry: Expr, bucket: Expr): Expr {
    return load(this.#counts, 'rows', placeOf(entry, bucket))
  }

  #held(field: string, entry: Expr): Expr {
    return this.#store.load(field, entry)
  }

  #put(k: KernelBuilder, field: string, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, field, entry, value)
  }
}

const placeOf = (entry: Expr, bucket: Expr): Expr => add(mul(entry, i32(BUCKETS)), bucket)

function bucketOf(k: KernelBuilder, x: Expr): Expr {
  const word = k.let('word', high(op('bits.f64', x)))
  const place = sub(shr(and(word, i32(MAGNITUDE)), i32(BUCKET_SHIFT)), i32(MAGNITUDE_FIRST - 1))
  const magnitude = k.let('magnitude', max32(i32(0), min32(k.let('place', place), i32(MAGNITUDES))))
  const signed = select(lt(word, i32(0)), sub(i32(0), magnitude), magnitude)
  return select(ne(x, x), i32(NAN_BUCKET), add(i32(ZERO_BUCKET), signed))
}

/** The middle of a bucket. */
function middleOf(k: KernelBuilder, bucket: Expr): Expr {
  const distance = k.let('distance', sub(bucket, i32(ZERO_BUCKET)))
  const magnitude = max32(distance, sub(i32(0), distance))
  const place = add(magnitude, i32(MAGNITUDE_FIRST - 1))
  const middle = add(shl(place, i32(BUCKET_SHIFT)), i32(BUCKET_MIDDLE))
  const number = select(eq(distance, i32(0)), i32(0), or(middle, and(distance, i32(SIGN))))
  const word = select(eq(bucket, i32(NAN_BUCKET)), i32(NAN_WORD), number)
  return op('ofbits.i64', mul(op('extend.i32', word), i64(1n << 32n)))
}
