/** The frame around the code of a row: where it may leave, and how a row is refused or found late. */
import { controlBlock, Status } from '../../ir/abi.ts'
import { add, and, any, ge, i32, isConst, type KernelBuilder, le, load, or } from '../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../ir/kernel/node.ts'
import { count, watermark } from './event-time.ts'
import type { Leave } from './lib/control.ts'
import type { RowCount } from './row-counts.ts'
import { type PlanScope, type RowScope, Scratch } from './scope.ts'
import { type Fault, faultBits, isNever } from './value.ts'

/** Numbers for the operators that error rows name. */
export class OperatorNames {
  readonly #numbers = new Map<string, number>()

  numberOf(operator: string): number {
    const known = this.#numbers.get(operator)
    if (known !== undefined) return known
    this.#numbers.set(operator, this.#numbers.size)
    return this.#numbers.size - 1
  }

  list(): readonly string[] {
    return [...this.#numbers.keys()]
  }
}

/** The regions that rows go to when they do not go on. */
export interface SideOutputs {
  readonly late: Mem
  readonly errors: Mem
}

export interface FrameOptions {
  readonly k: KernelBuilder
  readonly plan: PlanScope
  readonly sides: SideOutputs
  readonly operators: OperatorNames
  readonly leave: Leave
  /** Number of the row in its batch, or -1 for a row that an operator emits. */
  readonly rowNumber: Expr
  readonly input: number
  readonly arrival: Expr
  readonly ahead: RowScope['ahead']
  readonly lane: RowScope['lane']
  /** Has a watermark of the row's own passed a time, where it has one? */
  readonly hasPassedOwn: ((time: Expr) => Expr) | undefined
  /** The block around the code of the row. */
  readonly rowLabel: string
  readonly masked: boolean
  readonly stopIfDue: RowScope['stopIfDue']
  readonly leaveIfDue: RowScope['leaveIfDue']
  readonly endCall: RowScope['endCall']
  readonly spend: RowScope['spend']
  /** Where values of the row were written before, if any were. */
  readonly scratch?: Scratch
  /** In a plan that is analysed. */
  readonly count: RowCount | undefined
}

export function rowScope(options: FrameOptions): RowScope {
  const { k, plan, leave, input, rowLabel, masked, arrival, ahead, lane, stopIfDue, leaveIfDue } = options
  const scratch = options.scratch ?? new Scratch(k, leave)
  return {
    k,
    plan,
    leave,
    input,
    masked,
    arrival,
    ahead,
    lane,
    scratch,
    hasPassed(time) {
      const isClosed = le(time, load(watermark.mem, watermark.field))
      return options.hasPassedOwn ? or(isClosed, options.hasPassedOwn(time)) : isClosed
    },
    reject: (faults, mask, operator) => reject(options, faults, mask, operator),
    late(isTold) {
      if (isTold) k.store(options.sides.late, 'row', sideRow(k, 'late', leave), options.rowNumber)
      count(k, 'late_dropped')
      k.break(rowLabel)
    },
    drop: () => k.break(rowLabel),
    stopIfDue,
    leaveIfDue,
    endCall: options.endCall,
    part: label => rowScope({ ...options, scratch, rowLabel: label }),
    spend: options.spend,
  }
}

function reject(options: FrameOptions, faults: readonly Fault[], mask: Expr, operator: string): void {
  const { k, sides, leave } = options
  const real = faults.filter(fault => !isNever(fault.when))
  if (real.length === 0) return
  const failed = any(real.map(fault => fault.when))
  k.if(isConst(mask, true) ? failed : and(mask, failed), () => {
    const row = sideRow(k, 'error', leave)
    k.store(sides.errors, 'row', row, options.rowNumber)
    k.store(sides.errors, 'bits', row, faultBits(real))
    k.store(sides.errors, 'operator', row, i32(options.operators.numberOf(operator)))
    count(k, 'error_dropped')
    options.count?.refuse(faultBits(real))
    k.break(options.rowLabel)
  })
}

/** The next row of a side output; leaves `full` where there is none. */
function sideRow(k: KernelBuilder, side: 'late' | 'error', leave: Leave): Expr {
  const row = k.let(`${side}_row`, load(controlBlock, `${side}_rows`))
  k.if(ge(row, load(controlBlock, `${side}_room`)), () => leave(Status.full))
  k.put(controlBlock, `${side}_rows`, add(row, i32(1)))
  return row
}
