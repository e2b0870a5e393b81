/** The data of the demo: three million real US flights of 2001 as Arrow record batches, in order of event time. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type Data,
  type DataType,
  Dictionary,
  Field,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  Vector,
} from 'apache-arrow'
import { asyncBufferFromFile, type ColumnData, parquetMetadataAsync, parquetRead } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** The file, as the package vega-datasets ships it. */
export function flightsFile(): string {
  const main = createRequire(import.meta.url).resolve('vega-datasets')
  return join(dirname(main), '..', 'data', 'flights-3m.parquet')
}

const longs: Readonly<Record<string, DataType>> = {
  date: new TimestampMicrosecond(),
  delay: new Int64(),
  distance: new Int64(),
}
const texts = ['origin', 'destination'] as const
const columnNames = [...Object.keys(longs), ...texts]
/** Rows of a batch; like a client's, not tuned to the engine. */
const BATCH_ROWS = 65_536

/** Reads all flights; `onProgress` gets rows done and rows in all. */
export async function readFlights(
  onProgress: (done: number, all: number) => void,
): Promise<readonly RecordBatch[]> {
  const file = await asyncBufferFromFile(flightsFile())
  const metadata = await parquetMetadataAsync(file)
  const dictionaries = Object.fromEntries(texts.map(name => [name, new TextDictionary()]))
  const groups: Columns[] = []
  let done = 0
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows)
    const columns: Columns = { rows, longs: {}, codes: {} }
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: columnNames,
      rowStart: done,
      rowEnd: done + rows,
      parsers: { timestampFromMicroseconds: micros => micros },
      onChunk: chunk => keep(columns, chunk, dictionaries),
    })
    groups.push(columns)
    done += rows
    onProgress(done, Number(metadata.num_rows))
  }
  return groups.flatMap(group => batchesOf(group, dictionaries))
}

/** The columns of one row group: long values, and codes of dictionaries. */
interface Columns {
  readonly rows: number
  readonly longs: Record<string, Longs>
  readonly codes: Record<string, Int32Array>
}

interface Longs {
  readonly values: BigInt64Array
  /** Arrow validity bits, and how many are not set. */
  readonly valid: Uint8Array
  nulls: number
}

/** Gives every distinct text a code. */
class TextDictionary {
  readonly #codes = new Map<string, number>()

  codeOf(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#codes.set(text, this.#codes.size)
    return this.#codes.size - 1
  }

  toArrow(): Data<Utf8> {
    const encoded = [...this.#codes.keys()].map(text => Buffer.from(text))
    const valueOffsets = new Int32Array(encoded.length + 1)
    encoded.forEach((bytes, i) => {
      valueOffsets[i + 1] = valueOffsets[i] + bytes.length
    })
    return makeData({ type: new Utf8(), length: encoded.length, valueOffsets, data: Buffer.concat(encoded) })
  }
}

function keep(
  columns: Columns,
  chunk: ColumnData,
  dictionaries: Readonly<Record<string, TextDictionary>>,
): void {
  const { columnName: name, columnData } = chunk
  const values = columnData as ArrayLike<unknown>
  if (name in longs) columns.longs[name] = longsOf(values as ArrayLike<bigint | null>)
  else {
    const dictionary = dictionaries[name]
    columns.codes[name] = Int32Array.from(values as ArrayLike<string>, text => dictionary.codeOf(text))
  }
}

function longsOf(values: ArrayLike<bigint | null>): Longs {
  const column = {
    values: new BigInt64Array(values.length),
    valid: new Uint8Array(Math.ceil(values.length / 8)),
    nulls: 0,
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) column.nulls++
    else {
      column.values[i] = value
      column.valid[i >> 3] |= 1 << (i & 7)
    }
  }
  return column
}

function batchesOf(group: Columns, dictionaries: Readonly<Record<string, TextDictionary>>): RecordBatch[] {
  const arrows = Object.fromEntries(texts.map(name => [name, sharedDictionary(dictionaries[name])]))
  const columns = columnNames.map(name =>
    name in longs ? longData(name, group.longs[name]) : codeData(group.codes[name], arrows[name]),
  )
  const schema = new Schema(columnNames.map((name, i) => new Field(name, columns[i].type, true)))
  const batches: RecordBatch[] = []
  for (let from = 0; from < group.rows; from += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, group.rows - from)
    const children = columns.map(column => column.slice(from, length))
    const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children })
    batches.push(new RecordBatch(schema, data))
  }
  return batches
}

const shared = new WeakMap<TextDictionary, Data<Utf8>>()

/** One Arrow dictionary for all batches: the engine translates its texts once. */
function sharedDictionary(dictionary: TextDictionary): Data<Utf8> {
  const known = shared.get(dictionary) ?? dictionary.toArrow()
  shared.set(dictionary, known)
  return known
}

const longData = (name: string, { values, valid, nulls }: Longs): Data =>
  makeData({
    type: longs[name] as Int64,
    length: values.length,
    data: values,
    nullBitmap: valid,
    nullCount: nulls,
  })

function codeData(codes: Int32Array, dictionary: Data<Utf8>): Data {
  const type = new Dictionary(new Utf8(), new Int32())
  return makeData({
    type,
    length: codes.length,
    data: codes,
    nullCount: 0,
    dictionary: new Vector([dictionary]),
  })
}
