/** Faults of what the runtime does to the memory of a plan: budgets of its kernels, and what a warm-up leaves behind. */
import type { Room } from '../mutant.ts'

export const narrow: Room = {
  file: 'runtime/memory/narrow.ts',
  tests: ['property/warm-up.test', 'api/warm-up.test'],
  faults: [
    {
      name: 'last-row-stays',
      find: 'Math.max(batchRows, outputRows) + 1',
      put: 'Math.max(batchRows, outputRows)',
      shows: 'where the last text of a warm-up ended is still there',
    },
    {
      name: 'one-extent-wiped',
      find: '2 * heap.bytes',
      put: 'heap.bytes',
      shows: 'texts of a warm-up stay in memory',
    },
    {
      name: 'one-part-a-row',
      find: 'rowsPerUnit * stateRows',
      put: 'stateRows',
      shows: 'an index holds groups of a warm-up',
    },
  ],
}

export const youngPipeline: Room = {
  file: 'runtime/dag/pipeline.ts',
  tests: ['lower/streams.test', 'api/limits.test', 'property/corpus.test'],
  faults: [
    {
      name: 'young-budget-above-the-limit',
      find: 'Math.min(most, this.#budgetRows)',
      put: 'most',
      shows: 'a call of a kernel takes more rows than its budget',
    },
    {
      name: 'young-for-ever',
      find: "if (this.#youngCalls === 0) this.control.set('budget', this.#budgetRows)",
      put: '',
      shows: 'each call takes few rows for good: slow, and nothing else',
      tests: ['api/young-kernels.test'],
    },
    {
      name: 'gives-up-early',
      find: 'GROW_ASKS_MAX = 3',
      put: 'GROW_ASKS_MAX = 1',
      shows: 'a stream of many texts meets the limit, though a sweep would have made room',
    },
    {
      name: 'asks-stay',
      find: 'this.#asks.fill(0)',
      put: '',
      shows: 'a table that has grown three times meets its limit',
    },
  ],
}
