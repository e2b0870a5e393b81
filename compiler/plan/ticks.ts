/** How often a plan must be told the time of the clock: at every multiple of every period that it has to do with. */
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'

/** In milliseconds; undefined where no operator reads the clock. */
export function ticksOf(plan: LogicalNode): number | undefined {
  const periods = periodsOf(plan)
  return periods.length === 0 ? undefined : Number(periods.reduce(divisorOf))
}

const periodsOf = (node: LogicalNode): readonly bigint[] => [
  ...ownPeriods(node),
  ...inputsOf(node).flatMap(periodsOf),
]

/** Milliseconds, one or more. */
function ownPeriods(node: LogicalNode): readonly bigint[] {
  const early = node.kind === 'aggregate' ? node.emit.early : undefined
  return early?.clock === 'processing' ? [early.every] : []
}

const divisorOf = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisorOf(b, a % b))
