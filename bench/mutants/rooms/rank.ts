/** Faults of rankings: of their order, of their ranks, of what a row tells, and of what is kept. */
import type { Room } from '../mutant.ts'

const tests = ['lower/rank.test', 'property/plans.test']

export const rankChanges: Room = {
  file: 'compiler/lower/operators/rank-changes.ts',
  tests,
  faults: [
    {
      name: 'one-rank-too-far-back',
      find: 'isDone: rank => lt(rank, lowest),',
      put: 'isDone: rank => lt(add(rank, f64(1)), lowest),',
      shows: 'a row that nothing moves is told as moved',
    },
    {
      name: 'last-rank-does-not-leave',
      find: 'const leaves = eq(rank, f64(last))',
      put: 'const leaves = eq(rank, f64(last + 1))',
      shows: 'there are more rows than the limit',
    },
    {
      name: 'passed-over-never-enter',
      find: 'const enters = eq(rank, f64(offset))',
      put: 'const enters = eq(rank, f64(-1))',
      shows: 'a row that was passed over is told as moved when it is the first one told',
    },
    {
      name: 'none-comes-up',
      find: 'isDone: rank => gt(rank, f64(last + 1)),',
      put: 'isDone: rank => gt(rank, f64(last)),',
      shows: 'no row takes the place of one that was taken back',
    },
    {
      name: 'begins-again',
      find: "k.put(this.mem, 'next', select(lt(at.row, i32(0)), DONE, add(at.row, i32(1))))",
      put: "k.put(this.mem, 'next', select(lt(at.row, i32(0)), DONE, BEGIN))",
      shows: 'a call that ended between two rows tells the first ones again',
    },
    {
      name: 'never-done',
      find: 'select(lt(at.row, i32(0)), DONE, add(at.row, i32(1)))',
      put: 'select(lt(at.row, i32(0)), BEGIN, add(at.row, i32(1)))',
      shows: 'where no row is left all are told once more',
    },
    {
      name: 'rank-is-forgotten',
      find: "k.put(this.mem, 'rank', at.rank)",
      put: "k.put(this.mem, 'rank', f64(1))",
      shows: 'behind the first row that is told all ranks are wrong',
    },
    {
      name: 'place-is-kept',
      find: `    k.if(isTold, () => tell(row, coming.rank, i32(changes.insert)))
    k.put(this.mem, 'next', BEGIN)`,
      put: '    k.if(isTold, () => tell(row, coming.rank, i32(changes.insert)))',
      shows: 'the next row begins to tell where the last one ended',
    },
    {
      name: 'work-without-end',
      find: "k.if(ge(spent, load(controlBlock, 'budget')), () => cx.leave(Status.yield))",
      put: "k.if(lt(load(controlBlock, 'budget'), i32(0)), () => cx.leave(Status.yield))",
      shows: 'nothing but time: one row may take as long as its ranking is',
      equivalent: 'how much a call does changes no answer',
    },
    {
      name: 'replaced-by-nobody',
      find: "const isFull = k.let('is_full', and(changesAny, ge(this.#rows.total(root), f64(this.#last))))",
      put: "const isFull = k.let('is_full', and(changesAny, gt(this.#rows.total(root), f64(this.#last))))",
      shows: 'the row that leaves is not told',
    },
    {
      name: 'behind-all-ranks',
      find: `const changesAny = le(rank, f64(this.#last))
    const isFull = k.let('is_full', and(changesAny, gt`,
      put: `const changesAny = gt(rank, f64(0))
    const isFull = k.let('is_full', and(changesAny, gt`,
      shows: 'a row that was never told makes another one come up',
    },
  ],
}

export const rankPosition: Room = {
  file: 'compiler/lower/operators/rank-position.ts',
  tests,
  faults: [
    {
      name: 'equal-rows-displace',
      find: "case 'row_number':\n        return add(add(before, equals), f64(1))",
      put: "case 'row_number':\n        return add(before, f64(1))",
      shows: 'a newer row has the number of one that is equal and came before',
    },
    {
      name: 'dense-rank-always-moves',
      find: 'select(eq(group, NIL), add(groupsBefore, f64(1)), f64(Number.MAX_SAFE_INTEGER))',
      put: 'add(groupsBefore, f64(2))',
      shows: 'a row that is equal to another moves all behind it',
    },
    {
      name: 'rank-of-the-group-before',
      find: "const step = this.#by === 'rank' ? rows.sizeOf(other) : f64(1)",
      put: 'const step = f64(1)',
      shows: 'where several rows are equal the ranks before them are wrong',
    },
    {
      name: 'rank-of-the-group-behind',
      find: "const step = this.#by === 'rank' ? rows.sizeOf(group) : f64(1)",
      put: 'const step = f64(1)',
      shows: 'where several rows are equal the ranks behind them are wrong',
    },
    {
      name: 'dense-rank-moves-though-its-group-stays',
      find: 'if (isDense) k.if(eq(size, f64(1)), next)',
      put: 'if (isDense) k.if(eq(size, size), next)',
      shows: 'taking one of two equal rows back moves those behind',
    },
    {
      name: 'never-trimmed',
      find: 'this.isFull(cell.root, most + 1), () => {',
      put: 'this.isFull(cell.root, most + 2), () => {',
      shows: 'rows that can never come first again are kept, and told when one comes in',
    },
    {
      name: 'trimmed-too-early',
      find: 'others ? gt(others, f64(most - 1))',
      put: 'others ? gt(others, f64(most - 2))',
      shows: 'a group that is at the last rank is forgotten',
    },
    {
      name: 'last-row-has-gone',
      find: 'k.set(last, before)',
      put: 'k.set(last, last)',
      shows: 'rows are held against one that has gone',
    },
    {
      name: 'equal-to-the-last',
      find: "this.#by === 'row_number' ? ge(order, i32(0)) : gt(order, i32(0))",
      put: 'ge(order, i32(0))',
      shows: 'a row that is equal to the last one does not have its rank',
    },
  ],
}

