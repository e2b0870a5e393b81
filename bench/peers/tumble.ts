/** count and sum by window and key with other libraries. None of them knows a watermark: windows end with the input. */
import { groupBy, groupByOperators, map } from '@electric-sql/d2ts'
import { op, table } from 'arquero'
import { from, groupBy as groupByRx, mergeMap, reduce } from 'rxjs'
import { tumblingWindow } from '../kernels/tumble.ts'
import { runD2 } from './d2.ts'
import { type PeerCase, type RowOf, rowPeer, tablePeer } from './peer.ts'

const SIZE_MS = 10_000

type Payment = RowOf<'ts' | 'key' | 'amount'>

interface Group {
  readonly window_start: number
  readonly window_end: number
  readonly key: number
  rows: number
  total: number
}

const startOf = ({ ts }: Payment): number => Math.floor(ts / SIZE_MS) * SIZE_MS

const emptyGroup = (start: number, key: number): Group => ({
  window_start: start,
  window_end: start + SIZE_MS,
  key,
  rows: 0,
  total: 0,
})

const add = (group: Group, { amount }: Payment): Group => {
  group.rows++
  group.total += amount
  return group
}

/** The group of a row, made where there is none yet. */
function groupOf(windows: Map<number, Map<number, Group>>, row: Payment): Group {
  const start = startOf(row)
  const groups = windows.get(start) ?? new Map<number, Group>()
  if (groups.size === 0) windows.set(start, groups)
  const group = groups.get(row.key) ?? emptyGroup(start, row.key)
  if (group.rows === 0) groups.set(row.key, group)
  return group
}

const D2_ROWS = 8192

export const tumblePeers: PeerCase = {
  spec: tumblingWindow,
  peers: [
    rowPeer({
      name: 'array',
      run(rows: readonly Payment[]) {
        const windows = rows.reduce((known, row) => {
          add(groupOf(known, row), row)
          return known
        }, new Map<number, Map<number, Group>>())
        return [...windows.values()].flatMap(groups => [...groups.values()])
      },
    }),
    rowPeer({
      name: 'rxjs',
      run(rows: readonly Payment[]) {
        const found: object[] = []
        from(rows)
          .pipe(
            groupByRx(startOf),
            mergeMap(window =>
              window.pipe(
                groupByRx(row => row.key),
                mergeMap(group => group.pipe(reduce(add, emptyGroup(window.key, group.key)))),
              ),
            ),
          )
          .subscribe(group => found.push(group))
        return found
      },
    }),
    tablePeer({
      name: 'arquero',
      open(columns) {
        const payments = table(columns)
        return () =>
          payments
            .derive({ window_start: (p: Payment) => op.floor(p.ts / 10000) * 10000 })
            .groupby('window_start', 'key')
            .rollup({ rows: op.count(), total: op.sum('amount') })
      },
      answer: found =>
        (found.objects() as Group[]).map(({ window_start, key, rows, total }) => [
          window_start,
          window_start + SIZE_MS,
          key,
          rows,
          total,
        ]),
    }),
    rowPeer({
      name: 'd2ts',
      rowsMax: D2_ROWS,
      run: (rows: readonly Payment[]) =>
        runD2(rows, input =>
          input.pipe(
            groupBy(row => ({ start: startOf(row), key: row.key }), {
              rows: groupByOperators.count(),
              total: groupByOperators.sum<Payment>(row => row.amount),
            }),
            map(([, { start, key, rows: n, total }]) => ({
              start,
              end: start + SIZE_MS,
              key,
              rows: n,
              total,
            })),
          ),
        ),
    }),
  ],
}
