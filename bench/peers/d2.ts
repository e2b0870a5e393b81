/** d2ts, as its guide shows it: a graph is built, a multiset is sent as one version, and what comes out is kept. */
import { D2, type IStreamBuilder, type Message, MessageType, MultiSet, output } from '@electric-sql/d2ts'

/** Runs rows through operators; the rows that come out, each as often as it is there. */
export function runD2<T, R extends object>(
  rows: readonly T[],
  build: (input: IStreamBuilder<T>) => IStreamBuilder<R>,
): readonly R[] {
  const graph = new D2({ initialFrontier: 0 })
  const input = graph.newInput<T>()
  const found: R[] = []
  build(input).pipe(output(message => keep(message, found)))
  graph.finalize()
  input.sendData(0, new MultiSet(rows.map(row => [row, 1] as [T, number])))
  input.sendFrontier(1)
  graph.run()
  return found
}

function keep<R>(message: Message<R>, found: R[]): void {
  if (message.type !== MessageType.DATA) return
  for (const [row, count] of message.data.collection.getInner()) {
    for (let n = 0; n < count; n++) found.push(row)
  }
}
