/** Where in the user's program the engine was called: the first stack frame outside of the engine's own files. */
import { fileURLToPath, pathToFileURL } from 'node:url'

const engine = ['compiler', 'ir', 'runtime', 'codegen'].map(
  folder => new URL(`../../../${folder}/`, import.meta.url).href,
)
const FRAME = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*):(\d+):(\d+)\)?$/

/** `file:line:column`, or undefined where the stack does not say. Call it from a function that users call. */
export function callSite(): string | undefined {
  const frames = (new Error().stack ?? '').split('\n').map(line => FRAME.exec(line.trim()))
  for (const frame of frames) {
    if (!frame) continue
    const [, file, line, column] = frame
    const url = file.startsWith('file:') ? file : pathToFileURL(file).href
    if (!engine.some(folder => url.startsWith(folder))) return `${fileURLToPath(url)}:${line}:${column}`
  }
  return undefined
}
