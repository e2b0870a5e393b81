/** What the batch door knows about a column that it has checked. */
import type { Data } from 'apache-arrow'
import type { Column } from '../../../ir/schema.ts'

/** A column whose buffers can be trusted: fixed width, bits, texts with i32 offsets, or codes of a dictionary. */
export interface CheckedColumn {
  readonly column: Column
  readonly data: Data
  readonly hasNulls: boolean
  /** Set where `data` holds codes. */
  readonly dictionary: CheckedDictionary | undefined
}

export interface CheckedDictionary {
  /** What it is known by: the vectors around them may be made anew for every batch. */
  readonly chunks: readonly Data[]
  /** All its values, checked and plain. */
  readonly values: Data
  readonly rows: number
  /** Bytes of its texts together. */
  readonly bytes: number
  /** Texts without nulls: the codes can enter as they are. */
  readonly isEncodable: boolean
}
