/** Several inputs as one, where nobody minds to wait: the next batch is of the input whose watermark is the least. */
import type { RecordBatch } from 'apache-arrow'
import { furthestBehind } from './furthest-behind.ts'
import type { Taken } from './sources.ts'

type Input = Iterable<RecordBatch> | AsyncIterable<RecordBatch>

export async function* inTurn(
  inputs: readonly Input[],
  watermarkOf: (source: number) => bigint,
): AsyncGenerator<Taken<RecordBatch>> {
  const iterators = inputs.map(input =>
    Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator](),
  )
  try {
    const heads = await Promise.all(iterators.map(one => one.next()))
    const open = (): readonly number[] => [...heads.keys()].filter(source => !heads[source].done)
    const next = (): number | undefined => furthestBehind(open(), watermarkOf)
    for (let source = next(); source !== undefined; source = next()) {
      yield { source, batch: heads[source].value }
      heads[source] = await iterators[source].next()
    }
  } finally {
    await Promise.all(iterators.map(one => one.return?.()))
  }
}
