/** What to write instead of a captured variable: the same function with the value passed in by name. */
import type { AnyNode } from 'acorn'
import type { Context } from './context.ts'
import type { Place } from './refusal.ts'
import { walk } from './syntax/walk.ts'

/** A longer proposal would not be read. */
const PROPOSAL_MAX = 100

/** Objects that bundlers and test runners put imported names into. */
const MODULE_OBJECT = /^(__vite_ssr_import_\d+__|_?import_\w+|_\w+|\w+_\d+)$/

/** `place` is `limit` or `config.limit`. */
export function passItIn(cx: Context, place: Place): string {
  const path = cx.source.slice(place)
  const name = path.split('.').at(-1) ?? path
  const isOwn = path === name || MODULE_OBJECT.test(path.split('.')[0])
  const entry = isOwn ? name : `${name}: ${path}`
  const [row, params] = cx.node.params.map(param => cx.source.slice(param))
  const used = cx.node.params[1]?.type === 'Identifier' ? params : 'p'
  const head = `(${row ?? '_'}, ${used}) =>`
  const body = rewritten(cx, path, `${used}.${name}`)
  const proposal = `${head} ${body}`
  const short = proposal.length <= PROPOSAL_MAX && !proposal.includes('\n')
  return `pass it in: ${short ? proposal : `${head} ... ${used}.${name} ...`}, { ${entry} }`
}

/** The body with every occurrence of a path replaced. */
function rewritten(cx: Context, path: string, replacement: string): string {
  const places: Place[] = []
  walk(cx.node.body as AnyNode, node => {
    const isPath = node.type === 'Identifier' || node.type === 'MemberExpression'
    if (isPath && cx.source.slice(node) === path) places.push(node)
  })
  const body = cx.source.span(cx.node.body)
  let text = ''
  let at = body.start
  for (const place of places) {
    const { start, end } = cx.source.span(place)
    text += cx.source.text.slice(at, start) + replacement
    at = end
  }
  return text + cx.source.text.slice(at, body.end)
}
