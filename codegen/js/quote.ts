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
  /** The names in it that are not holes. */
  readonly names: ReadonlySet<string>
}

const HOLE = /^\$(\d)$/

/** Parsed when it is first used: a program needs few of the snippets there are. */
export function js(text: TemplateStringsArray): Snippet {
  const source = text.join('')
  let parsed: Parsed | undefined
  const template = (): Parsed => {
    parsed ??= parse(source)
    return parsed
  }
  const fill = (...args: readonly Expression[]): Expression => {
    const { uses, build } = template()
    if (args.length !== uses.length) throw new Error(`\`${source}\` takes ${uses.length} arguments`)
    return build(args) as Expression
  }
  return Object.defineProperties(fill, {
    uses: { get: () => template().uses },
    names: { get: () => template().names },
  }) as Snippet
}

interface Parsed {
  readonly uses: readonly number[]
  readonly names: ReadonlySet<string>
  readonly build: Builder
}

/** Makes a tree with its holes filled; parts without holes are shared by all trees. */
type Builder = (args: readonly Expression[]) => unknown

function parse(source: string): Parsed {
  const tree = strip(parseExpressionAt(source, 0, { ecmaVersion: 2022 }))
  const uses: number[] = []
  const names = new Set<string>()
  const build = builderOf(tree, name => {
    const hole = holeOf(name)
    if (hole === undefined) names.add(name)
    else uses[hole] = (uses[hole] ?? 0) + 1
  })
  return { uses, names, build: build ?? (() => tree) }
}

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
const holeOf = (name: string): number | undefined => {
  const match = HOLE.exec(name)
  return match ? Number(match[1]) : undefined
}

/** Drops acorn's positions, which would not be true of the code that a snippet becomes part of. */
function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip)
  if (!isNode(value) || !('type' in value)) return value
  const entries = Object.entries(value).filter(([key]) => key !== 'start' && key !== 'end')
  return Object.fromEntries(entries.map(([key, child]) => [key, strip(child)]))
}

/** Undefined for a part without holes. */
function builderOf(value: unknown, onName: (name: string) => void): Builder | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') {
    const name = String(value.name)
    const hole = holeOf(name)
    onName(name)
    return hole === undefined ? undefined : args => args[hole]
  }
  const parts = Object.entries(value).flatMap(([key, child]) => {
    const build = builderOf(child, onName)
    return build ? [{ key, build }] : []
  })
  if (parts.length === 0) return undefined
  return args => {
    const copy: Node = Array.isArray(value) ? ([...value] as unknown as Node) : { ...value }
    for (const { key, build } of parts) copy[key] = build(args)
    return copy
  }
}
