/** filter and project with other libraries. */
import { filter, map } from '@electric-sql/d2ts'
import { table } from 'arquero'
import { filter as filterRx, from, map as mapRx } from 'rxjs'
import { filterProject } from '../kernels/filter-project.ts'
import { runD2 } from './d2.ts'
import { type PeerCase, type RowOf, rowPeer, tablePeer } from './peer.ts'

type Order = RowOf<'price' | 'quantity'>

const isWanted = (o: Order): boolean => o.price > 500 && o.quantity < 50
const result = (o: Order) => ({ total: o.price * o.quantity, euros: o.price * o.quantity * 0.908 })

export const filterProjectPeers: PeerCase = {
  spec: filterProject,
  peers: [
    rowPeer({ name: 'array', run: rows => rows.filter(isWanted).map(result) }),
    rowPeer({
      name: 'rxjs',
      run(rows) {
        const found: object[] = []
        from(rows)
          .pipe(filterRx(isWanted), mapRx(result))
          .subscribe(row => found.push(row))
        return found
      },
    }),
    tablePeer({
      name: 'arquero',
      open(columns) {
        const orders = table(columns)
        return () =>
          orders
            .filter((o: Order) => o.price > 500 && o.quantity < 50)
            .derive({
              total: (o: Order) => o.price * o.quantity,
              euros: (o: Order) => o.price * o.quantity * 0.908,
            })
            .select('total', 'euros')
            .reify()
      },
      answer: found => found.objects().map(row => Object.values(row)),
    }),
    rowPeer({
      name: 'd2ts',
      run: (rows: readonly Order[]) => runD2(rows, input => input.pipe(filter(isWanted), map(result))),
    }),
  ],
}
