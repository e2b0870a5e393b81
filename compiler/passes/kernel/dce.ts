/** Drops what nobody needs: locals that are never read, empty branches, blocks that nothing leaves. */
import { visit } from '../../../ir/kernel/build.ts'
import { hasEffect } from '../../../ir/kernel/effects.ts'
import type { Block, Kernel, Stmt } from '../../../ir/kernel/node.ts'
import { rewriteBlock, withBody } from '../../../ir/kernel/rewrite.ts'

export function dce(kernel: Kernel): Kernel {
  const { read, left } = usesOf(kernel.body)
  return withBody(
    kernel,
    rewriteBlock(kernel.body, stmt => drop(stmt, read, left)),
  )
}

interface Uses {
  readonly read: ReadonlySet<string>
  /** Labels that a break or continue names. */
  readonly left: ReadonlySet<string>
}

function usesOf(body: Block): Uses {
  const read = new Set<string>()
  const left = new Set<string>()
  visit(
    body,
    stmt => {
      if (stmt.kind === 'break' || stmt.kind === 'continue') left.add(stmt.label)
    },
    expr => {
      if (expr.kind === 'local') read.add(expr.name)
    },
  )
  return { read, left }
}

const doesNothing = (block: Block): boolean =>
  block.every(stmt => stmt.kind === 'note' || stmt.kind === 'phase')

function drop(stmt: Stmt, read: ReadonlySet<string>, left: ReadonlySet<string>): readonly Stmt[] {
  switch (stmt.kind) {
    case 'let':
    case 'set':
      return read.has(stmt.local.name) || hasEffect(stmt.value) ? [stmt] : []
    case 'if':
      return doesNothing(stmt.then) && doesNothing(stmt.else) ? [] : [stmt]
    case 'block':
      return left.has(stmt.label) ? [stmt] : stmt.body
    default:
      return [stmt]
  }
}
