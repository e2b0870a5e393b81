/** What Arrow data looks like from outside: its objects, and its IPC bytes. */
import {
  isArrowRecordBatch,
  isArrowTable,
  type RecordBatch,
  RecordBatchReader,
  type Table,
} from 'apache-arrow'

export const isRecordBatch = (value: unknown): value is RecordBatch => isArrowRecordBatch(value)
export const isTable = (value: unknown): value is Table => isArrowTable(value)

/** The batches of an IPC stream or file in chunks. */
export function* readIpc(chunks: Iterable<Uint8Array>): Generator<RecordBatch> {
  yield* RecordBatchReader.from(chunks)
}

export async function* readIpcStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RecordBatch> {
  yield* await RecordBatchReader.from(chunks)
}
