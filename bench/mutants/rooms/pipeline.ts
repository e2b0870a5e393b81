/** Faults of what holds the operators together: windows, outputs, the frame of a row, the executor. */
import type { Room } from '../mutant.ts'

const tests = ['lower/streams.test', 'property/corpus.test', 'property/plans.test']

export const windowStage: Room = {
  file: 'compiler/lower/operators/window.ts',
  tests,
  faults: [
    {
      name: 'end-is-inside',
      find: "lt(ts, load(cache, 'end'))",
      put: "not(lt(load(cache, 'end'), ts))",
      shows: 'a row at the end of a window is counted in it',
    },
    {
      name: 'fault-is-cached',
      find: 'k.if(not(fault), () => {',
      put: 'k.if(not(bool(false)), () => {',
      shows: 'a row whose window leaves the range of time takes the next ones with it',
    },
    {
      name: 'end-wraps',
      find: "op('addo.i64', time, i64(ticks))",
      put: 'bool(false)',
      shows: 'a window ends before it starts',
    },
    {
      name: 'hash-not-cached',
      find: "k.put(cache, 'hash', hashOfWindow(k, fields.start))",
      put: '',
      shows: 'push never returns: a text key that was new is never found in its window',
    },
  ],
}

export const output: Room = {
  file: 'compiler/lower/output.ts',
  tests,
  faults: [
    {
      name: 'null-flag-not-written',
      find: 'if (nullable) put(',
      put: 'if (nullable && isFloat(value.type)) put(',
      shows: 'a null is what lies under it, or a value is null',
    },
    {
      name: 'null-flag-inverted',
      find: 'toInt(value.isNull)',
      put: "op('xor.i32', toInt(value.isNull), i32(1))",
      shows: 'values are null and nulls are values',
    },
    {
      name: 'nan-not-canonical',
      find: "put(field, op('canon.f64', value.value))",
      put: 'put(field, value.value)',
      shows: 'bits of a NaN in results differ between tiers',
    },
    {
      name: 'masked-rows-stay',
      find: 'isConst(row.mask, true) ? i32(1) : toInt(row.mask)',
      put: 'i32(1)',
      shows: 'rows that a filter drops come out',
    },
    {
      name: 'texts-not-kept',
      find: 'scratch.commit()',
      put: '',
      shows: 'all computed texts of a batch are the last one',
    },
    {
      name: 'no-room-for-a-dropped-row',
      find: 'rows + 1)\n}',
      put: 'rows - 1)\n}',
      shows: 'the last rows of a full output are those of the next column',
    },
    {
      name: 'nan-of-masked-rows',
      find: 'if (this.#masked) this.#canonise(this.#floatFields())',
      put: '',
      shows: 'bits of a NaN in results differ between tiers',
    },
  ],
}

export const push: Room = {
  file: 'compiler/lower/push.ts',
  tests,
  faults: [
    {
      name: 'watermark-before-the-row',
      find: 'const partition = time && this.#partition(k, frame, columns, time)',
      put: "const partition = time && this.#partition(k, frame, columns, time)\n    if (time) k.put(timeRegion, 'wm', time.ts)",
      shows: 'a row that met a limit, and was not taken, has moved time all the same',
      tests: ['api/limits.test'],
    },
    {
      name: 'budget-ignored',
      find: "min32(rows, add(i, load(controlBlock, 'budget')))",
      put: 'rows',
      shows: 'a large batch stops all other queries',
    },
    {
      name: 'cursor-not-saved',
      find: "k.put(controlBlock, 'cursor', i)",
      put: '',
      shows: 'rows before a full output are taken twice',
    },
    {
      name: 'results-not-saved',
      find: 'emitter?.save()',
      put: '',
      shows: 'results before a full output are lost',
    },
    {
      name: 'rest-of-batch-lost',
      find: 'k.if(lt(i, rows), () => k.return(i32(Status.yield)))',
      put: '',
      shows: 'rows beyond the budget of one call are never taken',
    },
    {
      name: 'due-at-the-next-batch',
      find: 'k.if(this.#isDue(stateful), endCall)',
      put: '',
      shows: 'results that were due are held back where a later row of their batch meets a limit',
    },
    {
      name: 'watermark-waits-for-results',
      find: 'passesPromptly ? or(isDue, hasMorePassed()) : isDue',
      put: 'passesPromptly ? isDue : isDue',
      shows: 'early results behind an aggregation come when that has results, with what came meanwhile',
      tests: ['property/corpus.test'],
    },
    {
      name: 'due-a-tick-late',
      find: 'const isPast = ge(load(timeRegion, watermark.field)',
      put: 'const isPast = gt(load(timeRegion, watermark.field)',
      shows: 'a window that is complete waits for another row',
      tests: ['api/live.test'],
    },
    {
      name: 'run-without-end',
      find: 'min32(stop, add(i, emitter.room))',
      put: 'stop',
      shows: 'results are written behind the output region',
    },
    {
      name: 'locals-not-saved',
      find: 'stateful?.close(k)',
      put: '',
      shows: 'the count of all rows is 0',
    },
    {
      name: 'rows-with-a-watermark-in-blocks',
      find: 'this.#edge || this.#parts.spec.source?.watermark || this.#parts.counts',
      put: 'this.#edge || this.#parts.counts',
      shows: 'nothing',
      equivalent: 'a block is only not worth it where each row moves time: rows of one group are never due',
      tests: ['lower/streams.test'],
    },
    {
      name: 'rows-of-a-block-all-the-first',
      find: "k.let('row', add(frame.i, i32(n)))",
      put: "k.let('row', frame.i)",
      shows: 'the first row of eight is added eight times',
      tests: ['property/blocks.test'],
    },
  ],
}

