/** Tables for people: with colours on a terminal, plain elsewhere. */
import Table from 'cli-table3'

export interface TableColumn {
  readonly head: string
  readonly align: 'left' | 'right'
}

export const left = (head: string): TableColumn => ({ head, align: 'left' })
export const right = (head: string): TableColumn => ({ head, align: 'right' })

export const newTable = (columns: readonly TableColumn[]): Table.Table =>
  new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    style: process.stdout.isTTY
      ? { head: ['cyan'], border: ['gray'], compact: true }
      : { head: [], border: [], compact: true },
  })
