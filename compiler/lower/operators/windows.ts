/** Where the groups of an aggregation wait, by the kind of its windows. */
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Aggregate } from '../../../ir/logical/aggregate.ts'
import { corrects, type Emit, isRefined, takesBack } from '../../../ir/logical/emit.ts'
import { reachOf, type WindowSpec } from '../../../ir/logical/window.ts'
import { clockTime, MIN_TIME } from '../event-time.ts'
import { changedFields } from '../lib/changed-groups.ts'
import type { GroupWindows, TimeField } from '../lib/group-windows.ts'
import { detachableFields, OpenWindows } from '../lib/open-windows.ts'
import { type RefinedRule, RefinedWindows } from '../lib/refined-windows.ts'
import { Sessions, sessionFields } from '../lib/sessions.ts'
import { SharedPanes } from '../lib/shared-panes.ts'
import type { HashTable } from '../lib/table.ts'

/** Without windows all groups wait in one. `canEmpty`: groups may leave before their window closes. */
export function windowsOf(
  id: number,
  groups: HashTable,
  { window, emit }: Pick<Aggregate, 'window' | 'emit'>,
  watermark: TimeField,
  canEmpty: boolean,
): GroupWindows {
  const spec = window?.spec
  const lateness = emit.latenessTicks
  if (isRefined(emit)) return new RefinedWindows(id, groups, refinedRule(spec, emit, watermark))
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
    case 'session':
      return new Sessions(groups, { gap: spec.gapTicks, reach: reachOf(spec), lateness })
    default:
      return new OpenWindows(id, groups, lateness, {}, canEmpty)
  }
}

/** Windows that do not overlap, or none: others are refused when they are planned. */
function refinedRule(spec: WindowSpec | undefined, emit: Emit, watermark: TimeField): RefinedRule {
  const { early, latenessTicks } = emit
  const isEventTime = early?.clock === 'event'
  return {
    size: spec?.kind === 'tumble' ? spec.sizeTicks : undefined,
    lateness: latenessTicks,
    corrects: corrects(emit),
    early: early && { every: early.every, isEventTime, clock: isEventTime ? watermark : clockTime },
    onlyChanged: takesBack(emit),
    watermark,
    noTime: MIN_TIME,
  }
}

/** What groups keep for their windows, beside the start of their pane. */
export function fieldsOf(spec: WindowSpec | undefined, { early }: Emit, canEmpty: boolean): FieldSpecs {
  if (early) return changedFields
  if (canEmpty) return detachableFields
  return spec?.kind === 'session' ? sessionFields : {}
}

/** Are groups those of panes, which are combined when a window closes? */
export const combinesPanes = (spec: WindowSpec | undefined): boolean =>
  spec !== undefined && spec.kind !== 'tumble'