export const rankedRows: Room = {
  file: 'compiler/lower/lib/ranked-rows.ts',
  tests,
  faults: [
    {
      name: 'rows-of-the-left-do-not-count',
      find: 'k.set(before, add(before, this.total(left)))',
      put: 'k.set(before, add(before, f64(0)))',
      shows: 'ranks count some of the rows before',
    },
    {
      name: 'rows-of-the-group-do-not-count',
      find: 'k.set(before, add(before, this.sizeOf(group)))',
      put: 'k.set(before, add(before, f64(1)))',
      shows: 'rows that are equal count as one',
    },
    {
      name: 'new-rows-come-first',
      find: 'k.set(before, this.lastOf(beside))',
      put: 'k.set(before, this.firstOf(beside))',
      shows: 'of rows that are equal a newer one comes before older ones',
    },
    {
      name: 'beside-the-wrong-row',
      find: 'k.set(behind, this.firstOf(beside))',
      put: 'k.set(behind, this.lastOf(beside))',
      shows: 'a group is torn apart by a row that belongs before it',
    },
    {
      name: 'first-of-the-group-has-gone',
      find: 'k.if(eq(this.firstOf(group), rows.first), () =>',
      put: 'k.if(lt(this.firstOf(group), i32(-1)), () =>',
      shows: 'a group begins with a row that was taken back',
    },
    {
      name: 'last-of-the-group-has-gone',
      find: 'k.if(eq(this.lastOf(group), rows.last), () =>',
      put: 'k.if(lt(this.lastOf(group), i32(-1)), () =>',
      shows: 'a row is put behind one that was taken back',
    },
    {
      name: 'group-stays',
      find: 'eq(left, f64(0)),\n      () => {\n        k.set(changed',
      put: 'lt(left, f64(0)),\n      () => {\n        k.set(changed',
      shows: 'an empty group has a rank',
    },
    {
      name: 'counted-from-the-wrong-end',
      find: 'k.set(row, this.firstOf(group))\n      const left',
      put: 'k.set(row, this.#rows.next(this.firstOf(group)))\n      const left',
      shows: 'of rows that are equal the wrong one leaves',
    },
  ],
}

export const closingRanks: Room = {
  file: 'compiler/lower/operators/closing-ranks.ts',
  tests,
  faults: [
    {
      name: 'rank-within-the-group',
      find: "k.if(isLast, () => k.store(entries, 'ahead', entry, ahead))",
      put: "k.store(entries, 'ahead', entry, ahead)",
      shows: 'rows of a window that are equal have different ranks',
    },
    {
      name: 'first-rank-of-another-window',
      find: "for (const field of ['given', 'ahead'])",
      put: "for (const field of ['given'])",
      shows: 'a window goes on with the ranks of one that has closed',
    },
    {
      name: 'passed-over-and-given',
      find: 'const isBehind = gt(rank, f64(this.#node.offset))',
      put: 'const isBehind = gt(rank, f64(0))',
      shows: 'ranks that are to be passed over are given',
    },
    {
      name: 'one-rank-too-many',
      find: 'le(rank, f64(last))',
      put: 'le(rank, f64(last + 1))',
      shows: 'of changes a window gives one rank more than the limit',
    },
  ],
}

export const rowCopies: Room = {
  file: 'compiler/lower/operators/row-copies.ts',
  tests,
  faults: [
    {
      name: 'of-any-partition',
      find: "and(eq(load(entries, 'owner', candidate), owner), this.#key.equals(entries, candidate, key))",
      put: 'this.#key.equals(entries, candidate, key)',
      shows: 'a row of another partition is taken back',
    },
    {
      name: 'older-ones-are-lost',
      find: "() => k.set(older, load(entries, 'newest', entry)),",
      put: '() => {},',
      shows: 'of several rows that are equal only the last can be taken back',
    },
    {
      name: 'newest-stays',
      find: "k.store(this.#table.entries, 'newest', entry, older)",
      put: "k.store(this.#table.entries, 'newest', entry, row)",
      shows: 'a row is taken back twice',
    },
    {
      name: 'closed-windows-are-remembered',
      find: "k.if(eq(load(this.#table.entries, 'newest', entry), row), () => this.#table.remove(k, entry))",
      put: "k.if(lt(load(this.#table.entries, 'newest', entry), NONE), () => this.#table.remove(k, entry))",
      shows: 'a row of a window that has closed is taken back from another one',
    },
  ],
}

