/** The kinds of asynchronous sources: streams of Node and of the web, and whatever has an async iterator. */
import type { AsyncSource } from './async-items.ts'

interface WebStream {
  getReader(): { read(): Promise<IteratorResult<unknown, unknown>>; cancel(): Promise<void> }
}
interface NodeStream extends AsyncIterable<unknown> {
  destroy(): unknown
}

const isWebStream = (input: object): input is WebStream =>
  'getReader' in input && typeof input.getReader === 'function'
const isAsyncIterable = (input: object): input is AsyncIterable<unknown> =>
  Symbol.asyncIterator in input && typeof input[Symbol.asyncIterator] === 'function'
const isNodeStream = (input: AsyncIterable<unknown>): input is NodeStream =>
  'destroy' in input && typeof input.destroy === 'function' && 'readable' in input

/** Undefined where the input is no asynchronous source. */
export function asyncSourceOf(input: object): AsyncSource | undefined {
  if (isWebStream(input)) {
    const reader = input.getReader()
    return { next: () => reader.read(), release: () => reader.cancel() }
  }
  if (!isAsyncIterable(input)) return undefined
  const iterator = input[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<unknown, unknown>> => iterator.next()
  if (isNodeStream(input)) return { next, release: () => input.destroy() }
  return { next, release: () => iterator.return?.() }
}
