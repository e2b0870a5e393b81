/** Where the groups of an aggregation wait, by the kind of its windows. */
import type { WindowSpec } from '../../../ir/logical/window.ts'
import type { GroupWindows } from '../lib/group-windows.ts'
import { OpenWindows } from '../lib/open-windows.ts'
import { type PaneGrid, SharedPanes } from '../lib/shared-panes.ts'
import type { HashTable } from '../lib/table.ts'

/** Without windows all groups wait in one. */
export function windowsOf(id: number, groups: HashTable, spec: WindowSpec | undefined): GroupWindows {
  return spec && spec.kind !== 'tumble'
    ? new SharedPanes(id, groups, gridOf(spec))
    : new OpenWindows(id, groups)
}

/** Are groups those of panes, which are combined when a window closes? */
export const combinesPanes = (spec: WindowSpec | undefined): boolean =>
  spec !== undefined && spec.kind !== 'tumble'

function gridOf(spec: Exclude<WindowSpec, { kind: 'tumble' }>): PaneGrid {
  return spec.kind === 'hop'
    ? { stride: spec.slideTicks, isCumulating: false, size: spec.sizeTicks }
    : { stride: spec.stepTicks, isCumulating: true, size: spec.sizeTicks }
}
