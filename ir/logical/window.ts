/** window: assigns each row to the tumbling window that holds its event time, as two more columns. */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

/** start = floor((time - offset) / size) * size + offset; end = start + size, exclusive. All in ticks of the column. */
export interface TumblingWindow {
  readonly column: string
  readonly sizeTicks: bigint
  readonly offsetTicks: bigint
}

export interface Window {
  readonly kind: 'window'
  readonly input: LogicalNode
  readonly spec: TumblingWindow
  readonly relation: Relation
}

export const WINDOW_START = 'window_start'
export const WINDOW_END = 'window_end'

export function window(input: LogicalNode, spec: TumblingWindow): Window {
  const { schema, time } = input.relation
  const column = findColumn(schema, spec.column)
  if (!column) throw new MillraceError('LDB-1100', `no column '${spec.column}' to window by`)
  if (!isTimestamp(column.type)) {
    throw new MillraceError('LDB-2002', `'${spec.column}' is ${column.type}; a window needs a timestamp`)
  }
  if (!time?.columns.includes(spec.column)) {
    throw new MillraceError('LDB-2001', `'${spec.column}' has no watermark, so its windows would never close`)
  }
  if (spec.sizeTicks <= 0n) throw new MillraceError('LDB-2003', `a window of ${spec.sizeTicks} ticks`)
  const added = [WINDOW_START, WINDOW_END].map(name => ({ name, type: column.type, nullable: false }))
  const columns = [...time.columns, WINDOW_START, WINDOW_END]
  return {
    kind: 'window',
    input,
    spec,
    relation: {
      schema: checkSchema([...schema, ...added]),
      time: { columns, window: { start: WINDOW_START, end: WINDOW_END, ...ticksOf(spec) } },
    },
  }
}

const ticksOf = ({ sizeTicks, offsetTicks }: TumblingWindow) => ({ sizeTicks, offsetTicks })

export const windowRule: OperatorRule<Window> = {
  inputs: node => [node.input],
  exprs: () => [],
  print: ({ spec }) => {
    const offset = spec.offsetTicks === 0n ? '' : ` offset ${spec.offsetTicks}`
    return `window tumble ${printName(spec.column)} size ${spec.sizeTicks}${offset}`
  },
}
