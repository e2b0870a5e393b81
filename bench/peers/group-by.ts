/** group by an integer with other libraries. */
import { groupBy, groupByOperators, map } from '@electric-sql/d2ts'
import { op, table } from 'arquero'
import { from, groupBy as groupByRx, map as mapRx, mergeMap, reduce } from 'rxjs'
import { groupBy10k } from '../kernels/group-by.ts'
import { runD2 } from './d2.ts'
import { type PeerCase, type RowOf, rowPeer, tablePeer } from './peer.ts'

type Event = RowOf<'key' | 'value'>

interface Group {
  readonly key: number
  rows: number
  value: number
}

const add = (group: Group, { value }: Event): Group => {
  group.rows++
  group.value += value
  return group
}

/** It keeps all its history, and finds it again for every change. */
const D2_ROWS = 8192

export const groupByPeers: PeerCase = {
  spec: groupBy10k,
  peers: [
    rowPeer({
      name: 'array',
      run(rows: readonly Event[]) {
        const groups = rows.reduce((known, row) => {
          const group = known.get(row.key)
          if (group) add(group, row)
          else known.set(row.key, { key: row.key, rows: 1, value: row.value })
          return known
        }, new Map<number, Group>())
        return [...groups.values()]
      },
    }),
    rowPeer({
      name: 'rxjs',
      run(rows: readonly Event[]) {
        const found: object[] = []
        from(rows)
          .pipe(
            groupByRx(row => row.key),
            mergeMap(group => group.pipe(reduce(add, { key: group.key, rows: 0, value: 0 }))),
            mapRx(group => group),
          )
          .subscribe(group => found.push(group))
        return found
      },
    }),
    tablePeer({
      name: 'arquero',
      open(columns) {
        const events = table(columns)
        return () => events.groupby('key').rollup({ rows: op.count(), value: op.sum('value') })
      },
      answer: found => found.objects().map(row => Object.values(row)),
    }),
    rowPeer({
      name: 'd2ts',
      rowsMax: D2_ROWS,
      run: (rows: readonly Event[]) =>
        runD2(rows, input =>
          input.pipe(
            groupBy(({ key }) => ({ key }), {
              rows: groupByOperators.count(),
              value: groupByOperators.sum<Event>(row => row.value),
            }),
            map(([, { key, rows: n, value }]) => ({ key, rows: n, value })),
          ),
        ),
    }),
  ],
}
