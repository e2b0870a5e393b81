/** Faults of groups: their keys, how they are found, and how those are made that are not there yet. */
import type { Room } from '../mutant.ts'

const tests = ['lower/streams.test', 'lower/emit.test', 'property/corpus.test', 'property/plans.test']

export const groupKey: Room = {
  file: 'compiler/lower/operators/group-key.ts',
  tests,
  faults: [
    {
      name: 'nulls-are-many-groups',
      find: "return select(isNull, word.type === 'i64' ? { kind: 'const', type: 'i64', value: 0n } : i32(0), word)",
      put: 'return word',
      shows: 'nulls are grouped by what lies under them',
    },
    {
      name: 'null-is-zero',
      find: "if (this.#hasNullFlags) fields.set('key_nulls'",
      put: "if (fields.size > 9) fields.set('key_nulls'",
      shows: 'null and 0 are one group',
    },
    {
      name: 'flags-share-a-bit',
      find: 'shl(toInt(isNull), i32(i))',
      put: 'toInt(isNull)',
      shows: 'a null in the second key is read as one in the first',
    },
    {
      name: 'null-text-is-a-text',
      find: 'isConst(needed, true) ? id : keyOfText(id, not(needed))',
      put: 'id',
      shows: 'a null key is whatever text lies under it',
    },
    {
      name: 'hash-is-the-key',
      find: 'isExact(this.words(key)) ? bool(true) : this.equals(entries, entry, key)',
      put: 'bool(true)',
      shows: 'keys that hash alike are one group',
    },
    {
      name: 'texts-of-one-column',
      find: 'needed } = texts[n]',
      put: 'needed } = texts[0]',
      shows: 'a second text key has the value of the first',
    },
  ],
}

export const aggregateStage: Room = {
  file: 'compiler/lower/operators/aggregate.ts',
  tests,
  faults: [
    {
      name: 'unknown-rows-are-taken-back',
      find: "cx.reject([{ code: 'LDB-9005', when: unknown }], row.mask, aggregateRule.print(this.#node))",
      put: "cx.reject([{ code: 'LDB-9005', when: FALSE }], row.mask, aggregateRule.print(this.#node))",
      shows: 'a row that is taken back and is not there makes a group of nothing',
      tests: ['lower/changes.test', 'property/plans.test'],
    },
    {
      name: 'gone-groups-stay',
      find: 'if (this.#groups.canEmpty)\n      k.if(this.#groups.isGone(k, entry, removes)',
      put: 'if (this.#groups.canEmpty) k.if(FALSE',
      shows: 'groups without rows fill the state',
      tests: ['lower/changes.test', 'property/plans.test'],
    },
    {
      name: 'late-by-one',
      find: 'k.if(cx.hasPassed(closingOf(lastEnd, latenessTicks)), () => this.#late(cx, row))',
      put: 'k.if(lt(closingOf(lastEnd, latenessTicks), this.#wm), () => this.#late(cx, row))',
      shows: 'a window that has closed opens again and comes out twice',
    },
    {
      name: 'texts-of-aggregates-not-reserved',
      find: 'this.#reserveTexts(cx, prepared)',
      put: '',
      shows: 'texts held by first, last, min and max are written over others',
      tests: ['api/limits.test', 'lower/streams.test'],
    },
    {
      name: 'texts-of-a-new-group-not-reserved',
      find: 'const texts = [...key.texts, ...first.texts]',
      put: 'const texts = [...key.texts]',
      shows: 'a row that met a limit, and was not taken, leaves a group behind',
      tests: ['api/limits.test', 'lower/streams.test'],
    },
    {
      name: 'ended-sessions-fill-the-state',
      find: 'if (this.canWait) k.if(this.#groups.table.lacks(SESSION_ROOM), () => cx.leaveIfDue())',
      put: '',
      shows: 'sessions that have ended within a batch and wait to leave meet the limit of state',
      tests: ['lower/windows.test'],
    },
    {
      name: 'group-not-reserved',
      find: 'this.#groups.reserve(k, leave)\n    first.reserve()',
      put: 'first.reserve()',
      shows: 'groups are written behind their table',
    },
    {
      name: 'the-one-group-not-made',
      find: "k.if(le(load(this.#groups.table.head, 'live'), i32(0)), () => {",
      put: "k.if(lt(load(this.#groups.table.head, 'live'), i32(0)), () => {",
      shows: 'an aggregation without keys has no result',
    },
    {
      name: 'final-tells-of-late-rows',
      find: "this.#node.emit.strategy !== 'final'",
      put: 'true',
      shows: 'rows that should only be counted are handed out as late',
    },
  ],
}

