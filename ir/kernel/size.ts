/** How large a kernel is: what compilers take time and memory for, and give up on when it is too much. */
import { visit } from './build.ts'
import type { Kernel } from './node.ts'

/** Statements and expressions. */
export function sizeOf({ body }: Pick<Kernel, 'body'>): number {
  let nodes = 0
  const count = (): void => {
    nodes++
  }
  visit(body, count, count)
  return nodes
}
