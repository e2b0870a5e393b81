/**
 * A row of windows that overlap, where each keeps it for itself: it is taken into one after the other, in order of time, of
 * those that are still open. How many that were is kept in state, so that the call may end between two of them.
 */
import { add, eq, i32, i64, load, mul, op, sub } from '../../../ir/kernel/build.ts'
import type { Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { CumulatingWindow, HoppingWindow } from '../../../ir/logical/window.ts'
import { closingOf, type Pane } from '../lib/group-windows.ts'
import { hashOfWindow } from '../lib/hash.ts'
import type { Row, RowScope } from '../scope.ts'

/** What a row does to the group of one of its windows: `row` has that window in place of its pane. */
export type TakeRow = (cx: RowScope, row: Row) => void

export class EachWindow {
  readonly mem: Mem
  readonly #spec: HoppingWindow | CumulatingWindow
  readonly #latenessTicks: bigint

  constructor(spec: HoppingWindow | CumulatingWindow, latenessTicks: bigint) {
    this.mem = rowLayout('windows_of_row', 'state', { done: 'i32' })
    this.#spec = spec
    this.#latenessTicks = latenessTicks
  }

  push(cx: RowScope, row: Row, pane: Pane, take: TakeRow): void {
    const { k } = cx
    const spec = this.#spec
    const stride = spec.kind === 'hop' ? spec.slideTicks : spec.stepTicks
    k.loop('each_window', label => {
      const done = k.let('done', load(this.mem, 'done'))
      const end = k.let('end', add(pane.firstEnd, mul(op('extend.i32', done), i64(stride))))
      k.phase('reserve')
      cx.leaveIfDue()
      k.block('window', window => {
        k.if(cx.hasPassed(closingOf(end, this.#latenessTicks)), () => k.break(window))
        const start = k.let('start', sub(end, i64(spec.kind === 'hop' ? spec.sizeTicks : stride)))
        const from = spec.kind === 'hop' ? start : pane.from
        const own = {
          start,
          hash: k.let('window_hash', hashOfWindow(k, start)),
          from,
          firstEnd: end,
          lastEnd: end,
        }
        take(cx.part(window), { ...row, pane: own })
      })
      k.phase('apply')
      cx.spend(1)
      k.breakIf(eq(end, pane.lastEnd), label)
      k.put(this.mem, 'done', add(done, i32(1)))
    })
    k.phase('apply')
    k.put(this.mem, 'done', i32(0))
  }
}
