/**
 * Quasi-quotes: a snippet of JavaScript is written as JavaScript, parsed once by acorn, and filled with ESTree.
 * ``js`Math.imul($0, $1)`(a, b)`` is the tree of that call; no code is ever put together from strings.
 */
import { parseExpressionAt } from 'acorn'
import type { Expression } from 'estree'

export interface Snippet {
  (...args: readonly Expression[]): Expression
  /** How often each hole occurs: an argument of a hole that occurs twice must be cheap to repeat. */
  readonly uses: readonly number[]
}

const HOLE = /^\$(\d)$/

export function js(text: TemplateStringsArray): Snippet {
  const source = text.join('')
  const tree = strip(parseExpressionAt(source, 0, { ecmaVersion: 2022 })) as Expression
  const uses: number[] = []
  walk(tree, index => {
    uses[index] = (uses[index] ?? 0) + 1
  })
  const fill = (...args: readonly Expression[]): Expression => {
    if (args.length !== uses.length) throw new Error(`\`${source}\` takes ${uses.length} arguments`)
    return replace(tree, args) as Expression
  }
  return Object.assign(fill, { uses })
}

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
const holeOf = (node: Node): number | undefined => {
  const match = node.type === 'Identifier' ? HOLE.exec(String(node.name)) : null
  return match ? Number(match[1]) : undefined
}

/** Drops acorn's positions, which would not be true of the code that a snippet becomes part of. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip)
  if (!isNode(value) || !('type' in value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'start' && key !== 'end')
  return Object.fromEntries(entries.map(([key, child]) => [key, strip(child)]))
}

function walk(value: unknown, onHole: (index: number) => void): void {
  if (!isNode(value)) return
  const hole = holeOf(value)
  if (hole !== undefined) onHole(hole)
  for (const child of Object.values(value)) if (isNode(child)) walk(child, onHole)
}

function replace(value: unknown, args: readonly Expression[]): unknown {
  if (Array.isArray(value)) return value.map(child => replace(child, args))
  if (!isNode(value) || !('type' in value)) return value
  const hole = holeOf(value)
  if (hole !== undefined) return args[hole]
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, replace(child, args)]))
}
