/** source: rows that come from outside, with the event time and watermark that their owner declares. */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn, printSchema, type Schema } from '../schema.ts'
import { isList, isTimestamp } from '../types.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

/** The watermark is the largest time seen less the delay. */
export interface WatermarkSpec {
  readonly column: string
  readonly delayTicks: bigint
  /** A column of booleans: only the times of rows where it is true count. */
  readonly marker?: string
  /** When it moves: behind each row (the default), or behind the last row of each batch that was pushed. */
  readonly moves?: 'row' | 'batch'
}

export interface Source {
  readonly kind: 'source'
  readonly name: string
  readonly watermark: WatermarkSpec | undefined
  readonly relation: Relation
}

export function source(name: string, schema: Schema, watermark?: WatermarkSpec): Source {
  checkSchema(schema)
  for (const { name, type } of schema)
    if (isList(type))
      throw new MillraceError('LDB-1001', `the column '${name}' of the source is a list (${type})`, {
        fix: 'give the source one row for each value: arrayAgg makes lists of them',
      })
  if (watermark) checkWatermark(schema, watermark)
  const time = watermark && { columns: [watermark.column], window: undefined }
  return { kind: 'source', name, watermark, relation: { schema, time, isChangelog: false } }
}

function checkWatermark(schema: Schema, { column, delayTicks, marker }: WatermarkSpec): void {
  const found = findColumn(schema, column)
  if (!found) throw new MillraceError('LDB-1100', `no column '${column}' to be the time of the source`)
  if (!isTimestamp(found.type)) {
    throw new MillraceError('LDB-1200', `the time column '${column}' is ${found.type}, not a timestamp`)
  }
  const marks = marker === undefined ? undefined : findColumn(schema, marker)
  if (marker !== undefined && !marks)
    throw new MillraceError('LDB-1100', `no column '${marker}' to be the marker`)
  if (marks && marks.type !== 'bool')
    throw new MillraceError('LDB-1200', `the marker '${marker}' is ${marks.type}, not a bool`)
  if (delayTicks < 0n) throw new MillraceError('LDB-0001', 'the out-of-orderness must not be negative')
}

export const sourceRule: OperatorRule<Source> = {
  inputs: () => [],
  exprs: () => [],
  print: ({ name, watermark, relation }) => {
    const time = watermark ? ` watermark ${printWatermark(watermark)}` : ''
    return `source ${printName(name)} (${printSchema(relation.schema)})${time}`
  },
}

function printWatermark({ column, delayTicks, marker, moves = 'row' }: WatermarkSpec): string {
  const where = marker === undefined ? '' : ` where ${printName(marker)}`
  return `${printName(column)} - ${delayTicks}${where}${moves === 'row' ? '' : ' by batch'}`
}
