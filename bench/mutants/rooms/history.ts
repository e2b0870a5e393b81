/** Faults of rows in order, and of what they learn of each other. */
import type { Room } from '../mutant.ts'

const sorting = ['lower/sort.test', 'property/plans.test']
const learning = ['lower/history.test', 'property/plans.test']

export const sort: Room = {
  file: 'compiler/lower/operators/sort.ts',
  tests: sorting,
  faults: [
    {
      name: 'late-at-the-watermark',
      find: 'k.if(lt(time, load(this.#watermark.mem, this.#watermark.field)), () => cx.late(true))',
      put: 'k.if(not(lt(load(this.#watermark.mem, this.#watermark.field), time)), () => cx.late(true))',
      shows: 'a row whose time the watermark has just come to is late',
    },
    {
      name: 'never-late',
      find: 'k.if(lt(time, load(this.#watermark.mem, this.#watermark.field)), () => cx.late(true))',
      put: '',
      shows: 'a late row leaves behind rows that are later',
    },
    {
      name: 'makes-no-room',
      find: 'k.if(this.#rows.lacksRoom, () => cx.leaveIfDue())',
      put: '',
      shows: 'the limit of state is met though the rows that wait are few',
    },
    {
      name: 'windows-wait-a-tick-more',
      find: 'return window ? sub(time, i64(1n)) : time',
      put: 'return time',
      shows: 'the rows of a window leave a tick behind its end',
    },
    {
      name: 'one-more-than-the-limit',
      find: 'k.if(lt(rows, i32(limit)), give)',
      put: 'k.if(le(rows, i32(limit)), give)',
      shows: 'a window has a row more than it may',
    },
    {
      name: 'limit-of-all-windows',
      find: 'select(isSame, load(this.#given, ',
      put: 'select(lt(i32(0), i32(1)), load(this.#given, ',
      shows: 'only the first window has rows',
    },
    {
      name: 'time-of-rows-behind-windows',
      find: 'if (window) passWatermark(k, window.spec, 0n)\n    else passTimes',
      put: 'passTimes',
      shows: 'rows of windows are late for what follows',
    },
  ],
}

export const sortedRows: Room = {
  file: 'compiler/lower/lib/sorted-rows.ts',
  tests: sorting,
  faults: [
    {
      name: 'due-at-its-time',
      find: 'select(eq(first, i64(MAX_TIME)), first, add(first, i64(1n)))',
      put: 'first',
      shows: 'a row leaves before others of its time have come',
    },
    {
      name: 'descending-is-ascending',
      find: 'descending ? orderOf(k, b, a) : orderOf(k, a, b)',
      put: 'orderOf(k, a, b)',
      shows: 'the smallest come first where the largest should',
    },
    {
      name: 'nulls-the-other-way',
      find: 'nullsFirst ? sub',
      put: '!nullsFirst ? sub',
      shows: 'nulls come last where they should come first',
    },
    {
      name: 'last-column-decides',
      find: 'k.if(eq(order, i32(0)), () => k.set(order, orderBy(k, key, x, y)))',
      put: 'k.set(order, orderBy(k, key, x, y))',
      shows: 'rows are in the order of the last column',
    },
    {
      name: 'arrivals-are-not-counted',
      find: "k.put(this.head, 'arrived', add(arrived, i64(1n)))",
      put: "k.put(this.head, 'arrived', arrived)",
      shows: 'rows that are alike change their order',
    },
    {
      name: 'rows-stay',
      find: 'this.#pool.release(k, { first: node, last: node, count: i32(1) })',
      put: '',
      shows: 'memory of rows that have left is never used again',
    },
  ],
}

export const history: Room = {
  file: 'compiler/lower/operators/history.ts',
  tests: learning,
  faults: [
    {
      name: 'refused-rows-count',
      find: 'cx.reject(\n      entering.flatMap(({ faults }) => faults),\n      row.mask,\n      operator,\n    )',
      put: '',
      shows: 'a sum that does not fit is given as if it did',
    },
    {
      name: 'frames-keep-all',
      find: 'leaveFrames(cx, this.#kept, current)',
      put: '',
      shows: 'a frame has all rows there have been',
    },
    {
      name: 'rows-are-not-counted',
      find: 'partitions.count(k, entry)',
      put: '',
      shows: 'each row is the first of its partition',
    },
    {
      name: 'chain-grows',
      find: 'chain?.leave(k, entry)',
      put: 'chain?.keep(k, entry)',
      shows: 'a row learns of the first one instead of that before it',
    },
    {
      name: 'frame-a-row-longer',
      find: 'else k.if(ge(current.rows, i32(preceding)), leave)',
      put: 'else k.if(ge(current.rows, i32(preceding + 1)), leave)',
      shows: 'a frame has one row too many',
    },
  ],
}

