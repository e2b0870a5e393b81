/** Which aggregations can take rows back, and what is refused of those that cannot. */
import { MillraceError } from '../errors.ts'
import { retractableNames, retractRow } from '../expr/changes.ts'
import { findColumn } from '../schema.ts'
import type { Aggregate } from './aggregate.ts'
import { type AnyEmitStrategy, CHANGE } from './emit.ts'
import { refusal, refuseCodes } from './mode.ts'
import type { Relation } from './relation.ts'

/** Ways to emit that can say that a group is gone, or wait until none goes any more. */
const overChanges: ReadonlySet<AnyEmitStrategy> = new Set(['close', 'final', 'changelog', 'distinct'])

type Asked = Pick<Aggregate, 'keys' | 'aggregates' | 'emit' | 'rows' | 'deletes'>

export function checkRetraction(input: Relation, asked: Asked): void {
  if (asked.deletes !== undefined) checkDeletes(input, asked, asked.deletes)
  if (!input.isChangelog) return
  const { keys, aggregates, emit } = asked
  for (const { call } of aggregates) refuseCodes(input, call.args, `${call.fn} over changes`)
  if (keys.includes(CHANGE))
    throw refusal(`'${CHANGE}' as a key of an aggregation of changes`, 'read changes as rows: asAppend(..)')
  const fixed = aggregates.filter(({ call }) => !retractRow(call)).map(({ call }) => call.fn)
  if (fixed.length > 0) {
    throw refusal(
      `an aggregation of changes by ${[...new Set(fixed)].join(', ')}: what was taken in cannot be taken back`,
      fixed.includes('fold')
        ? 'give the definition of the aggregate a `remove`'
        : `over changes there are ${retractableNames.join(', ')}`,
    )
  }
  if (asked.rows)
    throw refusal('windows of rows over changes: a row may be taken back', 'use tumbling windows, or none')
  if (emit.early || emit.changes)
    throw refusal('early results, or changes of results, over changes', "emit a 'changelog', or on 'close'")
  if (!overChanges.has(emit.strategy)) {
    throw refusal(
      `an aggregation of changes that emits on '${emit.strategy}': it could not say that a group is gone`,
      "emit a 'changelog', or on 'close'",
    )
  }
  const spec = input.time?.window?.spec
  if (spec?.kind === 'session') {
    throw refusal(
      'an aggregation of changes in sessions: a row that is taken back would cut one',
      'use other windows, or none',
    )
  }
}

/** Groups that rows delete are told as changes: nobody would know of it otherwise. */
function checkDeletes({ schema, isChangelog }: Relation, { emit }: Asked, deletes: string): void {
  const column = findColumn(schema, deletes)
  if (!column) throw new MillraceError('LDB-1100', `no column '${deletes}' that marks deletes`)
  if (column.type !== 'bool')
    throw new MillraceError('LDB-1200', `'${deletes}' is ${column.type}; what marks deletes is a bool`)
  if (isChangelog)
    throw refusal('changes that a column deletes besides', 'changes say themselves what is taken back')
  if (emit.strategy !== 'changelog')
    throw refusal(`groups that '${deletes}' deletes, emitted on '${emit.strategy}'`, "emit a 'changelog'")
}
