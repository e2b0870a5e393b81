/**
 * Windows of so many rows of a group, in order of arrival: they need no event time, and the row that fills one hands out
 * its result.
 */
import { MillraceError } from '../errors.ts'
import type { Column } from '../schema.ts'

/** After every `slideRows` rows of a group a result over its last `sizeRows`, or over all of them. */
export interface RowWindow {
  readonly sizeRows?: number
  readonly slideRows: number
}

/** Which window of its group it is, from 0 on; where results are over all rows they have no number. */
export const WINDOW_NUMBER = 'window_number'
export const numberColumn: Column = { name: WINDOW_NUMBER, type: 'int64', nullable: false }

/** Rows of a window: they are counted in 32 bits. */
export const WINDOW_ROWS_MAX = 2 ** 31 - 1

/** Panes that a group keeps at the most, and that are combined when a window of it leaves. */
export const WINDOW_PANES_MAX = 1024

/** Rows of a pane: windows that overlap begin and end where panes do. */
export const paneRowsOf = ({ sizeRows, slideRows }: RowWindow): number =>
  sizeRows === undefined ? slideRows : greatestCommonDivisor(sizeRows, slideRows)

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)

/** Do windows overlap, so that a row belongs to several? */
export const overlaps = ({ sizeRows, slideRows }: RowWindow): boolean =>
  sizeRows !== undefined && slideRows < sizeRows

export function checkRowWindow(rows: RowWindow): void {
  const { sizeRows = rows.slideRows, slideRows } = rows
  const refuse = (what: string, fix: string): never => {
    throw new MillraceError('LDB-2003', what, { fix })
  }
  for (const count of [sizeRows, slideRows])
    if (!Number.isInteger(count) || count < 1 || count > WINDOW_ROWS_MAX)
      refuse(`${count} rows`, `use a whole number of rows from 1 to ${WINDOW_ROWS_MAX}`)
  if (slideRows > sizeRows)
    refuse(`a slide of ${slideRows} rows is more than the window of ${sizeRows}`, 'use a smaller slide')
  const panes = sizeRows / paneRowsOf({ sizeRows, slideRows })
  if (panes > WINDOW_PANES_MAX)
    refuse(
      `a window of ${sizeRows} rows that slides by ${slideRows} has ${panes} panes; ${WINDOW_PANES_MAX} is the most`,
      'use a slide that has a larger divisor in common with the size',
    )
}

export const printRowWindow = ({ sizeRows, slideRows }: RowWindow): string => {
  if (sizeRows === undefined) return ` every ${slideRows} rows`
  return ` over ${sizeRows} rows${slideRows === sizeRows ? '' : ` slide ${slideRows}`}`
}
