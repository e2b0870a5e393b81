/** What the model is told of a trial. */
import type { Trial } from '../gen/trials.ts'
import type { ModelOptions } from '../model/model.ts'

export const modelOptionsOf = ({ params, schedule, origins, idles }: Trial): ModelOptions => ({
  params: new Map(Object.entries({ ...params.built, ...params.given })),
  lenient: schedule.lenient,
  splits: schedule.splits,
  ...(origins && { origins }),
  ...(idles && { idles }),
})
