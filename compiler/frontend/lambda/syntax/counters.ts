/** Statements of coverage tools, which count and have no other effect: `cov_2b8f().s[3]++`. They are skipped. */
import type { Expression } from 'acorn'

/** Names that istanbul and stryker give to their counters. */
const COUNTER = /^(cov_\w+|__cov\w*|__coverage__|stryCov_\w+)$/

export function isCounter(node: Expression): boolean {
  if (node.type === 'SequenceExpression') return node.expressions.every(isCounter)
  const counted = node.type === 'UpdateExpression' || node.type === 'CallExpression'
  const root = counted ? rootOf(node) : undefined
  return root?.type === 'Identifier' && COUNTER.test(root.name)
}

/** `a` of `a().b[0]++` */
function rootOf(node: Expression): Expression {
  if (node.type === 'UpdateExpression') return rootOf(node.argument)
  if (node.type === 'MemberExpression' && node.object.type !== 'Super') return rootOf(node.object)
  if (node.type === 'CallExpression' && node.callee.type !== 'Super') return rootOf(node.callee)
  return node
}
