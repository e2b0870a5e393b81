/** Faults of sources that do not run ahead of each other: who is held back by whom, what is dropped, who is told. */
import type { Room } from '../mutant.ts'

export const alignment: Room = {
  file: 'runtime/streaming/alignment.ts',
  tests: ['api/alignment.test', 'property/alignment.test'],
  faults: [
    {
      name: 'idle-ones-hold-back',
      find: '!one.isIdle && !one.hasEnded',
      put: '!one.hasEnded',
      shows: 'a source waits for one that has nothing',
    },
    {
      name: 'ended-ones-hold-back',
      find: '!one.isIdle && !one.hasEnded',
      put: '!one.isIdle',
      shows: 'nothing but the end of a source lets others go on, and that does not either',
      equivalent: 'the watermark of a source that has ended is the end of time',
    },
    {
      name: 'nobody-waits-for-the-first-row',
      find: "const isPatient = this.rule.policy === 'pause'",
      put: 'const isPatient = false',
      shows: 'a source runs to its end before another one has had a row',
    },
    {
      name: 'drops-before-the-first-row',
      find: "const isPatient = this.rule.policy === 'pause'",
      put: 'const isPatient = true',
      shows: 'all rows of a source are dropped until another one has had a row',
    },
    {
      name: 'greatest-of-the-others',
      find: 'least === undefined || watermark < least',
      put: 'least === undefined || watermark > least',
      shows: 'a source is held back by the fastest one only',
    },
    {
      name: 'as-much-is-too-far',
      find: 'watermark > this.#max',
      put: 'watermark >= this.#max',
      shows: 'a source is paused that is just as far ahead as it may be',
    },
    {
      name: 'delay-not-counted',
      find: 'upTo(this.#max + this.rule.delayTicks)',
      put: 'upTo(this.#max)',
      shows: 'rows are dropped that would not take their source too far',
    },
    {
      name: 'limits-wrap',
      find: 'time > MAX_TIME ? MAX_TIME : time',
      put: 'time',
      shows: 'near the end of time all rows are dropped',
    },
    {
      name: 'told-again-and-again',
      find: 'exceeds && this.exceedsSinceMs === undefined',
      put: 'exceeds',
      shows: 'a warning for every batch',
    },
    {
      name: 'told-once-for-ever',
      find: 'if (isNew || !exceeds) this.exceedsSinceMs',
      put: 'if (isNew) this.exceedsSinceMs',
      shows: 'a source that was too far ahead once is never told of again',
    },
    {
      name: 'everybody-is-paused',
      find: "member?.rule.policy === 'pause' && member.exceeds",
      put: 'member?.exceeds === true',
      shows: 'a source that is only to be told of takes nothing',
    },
    {
      name: 'all-groups-are-one',
      find: 'other !== one && other.alignment?.group === rule?.group',
      put: 'other !== one && other.alignment !== undefined',
      shows: 'sources of two groups hold each other back',
    },
  ],
}

export const alignedRows: Room = {
  file: 'compiler/lower/event-time.ts',
  tests: ['api/alignment.test', 'property/alignment.test'],
  faults: [
    {
      name: 'nothing-is-dropped',
      find: "drop(k, isBeyond, { mem: driftRegion, field: 'dropped' }, row)",
      put: '',
      shows: 'rows that are too far ahead go on',
    },
    {
      name: 'dropped-rows-move-the-watermark',
      find: 'orElse(orElse(isNull, isBeyond), isAhead)',
      put: 'orElse(isNull, isAhead)',
      shows: 'the rows behind a dropped one are late',
    },
    {
      name: 'dropped-rows-make-partitions',
      find: 'const isDropped = orElse(isNull, isBeyond)',
      put: 'const isDropped = isNull',
      shows: 'rows that are dropped move their partition, or are faulty',
    },
    {
      name: 'null-is-ahead',
      find: "local(k, 'is_beyond', andNot(gt(ts, bound), isNull))",
      put: "local(k, 'is_beyond', gt(ts, bound))",
      shows: 'a row without time is counted twice',
      equivalent:
        'a row without time leaves before it is asked how far ahead it is, and moves nothing either way',
    },
  ],
}

export const alignedReading: Room = {
  file: 'runtime/streaming/sources.ts',
  tests: ['reactor/sources.test', 'api/alignment.test'],
  faults: [
    {
      name: 'paused-ones-are-read',
      find: 'this.waiting.filter(one => !this.#isPaused(one))',
      put: 'this.waiting',
      shows: 'a source runs ahead of the others',
    },
    {
      name: 'paused-ones-are-asked',
      find: 'for (const feed of this.#open) feed.poll()',
      put: 'for (const feed of this.#feeds) feed.poll()',
      shows: 'the rows of a source that is not read fill the memory',
    },
    {
      name: 'waits-for-one-that-failed',
      find: 'this.#isHeldBack(source) && this.error === undefined',
      put: 'this.#isHeldBack(source)',
      shows: 'a run whose source fails never ends',
    },
  ],
}

export const alignedRunner: Room = {
  file: 'runtime/dag/runner.ts',
  tests: ['api/alignment.test', 'property/alignment.test'],
  faults: [
    {
      name: 'limit-of-another',
      find: 'this.#alignments.rowMax(this.#entrances.indexOf(this.#entrance))',
      put: 'this.#alignments.rowMax(0)',
      shows: 'rows of a source are held against its own watermark',
    },
    {
      name: 'not-looked-at-behind-a-batch',
      find: "this.#raise(this.#entrance, this.#entrance.pipeline.time.getLong('next_wm'))\n      this.#align()",
      put: "this.#raise(this.#entrance, this.#entrance.pipeline.time.getLong('next_wm'))",
      shows: 'nobody is told that a source runs ahead',
    },
  ],
}
