/** Random calls of history: what rows learn of those before and behind them. */
import fc from 'fast-check'
import { type AggregateName, aggregateOver, aggregateRow } from '../../ir/expr/aggregates.ts'
import { retractRow } from '../../ir/expr/changes.ts'
import { literal } from '../../ir/expr/expr.ts'
import type { Frame, HistoryCall, NamedCall } from '../../ir/logical/history-call.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { isList } from '../../ir/types.ts'
import { callOver } from './aggregates.ts'
import { ref } from './exprs.ts'
import { valuesOf } from './values.ts'

const CALLS_MAX = 3
const offsets = fc.constantFrom(1, 1, 2, 3, 7)
const runningFrame: Frame = { kind: 'running' }
const rowFrames: fc.Arbitrary<Frame> = fc.oneof(
  fc.constant(runningFrame),
  fc.constantFrom(0, 1, 2, 5).map((preceding): Frame => ({ kind: 'rows', preceding })),
)
const timeFrames: fc.Arbitrary<Frame> = fc.oneof(rowFrames, {
  weight: 2,
  arbitrary: fc.constantFrom(0n, 1n, 4n, 100n).map((ticks): Frame => ({ kind: 'range', ticks })),
})

/** Calls that no row waits for; of ranges of time, where those are known; or of rows behind. */
export function historyCallsOf(
  schema: Schema,
  kind: 'nothing' | 'time' | 'rows',
): fc.Arbitrary<readonly NamedCall[]> {
  const columns = schema.filter(({ type }) => !isList(type))
  const column = fc.constantFrom(...columns)
  const frames = kind === 'time' ? timeFrames : rowFrames
  const calls: readonly fc.Arbitrary<HistoryCall>[] =
    kind === 'rows'
      ? [shifted('lead', column)]
      : [shifted('lag', column), placed(column, frames), framed(schema, frames), framed(schema, frames)]
  return fc
    .array(fc.oneof(...calls), { minLength: 1, maxLength: CALLS_MAX })
    .map(list => list.map((call, i) => ({ name: freshName(schema, i), call })))
}

const freshName = (schema: Schema, i: number): string => {
  const free = ['h', 'i', 'j', 'k'].find(letter => !schema.some(({ name }) => name === `${letter}${i}`))
  return `${free}${i}`
}

const shifted = (kind: 'lag' | 'lead', column: fc.Arbitrary<Column>): fc.Arbitrary<HistoryCall> =>
  column.chain(({ name, type }) =>
    fc.tuple(offsets, fc.option(valuesOf(type), { nil: undefined })).map(([offset, value]) => ({
      kind,
      column: name,
      offset,
      otherwise: value === undefined ? undefined : literal(value, type),
    })),
  )

const placed = (column: fc.Arbitrary<Column>, frames: fc.Arbitrary<Frame>): fc.Arbitrary<HistoryCall> =>
  fc.tuple(column, frames, fc.constantFrom(0, 1, 1, 2, 4)).map(([{ name }, frame, number]) =>
    number === 0
      ? { kind: 'last', column: name, frame }
      : {
          kind: 'nth',
          column: name,
          number:
            frame.kind === 'running'
              ? number
              : Math.min(number, frame.kind === 'rows' ? frame.preceding + 1 : 1),
          frame,
        },
  )

/** Arguments are columns: of a call over expressions those of the right types, if there are any. */
const framed = (schema: Schema, frames: fc.Arbitrary<Frame>): fc.Arbitrary<HistoryCall> =>
  fc
    .tuple(callOver(schema, false), frames, fc.array(fc.nat(), { minLength: 2, maxLength: 2 }))
    .map(([call, wanted, picks]) => {
      const args = call.args.map(({ type }, i) => {
        const fitting = schema.filter(one => one.type === type)
        return fitting.length === 0 ? undefined : ref(fitting[picks[i] % fitting.length])
      })
      const known =
        args.every(arg => arg !== undefined) && !isUnread(call.fn)
          ? aggregateOver(call, args)
          : aggregateOver({ fn: 'count' }, [])
      const frame = wanted.kind === 'running' || retractRow(known) ? wanted : runningFrame
      return { kind: 'aggregate', call: known, frame }
    })

function isUnread(fn: AggregateName): boolean {
  const { limitMax, ordered } = aggregateRow(fn)
  return (
    limitMax !== undefined || ordered === true || fn === 'fold' || fn === 'latest' || fn.startsWith('approx_')
  )
}
