/** How often a plan must be told the time of the clock: at every multiple of every period that it has to do with. */
import type { Early } from '../../ir/logical/emit.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { idleMsOf, type WatermarkSpec } from '../../ir/logical/source.ts'

/** In milliseconds; 0 where batches are often enough, undefined where no operator reads the clock. */
export function ticksOf(plan: LogicalNode): number | undefined {
  const periods = periodsOf(plan)
  return periods.length === 0 ? undefined : Number(periods.reduce(divisorOf))
}

const periodsOf = (node: LogicalNode): readonly bigint[] => [
  ...ownPeriods(node),
  ...inputsOf(node).flatMap(periodsOf),
]

/** Milliseconds; 0 for one that reads the clock when rows come. */
function ownPeriods(node: LogicalNode): readonly bigint[] {
  if (node.kind === 'source') return node.watermark ? watermarkPeriods(node.watermark) : []
  if (node.kind === 'lookup') return node.ttlMs === undefined ? [] : [0n]
  const periods = periodOf(node)
  return periods?.clock === 'processing' ? [periods.every] : []
}

function periodOf(node: LogicalNode): Early | undefined {
  if (node.kind === 'consolidate') return node.every
  return node.kind === 'aggregate' ? node.emit.early : undefined
}

/** A source or partition is found idle no later than half of its time behind that. */
function watermarkPeriods(spec: WatermarkSpec): readonly bigint[] {
  if (spec.follows === 'clock') return [CLOCK_PERIOD_MS]
  const idleMs = idleMsOf(spec)
  if (idleMs !== undefined) return [half(idleMs)]
  return spec.partition || spec.ahead ? [0n] : []
}

/** How often a watermark that follows the clock is raised while no rows come. */
const CLOCK_PERIOD_MS = 100n

const half = (period: bigint): bigint => (period + 1n) / 2n
const divisorOf = (a: bigint, b: bigint): bigint => (b === 0n ? a : divisorOf(b, a % b))
