/** What the rows of a frame come to: the accumulators of all calls over one frame, which every row enters and may leave again. */
import type { KernelBuilder } from '../../../ir/kernel/build.ts'
import { bool } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { type Frame, type Framed, frameOf, type NamedCall, readBy } from '../../../ir/logical/history-call.ts'
import { GroupStore, type Prepared, type StateIds } from '../accumulators/accumulator.ts'
import { GroupAccumulators } from '../accumulators/group-accumulators.ts'
import { type Accumulation, accumulate, fieldsOf } from '../accumulators/index.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Interner } from '../lib/interner.ts'
import type { PlanScope, RowWork } from '../scope.ts'
import type { Value } from '../value.ts'

/** What accumulators of frames are made with. */
export interface FrameParts {
  readonly texts: Interner | undefined
  readonly plan: PlanScope
  readonly ids: StateIds
  /** Is a row part of frames also where its own results are refused? */
  readonly keepsRefused: boolean
}

export class FrameTotals {
  readonly frame: Frame
  readonly #calls: readonly (NamedCall & { readonly call: Framed })[]
  readonly #store: GroupStore
  readonly #accumulation: Accumulation
  readonly held: GroupAccumulators

  /** Names of fields begin with `prefix`. */
  constructor(
    frame: Frame,
    calls: readonly NamedCall[],
    prefix: string,
    { texts, plan, ids, keepsRefused }: FrameParts,
  ) {
    this.frame = frame
    this.#calls = calls.flatMap(({ name, call }) => (call.kind === 'aggregate' ? [{ name, call }] : []))
    const facts = {
      isUngrouped: false,
      combines: false,
      retracts: frame.kind !== 'running',
      isFrame: keepsRefused || frame.kind !== 'running',
      needsResults: true,
      plan,
    }
    this.#store = new GroupStore(texts, facts, ids)
    this.#accumulation = accumulate(
      this.#store,
      this.#calls.map(({ call }) => call.call),
      prefix,
    )
    this.held = new GroupAccumulators(this.#accumulation)
  }

  get fields(): FieldSpecs {
    return fieldsOf(this.#accumulation)
  }

  get regions() {
    return this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.regions ?? [])
  }

  get parts() {
    return this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.parts ?? [])
  }

  place(entries: Mem): void {
    this.#store.place(entries)
  }

  /** A row that enters the frame of a partition, or leaves it. */
  prepare(cx: RowWork, columns: RowColumns, entry: Expr, leaves: boolean): readonly Prepared[] {
    const args = this.#calls.map(({ call }) => readBy(call).map(name => valueIn(columns, name)))
    return this.#accumulation.accumulators.map(({ accumulator, feeder }) =>
      accumulator.prepare({
        cx,
        args: args[feeder] ?? [],
        mask: bool(true),
        time: cx.arrival,
        entry,
        removes: bool(leaves),
      }),
    )
  }

  values(k: KernelBuilder, entry: Expr): readonly (readonly [string, Value])[] {
    return this.#calls.map(({ name }, n) => [name, this.#accumulation.finish(k, n, entry)])
  }
}

/** One for each frame that anything is aggregated over. */
export function totalsOf(calls: readonly NamedCall[], parts: FrameParts): readonly FrameTotals[] {
  const byFrame = new Map<string, { readonly frame: Frame; readonly calls: NamedCall[] }>()
  for (const named of calls) {
    const frame = frameOf(named.call)
    if (named.call.kind !== 'aggregate' || !frame) continue
    const key = Object.values(frame).join(' ')
    const known = byFrame.get(key) ?? { frame, calls: [] }
    known.calls.push(named)
    byFrame.set(key, known)
  }
  return [...byFrame.values()].map(
    ({ frame, calls: own }, n) => new FrameTotals(frame, own, `frame_${n}_`, parts),
  )
}

export function valueIn(columns: RowColumns, name: string): Value {
  const value = columns.get(name)
  if (!value) throw new Error(`column ${name} is read for the history and is not there`)
  return value
}
