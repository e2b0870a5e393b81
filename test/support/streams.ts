/** Streams over items that are there: one that takes its time, one of the Web. */

export async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    yield item
    await new Promise(setImmediate)
  }
}

export const web = <T>(items: Iterable<T>): ReadableStream<T> =>
  new ReadableStream({
    start(controller) {
      for (const item of items) controller.enqueue(item)
      controller.close()
    },
  })
