/** An aggregate of the user's own, in windows that overlap: what panes hold is merged, as for any other. */
import { defineAggregate, hop } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** The average of one column by the weight of another, and which of the rows weighed most. */
const weighted = defineAggregate({
  init: () => ({ sum: 0, weight: 0, most: 0, name: null as string | null }),
  add: (state, value: bigint, weight: bigint, name: string) => {
    const heavier = Number(weight) > state.most
    return {
      sum: state.sum + Number(value) * Number(weight),
      weight: state.weight + Number(weight),
      most: heavier ? Number(weight) : state.most,
      name: heavier ? name : state.name,
    }
  },
  merge: (a, b) => ({ ...(b.most > a.most ? b : a), sum: a.sum + b.sum, weight: a.weight + b.weight }),
  result: state => (state.weight === 0 ? null : state.sum / state.weight),
})

/** Per origin: the average delay by the miles flown with it, and the destination that is farthest away. */
export const weightedDelays = flights
  .window(hop('date', '3h', '1h'))
  .groupBy('origin')
  .agg((f, a) => ({
    delay: a.fold(weighted, f.delay, f.distance, f.destination),
    farthest: a.fold({ ...weighted, result: state => state.name }, f.delay, f.distance, f.destination),
  }))