export const groupAccumulators: Room = {
  file: 'compiler/lower/accumulators/group-accumulators.ts',
  tests,
  faults: [
    {
      name: 'joining-costs-nothing',
      find: '({ combineRows = 0 }) => combineRows',
      put: '() => 0',
      shows: 'while windows of sketches close nothing else has its turn',
      tests: ['lower/sketches.test'],
    },
    {
      name: 'joins-what-overflows',
      find: 'one.combineFaults?.(k, into, from) ?? []',
      put: '[]',
      shows: 'a row joins two sessions whose sums leave their range together',
      tests: ['lower/emit.test', 'lower/windows.test', 'property/plans.test'],
    },
  ],
}

export const groups: Room = {
  file: 'compiler/lower/operators/groups.ts',
  tests,
  faults: [
    {
      name: 'windows-not-reserved',
      find: 'this.windows.reserve(k, leave)',
      put: '',
      shows: 'windows are written behind their table',
    },
    {
      name: 'hash-of-unknown-texts',
      find: 'key.texts.length === 0 ? known',
      put: 'key.texts.length >= 0 ? known',
      shows: 'push never returns: a text key that was new is never found',
    },
    {
      name: 'groups-of-any-window',
      find: "and(eq(load(entries, 'start', candidate), start), this.key.equals(entries, candidate, key))",
      put: 'this.key.equals(entries, candidate, key)',
      shows: 'rows are added to a group of another window whose hash is the same',
    },
    {
      name: 'result-of-no-rows',
      find: 'if (!this.#countsRows) return bool(true)',
      put: 'return bool(true)',
      shows: 'an aggregation over no rows has a result',
    },
    {
      name: 'hash-without-its-window',
      find: 'this.#node.window && !this.sessions ? hashOfWindow(k, bounds.start) : undefined',
      put: 'undefined',
      shows: 'push never returns: a text key that was new is never found in its window',
    },
    {
      name: 'gone-with-its-values',
      find: 'group), group)\n    this.#drop(k, group)',
      put: 'group), group)\n    this.table.remove(k, group)',
      shows: 'values of groups that are taken back take room for good',
      tests: ['lower/changed-values.test'],
    },
  ],
}

export const pendingGroup: Room = {
  file: 'compiler/lower/operators/pending-group.ts',
  tests,
  faults: [
    {
      name: 'end-not-written',
      find: "k.put(this.mem, 'closes', bounds.closes)",
      put: '',
      shows: 'a window ends when the one before did',
    },
  ],
}

export const pendingKey: Room = {
  file: 'compiler/lower/operators/pending-key.ts',
  tests,
  faults: [
    {
      name: 'null-is-wanted',
      find: 'toInt(needed)',
      put: 'i32(1)',
      shows: 'push never returns: the group of a null text is never found',
    },
    {
      name: 'code-of-the-first',
      find: 'dictionary?.code ?? i32(0)',
      put: 'i32(0)',
      shows: 'the first text of a dictionary becomes another one',
    },
    {
      name: 'first-of-two-texts',
      find: 'textFields(n).map(field => load',
      put: 'textFields(0).map(field => load',
      shows: 'a new pair of text keys is twice the first of them',
    },
    {
      name: 'keys-not-written',
      find: 'for (const [field, value] of key.fields) k.put(this.mem, field, value)',
      put: '',
      shows: 'a new group has the key of the one before',
    },
  ],
}
