/** Where the groups of an aggregation wait, by the kind of its windows. */
import type { FieldSpecs } from '../../../ir/layout.ts'
import { reachOf, type WindowSpec } from '../../../ir/logical/window.ts'
import type { GroupWindows } from '../lib/group-windows.ts'
import { OpenWindows } from '../lib/open-windows.ts'
import { Sessions, sessionFields } from '../lib/sessions.ts'
import { SharedPanes } from '../lib/shared-panes.ts'
import type { HashTable } from '../lib/table.ts'

/** Without windows all groups wait in one. */
export function windowsOf(
  id: number,
  groups: HashTable,
  spec: WindowSpec | undefined,
  lateness: bigint,
): GroupWindows {
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
      return new OpenWindows(id, groups, lateness)
  }
}

/** What groups keep for their windows, beside the start of their pane. */
export const fieldsOf = (spec: WindowSpec | undefined): FieldSpecs =>
  spec?.kind === 'session' ? sessionFields : {}

/** Are groups those of panes, which are combined when a window closes? */
export const combinesPanes = (spec: WindowSpec | undefined): boolean =>
  spec !== undefined && spec.kind !== 'tumble'
