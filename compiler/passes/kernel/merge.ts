/** Branches by one condition that stand side by side become one, where the first cannot change the condition. */
import { disturbs, effectsOf, hasEffect } from '../../../ir/kernel/effects.ts'
import { type Block, endsControl, type Kernel, type Stmt } from '../../../ir/kernel/node.ts'
import { printExpr } from '../../../ir/kernel/print.ts'
import { mapBlocks, mapSame, withBody } from '../../../ir/kernel/rewrite.ts'

export const merge = (kernel: Kernel): Kernel => withBody(kernel, mergeBlock(kernel.body))

function mergeBlock(block: Block): Block {
  const out: Stmt[] = []
  let changed = false
  for (const stmt of block) {
    const before = out.at(-1)
    const merged = before && mergeBranches(before, stmt)
    if (merged) out.pop()
    out.push(merged ?? stmt)
    changed ||= merged !== undefined
  }
  return mapSame(changed ? out : block, stmt => mapBlocks(stmt, mergeBlock))
}

function mergeBranches(first: Stmt, second: Stmt): Stmt | undefined {
  if (first.kind !== 'if' || second.kind !== 'if') return undefined
  if (hasEffect(first.cond) || printExpr(first.cond) !== printExpr(second.cond)) return undefined
  if (disturbs(effectsOf([...first.then, ...first.else]), first.cond)) return undefined
  return { ...first, then: join(first.then, second.then), else: join(first.else, second.else) }
}

const join = (first: Block, second: Block): Block => (endsControl(first) ? first : [...first, ...second])