export const pipeline: Room = {
  file: 'compiler/lower/pipeline.ts',
  tests,
  faults: [
    {
      name: 'room-for-one-more',
      find: 'k.if(le(emitter.room, i32(0)), () => leave(Status.full))',
      put: 'k.if(lt(emitter.room, i32(0)), () => leave(Status.full))',
      shows: 'a result is written behind the output region',
    },
    {
      name: 'codes-are-texts',
      find: 'return dictionaries.length === 0 && !(dense && nullable)',
      put: 'return !(dense && nullable)',
      shows: 'codes of a dictionary are read as offsets of texts',
    },
  ],
}

export const rowLoops: Room = {
  file: 'compiler/lower/row-loops.ts',
  tests: ['property/blocks.test'],
  faults: [
    {
      name: 'blocks-by-the-batch',
      find: 'eq(and(add(first, i), i32(BLOCK_ROWS - 1)), i32(0))',
      put: 'eq(and(i, i32(BLOCK_ROWS - 1)), i32(0))',
      shows: 'the last bit of a float sum depends on how the stream was cut',
    },
    {
      name: 'whatever-is-missing',
      find: 'for (const [number, make] of missing.entries()) k.if(eq(missed, i32(number)), make)',
      put: 'for (const make of missing) make()',
      shows: 'a row that misses its group makes a partition, too',
      tests: ['lower/partitions.test'],
    },
    {
      name: 'last-block-cut-short',
      find: 'le(add(i, i32(BLOCK_ROWS)), stop)',
      put: 'le(i, stop)',
      shows: 'rows behind the batch are added',
    },
    {
      name: 'lanes-not-put-back',
      find: '      close()\n',
      put: '',
      shows: 'the sum of whole blocks is lost',
    },
  ],
}

export const filter: Room = {
  file: 'compiler/lower/operators/filter.ts',
  tests: ['lower/streams.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'later-faults-lost',
      find: 'return isAnd && !predicate.args.slice(1).some(canFault) ?',
      put: 'return isAnd ?',
      shows: 'a row whose second condition cannot be computed is dropped where the first is null',
    },
    {
      name: 'null-text-is-equal',
      find: 'for (const { isNull } of [text, same]) if (!isNever(isNull)) cx.k.if(isNull, () => cx.drop())',
      put: '',
      shows: 'a null that lies over the text passes the filter',
    },
  ],
}

export const rowFrame: Room = {
  file: 'compiler/lower/kernel-frame.ts',
  tests,
  faults: [
    {
      name: 'faulty-row-goes-on',
      find: 'options.count?.refuse(faultBits(real))\n    k.break(options.rowLabel)',
      put: 'options.count?.refuse(faultBits(real))',
      shows: 'a row that overflows is refused and counted',
    },
    {
      name: 'late-row-not-counted',
      find: "count(k, 'late_dropped')",
      put: '',
      shows: 'late rows vanish from the counters',
    },
    {
      name: 'side-output-overflows',
      find: 'k.if(ge(row, load(controlBlock, ',
      put: 'k.if(ge(i32(0), load(controlBlock, ',
      shows: 'faulty results are written behind their region',
    },
    {
      name: 'refused-not-analysed',
      find: 'options.count?.refuse(faultBits(real))',
      put: '',
      shows: 'explain analyze knows no refused rows',
      tests: ['property/counts.test', 'explain/analyze.test'],
    },
  ],
}

export const values: Room = {
  file: 'compiler/lower/value.ts',
  tests: ['lower/streams.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'last-fault-wins',
      find: 'faults.reduceRight<Expr>(',
      put: 'faults.reduce<Expr>(',
      shows: 'a row is refused with the code of what followed from its fault',
    },
    {
      name: 'fault-of-a-branch-not-taken',
      find: 'faults.map(({ code, when }) => ({ code, when: and(under, when) }))',
      put: 'faults',
      shows: 'CASE WHEN x = 0 THEN 0 ELSE 1 / x refuses rows',
    },
    {
      name: 'bound-null-turned',
      find: "isNull.op === 'not.bool'\n    ? not(local(",
      put: "isNull.op === 'not.bool'\n    ? (local(",
      shows: 'values are null and nulls are values',
    },
  ],
}

export const executor: Room = {
  file: 'runtime/dag/executor.ts',
  tests,
  faults: [
    {
      name: 'swept-codes-stay',
      find: 'if (this.#growing[owner]?.holdsOutput) this.#outlets.textsSwept(owner)',
      put: '',
      shows: 'codes of a dictionary name texts that a sweep has given away',
      tests: ['lower/lib/interner', 'property/corpus.test', 'property/plans.test'],
    },
    {
      name: 'sweep-under-results',
      find: 'if (growable.holdsOutput) this.#drain(owner)',
      put: '',
      shows: 'results that wait have other texts after a sweep',
      tests: ['property/corpus.test', 'property/plans.test', 'api/limits.test'],
    },
    {
      name: 'late-rows-twice',
      find: "control.set('late_rows', 0)",
      put: '',
      shows: 'late rows are handed out again and again',
      tests: ['property/corpus.test', 'api/sides.test'],
    },
    {
      name: 'scratch-never-empty',
      find: "control.set('scratch_used', 0)",
      put: '',
      shows: 'a long stream of computed texts ends with LDB-8014',
      tests: ['property/corpus.test', 'api/limits.test'],
    },
    {
      name: 'arrival-begins-anew',
      find: "control.addToLong('first_row', control.get('rows'))",
      put: '',
      shows: 'first and last forget the order of batches',
    },
  ],
}
