/**
 * Sums of products of distances from the mean, which variances, covariances and correlations are made of, with the
 * means and the number of rows: the operations of ir/expr/moments, where the method is named. A row with a null among
 * the arguments is left out.
 */
import { add, div, f64, gt, type KernelBuilder, mul, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { DataType } from '../../../ir/types.ts'
import { toDouble } from '../expr/cast.ts'
import { FALSE, scalar, scalarOf } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'

/** Which arguments are multiplied, by their numbers: one with itself, or two. */
type Factors = readonly [number, number]

const products =
  (...factors: Factors): AccumulatorFactory =>
  (store, name, argTypes) =>
    new Products(store, name, argTypes, factors)

class Products implements Accumulator {
  readonly #store: GroupStore
  readonly #argTypes: readonly DataType[]
  readonly #factors: Factors
  readonly #sum: string
  readonly #rows: string
  /** The fields of the means, by the number of the argument. */
  readonly #means: ReadonlyMap<number, string>

  constructor(store: GroupStore, name: string, argTypes: readonly DataType[], factors: Factors) {
    this.#store = store
    this.#argTypes = argTypes
    this.#factors = factors
    this.#sum = name
    this.#rows = `${name}_rows`
    this.#means = new Map(factors.map(number => [number, `${name}_mean_${number}`]))
  }

  get fields(): Accumulator['fields'] {
    const names = [this.#rows, ...this.#means.values(), this.#sum]
    return Object.fromEntries(names.map(field => [field, 'f64']))
  }

  init(k: KernelBuilder, entry: Expr): void {
    for (const field of Object.keys(this.fields)) this.#put(k, field, entry, f64(0))
  }

  read(_k: KernelBuilder, entry: Expr): ReturnType<Accumulator['read']> {
    return scalar('float64', this.#held(this.#sum, entry), FALSE)
  }

  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    const added = this.#held(this.#rows, from)
    k.if(gt(added, f64(0)), () => {
      const rows = k.let('rows', add(this.#held(this.#rows, into), added))
      const share = k.let('share', div(added, rows))
      const distances = this.#perMean(mean =>
        k.let('distance', sub(this.#held(mean, from), this.#held(mean, into))),
      )
      const [first, second] = this.#factors.map(number => distances[number])
      const between = mul(first, mul(second, mul(this.#held(this.#rows, into), share)))
      const within = add(this.#held(this.#sum, into), this.#held(this.#sum, from))
      this.#put(k, this.#sum, into, add(within, between))
      for (const [number, mean] of this.#means)
        this.#put(k, mean, into, add(this.#held(mean, into), mul(distances[number], share)))
      this.#put(k, this.#rows, into, rows)
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
    const rows = k.let('rows', add(this.#held(this.#rows, entry), f64(1)))
    const values = this.#perMean((_, number) => {
      const { value } = scalarOf(argumentOf(args, number))
      return k.let('x', toDouble(value, this.#argTypes[number]))
    })
    const distances = this.#perMean((mean, number) =>
      k.let('distance', sub(values[number], this.#held(mean, entry))),
    )
    const moved = this.#perMean((mean, number) =>
      k.let('mean', add(this.#held(mean, entry), div(distances[number], rows))),
    )
    const [first, second] = this.#factors
    const added = mul(distances[first], sub(values[second], moved[second]))
    this.#put(k, this.#rows, entry, rows)
    for (const [number, mean] of this.#means) this.#put(k, mean, entry, moved[number])
    this.#put(k, this.#sum, entry, add(this.#held(this.#sum, entry), added))
  }

  /** Something for each mean, by the number of the argument. */
  #perMean(make: (mean: string, number: number) => Expr): Readonly<Record<number, Expr>> {
    return Object.fromEntries([...this.#means].map(([number, mean]) => [number, make(mean, number)]))
  }

  #held(field: string, entry: Expr): Expr {
    return this.#store.load(field, entry)
  }

  #put(k: KernelBuilder, field: string, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, field, entry, value)
  }
}

export const productsOfPairs = products(0, 1)
export const squaresOfFirst = products(0, 0)
export const squaresOfSecond = products(1, 1)
