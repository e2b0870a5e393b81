/** What the model is told of a trial. */
import { ticksOf } from '../../compiler/plan/ticks.ts'
import type { Trial } from '../gen/trials.ts'
import type { ModelOptions } from '../model/model.ts'

export const modelOptionsOf = ({ plan, params, schedule, origins, idles }: Trial): ModelOptions => ({
  strikeMs: ticksOf(plan),
  whole: plan,
  params: new Map(Object.entries({ ...params.built, ...params.given })),
  lenient: schedule.lenient,
  splits: schedule.splits,
  stepMs: schedule.stepMs ?? 0,
  ...(origins && { origins }),
  ...(idles && { idles }),
})
