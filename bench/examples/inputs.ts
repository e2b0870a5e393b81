/** The rows of the examples, by the name of their source. */
import type { RecordBatch } from 'apache-arrow'
import { readFlights } from '../demo/flights.ts'

type Reader = (onProgress: (done: number, all: number) => void) => Promise<readonly RecordBatch[]>

/** Every second batch of the flights. */
const half =
  (which: 0 | 1): Reader =>
  async onProgress =>
    (await readFlights(onProgress)).filter((_, i) => i % 2 === which)

const readers: Readonly<Record<string, Reader>> = {
  flights: readFlights,
  flights_east: half(0),
  flights_west: half(1),
}

/** The first `rowsMax` rows of a source, or all. */
export async function readInput(
  source: string,
  rowsMax: number,
  onProgress: (done: number, all: number) => void,
): Promise<readonly RecordBatch[]> {
  if (!Object.hasOwn(readers, source)) throw new Error(`there are no rows for source '${source}'`)
  const batches = await readers[source](onProgress)
  let left = rowsMax
  return batches.flatMap(batch => {
    const taken = Math.min(left, batch.numRows)
    left -= taken
    return taken > 0 ? [taken < batch.numRows ? batch.slice(0, taken) : batch] : []
  })
}
