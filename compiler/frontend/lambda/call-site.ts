/** Where in the user's program the engine was called: the first stack frame outside of the engine's own files. */
import { fileURLToPath, pathToFileURL } from 'node:url'

const FRAME = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*):(\d+):(\d+)\)?$/

interface Frame {
  readonly url: string
  /** `line:column` */
  readonly place: string
}

/** `file:line:column`, or undefined where the stack does not say. Call it from a function that users call. */
export function callSite(): string | undefined {
  const [own, ...callers] = framesOf(new Error().stack ?? '')
  if (!own) return undefined
  // The stack says where the engine lies: under --enable-source-maps that is where its sources are.
  const engine = ['compiler', 'ir', 'runtime', 'codegen'].map(
    folder => new URL(`../../../${folder}/`, own.url).href,
  )
  const user = callers.find(({ url }) => !engine.some(folder => url.startsWith(folder)))
  return user && `${fileURLToPath(user.url)}:${user.place}`
}

const framesOf = (stack: string): readonly Frame[] =>
  stack.split('\n').flatMap(line => {
    const found = FRAME.exec(line.trim())
    if (!found) return []
    const [, file, row, column] = found
    return [{ url: file.startsWith('file:') ? file : pathToFileURL(file).href, place: `${row}:${column}` }]
  })
