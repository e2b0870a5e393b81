/** The ops of kernels that only the host can compute: a plan that has any stays in JavaScript. */
import { visit } from '../../ir/kernel/build.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import { type OpName, opRow } from '../../ir/kernel/ops.ts'

export function hostOpsOf(kernels: readonly Kernel[]): readonly OpName[] {
  const found = new Set<OpName>()
  for (const { body } of kernels) {
    visit(
      body,
      () => {},
      expr => {
        if (expr.kind === 'op' && opRow(expr.op).host) found.add(expr.op)
      },
    )
  }
  return [...found]
}