export const historyRows: Room = {
  file: 'compiler/lower/operators/history-rows.ts',
  tests: learning,
  faults: [
    {
      name: 'lag-too-early',
      find: "const isThere = k.let('is_there', ge(row.rows, i32(call.offset)))",
      put: "const isThere = k.let('is_there', ge(row.rows, i32(0)))",
      shows: 'a row learns of one that is not there',
    },
    {
      name: 'number-off-by-one',
      find: 'eq(rows, i32(number - 1))',
      put: 'eq(rows, i32(number))',
      shows: 'the second value stands for the first',
    },
    {
      name: 'numbered-before-it-came',
      find: 'not(ge(rows, i32(number - 1)))',
      put: 'FALSE',
      shows: 'a value of a row that has not come is no null',
    },
    {
      name: 'frame-never-slides',
      find: "choose(k, k.let('has_slid', ge(row.rows, i32(frame.preceding))), slid, known)",
      put: 'known',
      shows: 'the first row of a frame is that of the partition for good',
    },
  ],
}

export const rowChain: Room = {
  file: 'compiler/lower/lib/row-chain.ts',
  tests: learning,
  faults: [
    {
      name: 'cursors-stand-still',
      find: 'this.#put(k, cursor, entry, this.pool.next(this.#held(cursor, entry)))',
      put: 'this.#put(k, cursor, entry, this.#held(cursor, entry))',
      shows: 'a row learns of the first one, whatever the distance',
    },
    {
      name: 'links-nothing',
      find: "() => this.pool.link(k, this.#held('last', entry), node)",
      put: '() => {}',
      shows: 'no row has one behind it',
    },
    {
      name: 'chain-keeps-its-last',
      find: "this.#put(k, 'last', entry, node)",
      put: '',
      shows: 'rows that have gone are linked to',
    },
    {
      name: 'memory-is-not-given-back',
      find: 'this.pool.release(k, { first, last: first, count: i32(1) })',
      put: '',
      shows: 'the limit of state is met by partitions that keep few rows',
    },
  ],
}

export const historyBehind: Room = {
  file: 'compiler/lower/operators/history-behind.ts',
  tests: learning,
  faults: [
    {
      name: 'leaves-a-row-early',
      find: 'lt(waiting, i32(this.#farthest))',
      put: 'lt(waiting, i32(this.#farthest - 1))',
      shows: 'a row leaves before the one that it waits for',
    },
    {
      name: 'cursor-a-row-off',
      find: 'k.if(eq(waiting, i32(offset)), () =>',
      put: 'k.if(eq(waiting, i32(offset - 1)), () =>',
      shows: 'a row learns of another than that behind it',
    },
    {
      name: 'value-for-none',
      find: 'gt(this.#waitingIn(entry), i32(offset)))\n    const node',
      put: 'ge(this.#waitingIn(entry), i32(offset)))\n    const node',
      shows: 'where no row is behind there is a value for it',
    },
    {
      name: 'waits-for-ever',
      find: 'const hasEnded = ge(',
      put: 'const hasEnded = lt(',
      shows: 'rows at the end of the input are lost',
    },
  ],
}

export const historyRange: Room = {
  file: 'compiler/lower/operators/history-range.ts',
  tests: learning,
  faults: [
    {
      name: 'others-of-its-time-are-left-out',
      find: 'select(eq(time, i64(NEVER)), time, add(time, i64(1n)))',
      put: 'time',
      shows: 'a row leaves before others of its time have come',
    },
    {
      name: 'taken-twice',
      find: "k.put(this.#head, 'step', i32(to))",
      put: "k.put(this.#head, 'step', i32(from))",
      shows: 'push never returns: a row is entered without end',
    },
    {
      name: 'keeps-a-row-too-few',
      find: 'reach.rows === 0 ? 0 : reach.rows + 1',
      put: 'reach.rows',
      shows: 'a row learns of one that was used for another',
    },
    {
      name: 'never-forgets',
      find: 'not(and(chain.hasMore(entry), not(isNeeded)))',
      put: 'lt(i32(0), i32(1))',
      shows: 'the limit of state is met by rows that no range reaches',
    },
  ],
}

export const historySpan: Room = {
  file: 'compiler/lower/operators/history-span.ts',
  tests: learning,
  faults: [
    {
      name: 'range-a-tick-shorter',
      find: 'lt(this.#timeOf(this.start(entry)), sub(time, i64(this.ticks)))',
      put: 'not(gt(this.#timeOf(this.start(entry)), sub(time, i64(this.ticks))))',
      shows: 'a row at the edge of a range is not part of it',
    },
    {
      name: 'without-others-of-its-time',
      find: 'return gt(this.#timeOf(node), time)',
      put: 'return ge(this.#timeOf(node), time)',
      shows: 'push never returns, or a range lacks the row itself',
    },
    {
      name: 'first-is-last',
      find: "call.kind === 'last' ? this.#end(entry) : this.start(entry)",
      put: 'this.#end(entry)',
      shows: 'the first value of a range is its last',
    },
  ],
}

export const wideSum: Room = {
  file: 'compiler/lower/accumulators/wide-sum.ts',
  tests: learning,
  faults: [
    {
      name: 'range-of-what-is-between',
      find: "const after = k.let('wraps', add(store.load(wraps, entry), leaves))",
      put: "const after = k.let('wraps', leaves)",
      shows: 'a sum is refused that fits, or given though it does not',
    },
    {
      name: 'wraps-upward-only',
      find: 'sub(i32(1), mul(i32(2), toInt(lt(x, i64(0n)))))',
      put: 'i32(1)',
      shows: 'a sum that has left its range and come back is refused',
    },
  ],
}
