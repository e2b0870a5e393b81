/** Where the groups of an aggregation wait, by the kind of its windows. */
import { sub } from '../../../ir/kernel/build.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { type Aggregate, splitsByWindow } from '../../../ir/logical/aggregate.ts'
import { corrects, type Emit, isRefined, takesBack } from '../../../ir/logical/emit.ts'
import { overlaps, paneRowsOf, type RowWindow } from '../../../ir/logical/row-window.ts'
import { reachOf, type SessionWindow, type WindowSpec } from '../../../ir/logical/window.ts'
import { clockTime, MIN_TIME } from '../event-time.ts'
import { changedFields } from '../lib/changed-groups.ts'
import { intoGrid } from '../lib/grid.ts'
import type { GroupWindows, TimeField } from '../lib/group-windows.ts'
import { detachableFields, OpenWindows, type WindowShape } from '../lib/open-windows.ts'
import { PaneRing, type RingShape, ringFields } from '../lib/pane-ring.ts'
import { RefinedSessions, refinedSessionFields } from '../lib/refined-sessions.ts'
import { type RefinedRule, RefinedWindows } from '../lib/refined-windows.ts'
import type { Refinement } from '../lib/refinement.ts'
import { type CountRule, counterFields, RowCounter } from '../lib/row-counter.ts'
import { Sessions, sessionFields } from '../lib/sessions.ts'
import { SharedPanes } from '../lib/shared-panes.ts'
import type { HashTable } from '../lib/table.ts'

/** Without windows all groups wait in one. `canEmpty`: groups may leave before their window closes. */
export function windowsOf(
  id: number,
  groups: HashTable,
  node: Aggregate,
  watermark: TimeField,
  canEmpty: boolean,
): GroupWindows {
  const { window, emit, rows } = node
  if (rows && overlaps(rows)) return new PaneRing(groups, ringOf(rows))
  const spec = window?.spec
  const lateness = emit.latenessTicks
  if (spec?.kind === 'session') return sessionsOf(groups, node, spec, watermark)
  if (isRefined(emit)) return new RefinedWindows(id, groups, refinedRule(node, watermark))
  const open = (): GroupWindows => new OpenWindows(id, groups, shapeOf(node), {}, canEmpty)
  if (splitsByWindow(node)) return open()
  switch (spec?.kind) {
    case 'hop':
      return new SharedPanes(id, groups, {
        stride: spec.slideTicks,
        isCumulating: false,
        size: spec.sizeTicks,
        lateness,
      })
    case 'cumulate':
      return new SharedPanes(id, groups, {
        stride: spec.stepTicks,
        isCumulating: true,
        size: spec.sizeTicks,
        lateness,
      })
    default:
      return open()
  }
}

function sessionsOf(
  groups: HashTable,
  { emit }: Aggregate,
  spec: SessionWindow,
  watermark: TimeField,
): Sessions {
  const rule = { gap: spec.gapTicks, reach: reachOf(spec), lateness: emit.latenessTicks, watermark }
  return isRefined(emit)
    ? new RefinedSessions(groups, rule, refinementOf(emit, watermark))
    : new Sessions(groups, rule)
}

/** Windows that keep their rows for themselves; without any there is one for all time. */
const shapeOf = ({ window, emit }: Aggregate): WindowShape => ({
  latenessTicks: emit.latenessTicks,
  fromOf(k, known) {
    if (window?.spec.kind !== 'cumulate') return known
    const { sizeTicks, offsetTicks } = window.spec
    return k.let('from', sub(known, intoGrid(k, sizeTicks, offsetTicks, known)))
  },
})

const refinedRule = (node: Aggregate, watermark: TimeField): RefinedRule => ({
  ...shapeOf(node),
  ...refinementOf(node.emit, watermark),
  ticks: node.window && ticksOf(node.window.spec),
})

function refinementOf(emit: Emit, watermark: TimeField): Refinement {
  const { early } = emit
  const isEventTime = early?.clock === 'event'
  const clock = isEventTime ? watermark : clockTime
  return {
    corrects: corrects(emit),
    early: early && { every: early.every, isEventTime, clock, watermark, noTime: MIN_TIME },
    onlyChanged: takesBack(emit),
    watermark,
    noTime: MIN_TIME,
  }
}

/** From the start of its last pane to the end of a window that keeps its rows for itself. */
function ticksOf(spec: WindowSpec): bigint {
  if (spec.kind === 'session') throw new Error('a session is as long as its rows say')
  return spec.kind === 'cumulate' ? spec.stepTicks : spec.sizeTicks
}

function ringOf(rows: RowWindow): RingShape {
  const { sizeRows = rows.slideRows, slideRows } = rows
  const paneRows = paneRowsOf(rows)
  return { paneRows, sizePanes: sizeRows / paneRows, slidePanes: slideRows / paneRows }
}

/** Counts the rows of groups, where so many of them make a result and no row belongs to two. */
export const counterOf = (groups: HashTable, rows: RowWindow | undefined): RowCounter | undefined =>
  rows && !overlaps(rows) ? new RowCounter(groups, ruleOf(rows)) : undefined

const ruleOf = ({ sizeRows, slideRows }: RowWindow): CountRule => ({
  every: slideRows,
  startsAnew: sizeRows !== undefined,
})

/** What groups keep for their windows, beside the start of their pane. */
export function fieldsOf({ window, emit, rows }: Aggregate, canEmpty: boolean): FieldSpecs {
  if (rows) return overlaps(rows) ? ringFields : counterFields(ruleOf(rows))
  const ofSession = isRefined(emit) ? { ...sessionFields, ...refinedSessionFields } : sessionFields
  return {
    ...(emit.early && changedFields),
    ...(canEmpty && detachableFields),
    ...(window?.spec.kind === 'session' && ofSession),
  }
}
