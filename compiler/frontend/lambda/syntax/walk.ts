/** Walking the syntax tree without knowing its nodes. */
import type { AnyNode, Node } from 'acorn'

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

const childrenOf = (node: Node): readonly AnyNode[] =>
  Object.values(node)
    .flatMap((child: unknown) => (Array.isArray(child) ? child : [child]))
    .filter(isNode)

/** Calls `onNode` for every node, parents first; names of properties and fields count as nodes too. */
export function walk(node: AnyNode, onNode: (node: AnyNode) => void): void {
  onNode(node)
  for (const child of childrenOf(node)) walk(child, onNode)
}
