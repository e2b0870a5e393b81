/** The codes of a dictionary column as i32, whatever their width was. */
import type { Data } from 'apache-arrow'
import { bitAt } from './bits.ts'

/** Copies `rows` codes from row `from` on; a null row, whose code may be anything, gets code 0. */
export function widenCodes(
  target: Int32Array,
  data: Data,
  from: number,
  rows: number,
  hasNulls: boolean,
): void {
  target.set(data.values.subarray(from, from + rows))
  if (hasNulls) zeroNulls(target, data.nullBitmap, data.offset + from, rows)
}

function zeroNulls(codes: Int32Array, valid: Uint8Array, start: number, rows: number): void {
  for (let i = 0; i < rows; i++) if (!bitAt(valid, start + i)) codes[i] = 0
}
