/** The names that a function gives to values, and how often it writes to each. */
import type { AnyNode } from 'acorn'
import type { JsValue } from '../meaning/values.ts'
import { walk } from './walk.ts'

/** A variable that gets its value once, by `const x = ...` or by one assignment. */
export interface Variable {
  readonly kind: 'variable'
  value: JsValue | undefined
}
export type Binding = { readonly kind: 'row' } | { readonly kind: 'params' } | Variable

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

/** Assignments to each name anywhere in a function; a declaration with a value is one. */
export function countWrites(root: AnyNode): ReadonlyMap<string, number> {
  const writes = new Map<string, number>()
  const count = (node: AnyNode | null | undefined, times = 1): void => {
    if (node?.type === 'Identifier') writes.set(node.name, (writes.get(node.name) ?? 0) + times)
  }
  walk(root, node => {
    if (node.type === 'AssignmentExpression') count(node.left as AnyNode)
    if (node.type === 'VariableDeclarator' && node.init) count(node.id as AnyNode)
    if (node.type === 'UpdateExpression') count(node.argument as AnyNode, 2)
  })
  return writes
}
