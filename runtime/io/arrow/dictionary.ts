/**
 * Dictionaries of columns: checked once each, however many batches refer to them. One that kernels cannot read as
 * codes (it holds nulls, or no text) is decoded at the door.
 */
import type { Data, Vector } from 'apache-arrow'
import { isBytes } from '../../../ir/types.ts'
import { bitAt, makeBits, setBit } from './bits.ts'
import { checkValues } from './buffers.ts'
import type { CheckedColumn, CheckedDictionary } from './checked.ts'
import { widenCodes } from './codes.ts'
import { makeColumn } from './column-data.ts'
import { concatColumns, emptyColumn } from './concat.ts'
import { gatherColumn } from './gather.ts'
import { broken, type Site } from './refuse.ts'
import { arrowTypeOf, dataTypeOf } from './types.ts'

/** The dictionaries that were checked, by their first chunk; holds none of them alive. */
export class DictionaryCache {
  readonly #known = new WeakMap<Data, CheckedDictionary>()

  check(site: Site, vector: Vector | undefined): CheckedDictionary {
    const chunks = vector?.data ?? []
    if (chunks.length === 0) throw broken(site, 'holds codes and has no dictionary')
    const known = this.#known.get(chunks[0])
    if (known && isSame(known.chunks, chunks)) return known
    const checked = checkDictionary({ label: `the dictionary of ${site.label}`, type: site.type }, chunks)
    this.#known.set(chunks[0], checked)
    return checked
  }
}

const isSame = (a: readonly Data[], b: readonly Data[]): boolean =>
  a.length === b.length && a.every((chunk, i) => chunk === b[i])

function checkDictionary(site: Site, chunks: readonly Data[]): CheckedDictionary {
  const parts = chunks.map(chunk => checkChunk(site, chunk))
  const values = concatColumns(arrowTypeOf(site.type), parts)
  const rows = values.length
  const offsets = values.valueOffsets
  const bytes = isBytes(site.type) && rows > 0 ? offsets[rows] - offsets[0] : 0
  const isEncodable = isBytes(site.type) && values.nullCount === 0
  return { chunks: [...chunks], values, rows, bytes, isEncodable }
}

function checkChunk(site: Site, chunk: Data): Data {
  if (dataTypeOf(chunk.type) !== site.type) throw broken(site, `holds ${chunk.type}, not ${site.type}`)
  return checkValues(site, chunk).data
}

/** The column with its codes replaced by what they stand for; null where the row is null or its value is. */
export function decodeColumn(
  { column, data, hasNulls }: CheckedColumn,
  dictionary: CheckedDictionary,
): CheckedColumn {
  const { values } = dictionary
  const source = dictionary.rows > 0 ? values : emptyColumn(values.type)
  const codes = new Int32Array(data.length)
  widenCodes(codes, data, 0, data.length, hasNulls)
  const gathered = gatherColumn(source, values.type, codes, 0)
  const decoded = hasNulls ? withNullsOf(data, gathered) : gathered
  return { column, data: decoded, hasNulls: decoded.nullCount > 0, dictionary: undefined }
}

/** A plain column with bit 0 of its validity first, null also where another column is. */
function withNullsOf(other: Data, { type, length, values, valueOffsets, nullCount, nullBitmap }: Data): Data {
  const valid = makeBits(length)
  for (let i = 0; i < length; i++) {
    if (bitAt(other.nullBitmap, other.offset + i) && (nullCount === 0 || bitAt(nullBitmap, i)))
      setBit(valid, i)
  }
  return makeColumn(type, length, { values, offsets: valueOffsets, valid })
}
