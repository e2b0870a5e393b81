/** The names that a function gives to values, and how often it writes to each. */
import type { AnyNode } from 'acorn'
import type { JsValue } from '../meaning/values.ts'
import { walk } from './walk.ts'

/** A variable that gets its value once, by `const x = ...` or by one assignment. */
export interface Variable {
  readonly kind: 'variable'
  value: JsValue | undefined
}
/** A row, or the state of an aggregate: values by name. */
export interface Whole {
  readonly kind: 'row' | 'state'
  readonly values: ReadonlyMap<string, JsValue>
}
export type Binding = Whole | { readonly kind: 'params' } | Variable

export class Scope {
  readonly #outer: Scope | undefined
  readonly #names = new Map<string, Binding>()

  constructor(outer?: Scope) {
    this.#outer = outer
  }

  declare(name: string, binding: Binding): void {
    this.#names.set(name, binding)
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#outer?.find(name)
  }
}

/**
 * Writes to each name anywhere in a function: assignments, and declarations by `var`, which belong to no block. What
 * `let` and `const` declare with a value is written once by that, and here only if it is assigned again.
 */
export function countWrites(root: AnyNode): ReadonlyMap<string, number> {
  const writes = new Map<string, number>()
  const count = (node: AnyNode | null | undefined, times = 1): void => {
    if (node?.type === 'Identifier') writes.set(node.name, (writes.get(node.name) ?? 0) + times)
  }
  walk(root, node => {
    if (node.type === 'AssignmentExpression') count(node.left as AnyNode)
    if (node.type === 'UpdateExpression') count(node.argument as AnyNode, 2)
    if (node.type === 'VariableDeclaration' && node.kind === 'var') {
      for (const { id, init } of node.declarations) if (init) count(id as AnyNode)
    }
  })
  return writes
}
