/** Figures as people read them, and tables of them. */

/** What cannot be told. */
const UNKNOWN = '-'

export const count = (n: number): string => n.toLocaleString('en')

/** `3 rows`, `1 batch`. */
export const many = (n: number, one: string, more = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : more}`

export const nanoseconds = (ns: number | undefined): string =>
  ns === undefined ? UNKNOWN : ns < 100 ? ns.toFixed(1) : count(Math.round(ns))

export const milliseconds = (ms: number): string => `${ms < 100 ? ms.toFixed(1) : count(Math.round(ms))} ms`

export function percent(part: number | undefined): string {
  if (part === undefined) return UNKNOWN
  return part > 0 && part < 0.001 ? '< 0.1 %' : `${(part * 100).toFixed(1)} %`
}

const units = ['B', 'KiB', 'MiB', 'GiB'] as const

export function bytes(n: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, n)) / 10))
  const scaled = n / 2 ** (10 * power)
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`
}

export interface TableColumn {
  readonly head: string
  readonly align: 'left' | 'right'
}

/** Columns aligned with spaces, a line under the heads. */
export function printTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...rows.map(row => row[i].length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (columns[i].align === 'right' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ head }) => head)), widths.map(n => '-'.repeat(n)).join('  '), ...rows.map(line)]
}