export const sortOrder: Room = {
  file: 'compiler/lower/operators/sort-order.ts',
  tests,
  faults: [
    {
      name: 'ascending-only',
      find: 'const [x, y] = descending ? [b, a] : [a, b]',
      put: 'const [x, y] = [a, b]',
      shows: 'the least comes first where the largest was asked for',
    },
    {
      name: 'nulls-last-always',
      find: 'const [first, second] = nullsFirst ? [b, a] : [a, b]',
      put: 'const [first, second] = [a, b]',
      shows: 'nulls come last where they were asked to be first',
    },
    {
      name: 'last-column-decides',
      find: 'if (i > 0) k.breakIf(ne(order, i32(0)), label)',
      put: 'if (i > 9) k.breakIf(ne(order, i32(0)), label)',
      shows: 'rows are in the order of their last column',
    },
  ],
}

export const rankStage: Room = {
  file: 'compiler/lower/operators/rank.ts',
  tests,
  faults: [
    {
      name: 'never-late',
      find: 'if (pane) k.if(cx.hasPassed(pane.lastEnd), () => cx.late(true))',
      put: 'if (pane) k.if(cx.hasPassed(pane.lastEnd), () => cx.drop())',
      shows: 'late rows are neither told nor counted',
    },
    {
      name: 'last-rank-is-dropped',
      find: 'k.if(this.#position.isFull(root, bound), () => {',
      put: 'k.if(this.#position.isFull(root, bound - 1), () => {',
      shows: 'one rank is missing',
    },
    {
      name: 'last-row-is-not-kept',
      find: "k.store(entries, 'last', entry, last)",
      put: "k.store(entries, 'last', entry, newest)",
      shows: 'rows are held against one that is not the last',
    },
    {
      name: 'unknown-is-taken-back',
      find: "[{ code: 'LDB-9005', when: lt(copies.entry, i32(0)) }]",
      put: "[{ code: 'LDB-9005', when: lt(copies.entry, i32(-1)) }]",
      shows: 'a row that is not there is taken back: another one goes',
    },
    {
      name: 'empty-partitions-stay',
      find: 'if (!this.#closing) k.if(eq(cell.root, NIL)',
      put: 'if (!this.#closing) k.if(lt(cell.root, NIL)',
      shows: 'state fills up with partitions that nothing is left of',
    },
    {
      name: 'room-for-texts-alone',
      find: '    this.#rows.reserve(k, leave)\n',
      put: '',
      shows: 'rows are written behind the room there is',
    },
  ],
}

export const rankedPartitions: Room = {
  file: 'compiler/lower/operators/ranked-partitions.ts',
  tests,
  faults: [
    {
      name: 'windows-share-a-ranking',
      find: "eq(load(this.entries, 'start', candidate), pane.start),",
      put: "eq(load(this.entries, 'start', candidate), load(this.entries, 'start', candidate)),",
      shows: 'rows of one window are ranked among those of another',
    },
    {
      name: 'hash-of-unknown-texts',
      find: 'key.texts.length === 0 ? known : hashWords(k, this.#key.words(key), pane?.hash)',
      put: 'known',
      shows: 'the next row of a new text begins another ranking',
    },
  ],
}

export const firstRow: Room = {
  file: 'compiler/lower/operators/first-row.ts',
  tests,
  faults: [
    {
      name: 'equal-rows-replace',
      find: 'k.if(ge(order, i32(0)), () => cx.drop())',
      put: 'k.if(ge(order, i32(1)), () => cx.drop())',
      shows: 'a newer row replaces one that is equal',
    },
    {
      name: 'nothing-is-taken-back',
      find: '() => this.#tell(output, entry, i32(changes.updateBefore)),',
      put: '() => {},',
      shows: 'the row that was replaced stays',
    },
    {
      name: 'all-are-new',
      find: 'select(isKnown, i32(changes.updateAfter), i32(changes.insert))',
      put: 'i32(changes.insert)',
      shows: 'a row that replaces another says that it is new',
    },
    {
      name: 'no-room-for-partitions',
      find: 'k.if(lt(sought.entry, i32(0)), () => table.reserve(k, leave))',
      put: 'k.if(lt(sought.entry, i32(-1)), () => table.reserve(k, leave))',
      shows: 'the table of partitions never grows',
    },
    {
      name: 'texts-without-room',
      find: 'if (texts.length > 0) this.#texts?.reserve(k, texts, leave)',
      put: 'if (texts.length > 9) this.#texts?.reserve(k, texts, leave)',
      shows: 'texts are written behind the room there is',
    },
  ],
}
