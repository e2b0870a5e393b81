/** Where the groups of an aggregation wait, by the kind of its windows. */
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Aggregate } from '../../../ir/logical/aggregate.ts'
import { reachOf, type WindowSpec } from '../../../ir/logical/window.ts'
import type { GroupWindows } from '../lib/group-windows.ts'
import { detachableFields, OpenWindows } from '../lib/open-windows.ts'
import { Sessions, sessionFields } from '../lib/sessions.ts'
import { SharedPanes } from '../lib/shared-panes.ts'
import type { HashTable } from '../lib/table.ts'

/** Without windows all groups wait in one. `canEmpty`: groups may leave before their window closes. */
export function windowsOf(
  id: number,
  groups: HashTable,
  { window, emit: { latenessTicks: lateness } }: Pick<Aggregate, 'window' | 'emit'>,
  canEmpty: boolean,
): GroupWindows {
  const spec = window?.spec
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
      return new OpenWindows(id, groups, lateness, canEmpty)
  }
}

/** What groups keep for their windows, beside the start of their pane. */
export const fieldsOf = (spec: WindowSpec | undefined, canEmpty: boolean): FieldSpecs =>
  spec?.kind === 'session' ? sessionFields : canEmpty ? detachableFields : {}

/** Are groups those of panes, which are combined when a window closes? */
export const combinesPanes = (spec: WindowSpec | undefined): boolean =>
  spec !== undefined && spec.kind !== 'tumble'
