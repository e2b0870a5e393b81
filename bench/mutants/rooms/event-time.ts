/** Faults of the event time of a source: what moves its watermark, and what does not. */
import type { Room } from '../mutant.ts'

const tests = ['lower/streams.test', 'property/corpus.test', 'property/plans.test']

export const eventTime: Room = {
  file: 'compiler/lower/event-time.ts',
  tests,
  faults: [
    {
      name: 'delay-wraps',
      find: 'delayTicks === 0n ? isBehind : and(isBehind, not(wraps))',
      put: 'isBehind',
      shows: 'a row near the beginning of time ends the stream',
    },
    {
      name: 'row-ends-the-stream',
      find: 'k.put(timeRegion, field, i64(MAX_TIME - 1n))',
      put: "k.put(timeRegion, 'wm', i64(MAX_TIME))",
      shows: 'a row at the last tick closes everything',
    },
    {
      name: 'null-times-not-counted',
      find: "drop(k, isNull, { mem: controlBlock, field: 'null_time_dropped' }, row)",
      put: "drop(k, isNull, { mem: controlBlock, field: 'carry' }, row)",
      shows: 'rows without time vanish silently',
    },
    {
      name: 'every-row-is-marked',
      find: "if (!isMarked && !partition && spec.follows !== 'clock') moveTo",
      put: "if (!partition && spec.follows !== 'clock') moveTo",
      shows: 'rows that are not marked move the watermark',
      tests: ['lower/watermarks.test', 'property/plans.test'],
    },
    {
      name: 'ahead-rows-not-counted',
      find: "k.if(isAhead, () => count(k, 'ahead'))",
      put: '{}',
      shows: 'nobody learns of a producer whose clock is wrong',
      tests: ['lower/clock-watermarks.test'],
    },
    {
      name: 'ahead-rows-move-partitions',
      find: 'isMarked ? andNot(isMarked, isAhead) : notOf(isAhead)',
      put: 'isMarked ?? bool(true)',
      shows: 'one row of a wrong clock makes the others of its partition late',
      tests: ['lower/clock-watermarks.test', 'property/plans.test'],
    },
    {
      name: 'clock-of-another-unit',
      find: 'div(now, i64(MS_PER_SECOND / perSecond))',
      put: 'now',
      shows: 'rows with times in seconds may be centuries ahead',
      tests: ['lower/clock-watermarks.test'],
    },
    {
      name: 'rows-move-the-clock',
      find: "&& spec.follows !== 'clock') moveTo",
      put: ') moveTo',
      shows: 'rows move a watermark that follows the clock',
      tests: ['lower/clock-watermarks.test'],
    },
    {
      name: 'batches-do-not-count',
      find: "moves === 'batch' ? 'next_wm' : 'wm'",
      put: "moves === 'batch' ? 'wm' : 'wm'",
      shows: 'rows are late by rows of their own batch',
      tests: ['lower/watermarks.test', 'property/plans.test'],
    },
    {
      name: 'null-moves-time',
      find: 'k.if(andNot(isLater, isUncounted), () => {',
      put: 'k.if(isLater, () => {',
      shows: 'what lies under a null moves the watermark',
      tests: ['lower/clock-watermarks.test', 'property/plans.test'],
    },
    {
      name: 'grid-below-zero',
      find: 'select(lt(past, i64(0n)), add(past, i64(step)), past)',
      put: 'past',
      shows: 'times before 1970 make results of results late',
    },
    {
      name: 'end-not-passed-on',
      find: 'select(ended, wm, select(outside, i64(MIN_TIME), sub(open, into)))',
      put: 'select(outside, i64(MIN_TIME), sub(open, into))',
      shows: 'the last windows of a second aggregation never close',
    },
  ],
}
