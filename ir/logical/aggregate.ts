/**
 * aggregate: one row per group. Groups of a window are emitted when the watermark passes its end; without a
 * window, when the input ends.
 */
import { MillraceError } from '../errors.ts'
import { type Aggregate as AggregateCall, printAggregate } from '../expr/aggregates.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { type Column, checkSchema, findColumn } from '../schema.ts'
import { changeColumn, checkEmit, type Emit, isEager, ON_CLOSE, printEmit } from './emit.ts'
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import { type AssignedWindow, checkColumns, type Relation } from './relation.ts'

export interface NamedAggregate {
  readonly name: string
  readonly call: AggregateCall
}

export interface Aggregate {
  readonly kind: 'aggregate'
  readonly input: LogicalNode
  /** The window whose end closes the groups; its columns come first in the output. */
  readonly window: AssignedWindow | undefined
  readonly keys: readonly string[]
  readonly aggregates: readonly NamedAggregate[]
  readonly emit: Emit
  readonly relation: Relation
}

export function aggregate(
  input: LogicalNode,
  keys: readonly string[],
  aggregates: readonly NamedAggregate[],
  emit: Emit = ON_CLOSE,
): Aggregate {
  const { schema, time, isChangelog } = input.relation
  if (isChangelog) {
    throw new MillraceError('LDB-1001', 'an aggregation of changes: it cannot take rows back', {
      fix: "aggregate rows that are only added: leave emit 'changelog' out before",
    })
  }
  checkEmit(emit, time?.window !== undefined)
  if (isEager(emit) && time?.window && !time.window.isInRows) {
    throw new MillraceError('LDB-1001', `results of ${time.window.spec.kind} windows after every row`, {
      fix: "emit them on 'close', or use tumbling windows",
    })
  }
  const window = time?.window
  const bounds = window ? [window.start, window.end] : []
  const columns = keys.map(name => {
    const column = findColumn(schema, name)
    if (!column) throw new MillraceError('LDB-1100', `no column '${name}' to group by`)
    refuseList(`a group key '${name}'`, column.type)
    return column
  })
  for (const { name, call } of aggregates) for (const arg of call.args) checkColumns(arg, schema, name)
  const results = aggregates.map(
    ({ name, call }): Column => ({ name, type: call.type, nullable: call.nullable }),
  )
  return {
    kind: 'aggregate',
    input,
    window,
    keys,
    aggregates,
    emit,
    relation: {
      schema: checkSchema([
        ...bounds.map(name => ({ name, type: window?.type ?? 'int64', nullable: false })),
        ...columns,
        ...results,
        ...(emit.strategy === 'changelog' ? [changeColumn] : []),
      ]),
      isChangelog: emit.strategy === 'changelog',
      time: window && { columns: timesOf(window), window: undefined },
    },
  }
}

/** A session may have begun at any time before its end. */
const timesOf = ({ spec, start, end }: AssignedWindow): readonly string[] =>
  spec.kind === 'session' ? [end] : [start, end]

export const aggregateRule: OperatorRule<Aggregate> = {
  inputs: node => [node.input],
  exprs: node => node.aggregates.flatMap(({ call }) => call.args),
  print: ({ window, keys, aggregates, emit }) => {
    const by = [...(window ? [window.start, window.end] : []), ...keys].map(printName).join(', ')
    const calls = aggregates.map(({ name, call }) => `${printAggregate(call)} as ${printName(name)}`)
    return `aggregate by (${by}): ${calls.join(', ')}${printEmit(emit)}`
  },
}
