/** Faults of what brings several sources together: their watermarks, who reads whose rows, which source is next. */
import type { Room } from '../mutant.ts'

export const inputTimes: Room = {
  file: 'compiler/lower/input-times.ts',
  tests: ['api/union.test', 'property/plans.test'],
  faults: [
    {
      name: 'watermarks-start-at-zero',
      find: 'k.put(this.mem, inputWatermark(n), i64(MIN_TIME))',
      put: 'k.put(this.mem, inputWatermark(n), i64(0n))',
      shows: 'rows before 1970 are late',
    },
    {
      name: 'greatest-instead-of-least',
      find: 'select(or(isOut, gt(time, least)), least, time)',
      put: 'select(or(isOut, lt(time, least)), least, time)',
      shows: 'a window closes before a slow source has come to its end',
    },
    {
      name: 'silent-ones-hold-back',
      find: 'select(or(isOut, gt(time, least)), least, time)',
      put: 'select(gt(time, least), least, time)',
      shows: 'a source that fell silent stops all others',
    },
    {
      name: 'least-of-the-silent',
      find: 'select(and(isOut, gt(time, greatest)), time, greatest)',
      put: 'select(and(isOut, eq(greatest, i64(MIN_TIME))), time, greatest)',
      shows: 'where all are silent the first counts, however far another is',
    },
    {
      name: 'silence-ends-time',
      find: 'select(and(eq(least, i64(MAX_TIME)), any(outs)), greatest, least)',
      put: 'least',
      shows: 'everything closes when all sources are silent',
    },
    {
      name: 'ended-ones-are-silent',
      find: 'return and(ne(load(this.mem, inputIdle(n)), i32(0)), ne(time, i64(MAX_TIME)))',
      put: 'return ne(load(this.mem, inputIdle(n)), i32(0))',
      shows: 'nothing is emitted at the end where a source fell silent before it ended',
      equivalent: 'the greatest of the silent ones is that of the one that has ended, where all are silent',
    },
    {
      name: 'never-moves',
      find: "k.if(lt(load(timeRegion, 'wm'), met), () => {",
      put: "k.if(lt(met, load(timeRegion, 'wm')), () => {",
      shows: 'no window closes',
    },
  ],
}

export const edges: Room = {
  file: 'runtime/dag/edges.ts',
  tests: ['api/union.test', 'property/plans.test'],
  faults: [
    {
      name: 'first-input-only',
      find: 'reader === NONE ? 0 : froms[reader].indexOf(id)',
      put: 'reader === NONE ? 0 : 0',
      shows: 'rows of every input are read where those of the first lie',
    },
    {
      name: 'never-woken',
      find: 'this.#times[reader]?.set(inputIdle(this.#numbers[id]), 0)',
      put: 'this.#times[reader]?.set(inputIdle(this.#numbers[id]), 1)',
      shows: 'a source from which rows come is taken to be silent',
    },
    {
      name: 'ended-ones-are-awake',
      find: 'times.getLong(inputWatermark(number)) === MAX_TIME',
      put: 'false',
      shows: 'a union waits for another one of which one source has ended and the other is idle',
      tests: ['api/idle-sources.test'],
    },
    {
      name: 'watermark-of-rows-not-emitted-yet',
      find: "program.advances ? 'out_wm' : 'wm'",
      put: "program.advances ? 'wm' : 'wm'",
      shows: 'results of an aggregation are late behind it',
    },
  ],
}

export const entrance: Room = {
  file: 'runtime/dag/entrance.ts',
  tests: ['api/idle-sources.test', 'property/plans.test'],
  faults: [
    {
      name: 'idle-a-moment-later',
      find: 'nowMs - this.#activeMs >= this.#idleMs',
      put: 'nowMs - this.#activeMs > this.#idleMs',
      shows: 'a source is not idle when it should be',
    },
    {
      name: 'rows-do-not-keep-awake',
      find: 'this.#activeMs = Math.max(this.#activeMs, nowMs)',
      put: '',
      shows: 'a source from which rows come is idle',
    },
    {
      name: 'idle-at-once',
      find: 'this.#activeMs = nowMs\n    this.#kernels',
      put: 'this.#activeMs = 0\n    this.#kernels',
      shows: 'a source is idle before it could have had a row',
    },
  ],
}

export const rounds: Room = {
  file: 'runtime/dag/rounds.ts',
  tests: ['api/idle-sources.test', 'api/alignment.test', 'api/clock.test', 'property/alignment.test'],
  faults: [
    {
      name: 'clock-goes-back',
      find: 'Math.max(this.#now, Math.floor(clock.now()))',
      put: 'Math.floor(clock.now())',
      shows: 'early results come twice for a time when the clock is set back',
    },
    {
      name: 'first-source-only',
      find: 'return this.#next < this.#pieces.length',
      put: 'return this.#next < Math.min(1, this.#pieces.length)',
      shows: 'a source of a union gives no early results between its batches',
    },
    {
      name: 'nobody-is-found-idle',
      find: 'if (entrance.hasFallenSilent(this.#now)) this.#work.leaveOut(entrance)',
      put: '',
      shows: 'a source that falls silent stops all others',
    },
    {
      name: 'paused-ones-fall-silent',
      find: 'if (this.#work.isPaused(source)) entrance.stayAwake(this.#now)',
      put: '',
      shows: 'a source that is held back is taken for idle, and what it has is late',
    },
    {
      name: 'not-looked-at-with-the-clock',
      find: '      align,\n    ]',
      put: '    ]',
      shows: 'a source is told of late, or not at all, where another one fell silent',
    },
    {
      name: 'idle-beside-one-that-ended',
      find: 'if (entrance.isIdle) this.#work.leaveOut(entrance)',
      put: '',
      shows: 'a union waits for another one of which one source is idle and the other has ended',
    },
  ],
}

export const awakeSources: Room = {
  file: 'runtime/dag/runner.ts',
  tests: ['api/idle-sources.test', 'property/plans.test'],
  faults: [
    {
      name: 'batch-does-not-keep-awake',
      find: 'if (batch.rows > 0) this.stayAwake(source)',
      put: '',
      shows: 'a source is idle although its rows are there',
    },
    {
      name: 'empty-batch-keeps-awake',
      find: 'if (batch.rows > 0) this.stayAwake(source)',
      put: 'this.stayAwake(source)',
      shows: 'a source that sends nothing but empty batches holds all others back',
    },
    {
      name: 'idle-for-ever',
      find: 'this.#entrance.isIdle = false',
      put: '',
      shows: 'a source that was idle once is never found idle again',
    },
  ],
}

export const waitingRows: Room = {
  file: 'runtime/reactor/query-task.ts',
  tests: ['reactor/query-task.test'],
  faults: [
    {
      name: 'waiting-rows-do-not-count',
      find: 'for (const source of sources.waiting) runner.stayAwake(source)',
      put: '',
      shows: 'a source of a run is idle because its rows were not read',
    },
  ],
}

export const sources: Room = {
  file: 'runtime/streaming/furthest-behind.ts',
  tests: ['reactor/sources.test', 'api/union.test', 'reactor/query-task.test'],
  faults: [
    {
      name: 'the-furthest-first',
      find: 'watermarkOf(one) < watermarkOf(best) ? one : best',
      put: 'watermarkOf(one) > watermarkOf(best) ? one : best',
      shows: 'a source runs ahead of the others until it ends',
    },
    {
      name: 'the-last-of-equals',
      find: 'watermarkOf(one) < watermarkOf(best) ? one : best',
      put: 'watermarkOf(one) <= watermarkOf(best) ? one : best',
      shows: 'sources are not read in the order of the plan',
    },
  ],
}
