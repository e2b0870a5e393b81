/** Rankings: who comes first, who moves and who leaves, told as changes or when a window closes. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { source, t, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { type RankFunction, rank } from '../../ir/logical/rank.ts'
import { window } from '../../ir/logical/window.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { textOfColumns } from '../support/replay.ts'
import { isQuick, runs, sameSeed } from '../support/runs.ts'
import { change, netOf, streams, untimed } from '../support/small-changes.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const byFunction = ['row_number', 'rank', 'dense_rank'] as const
const tightest = { outputRows: 1, budgetRows: 1, batchRows: 1 }
const stops = isQuick ? [tightest] : [tightest, {}, { outputRows: 2, budgetRows: 2 }]
const quick = ['interp', 'js'] as const
const signs = ['+', '-', '<', '>']
const told = (found: ReturnType<typeof outcome>['found']): readonly string[] =>
  found.map(
    ({ key, n, place = '', $op = '' }) => `${$op === '' ? '' : signs[Number($op)]}${key}${n}:${place}`,
  )

const rowsOf = (...numbers: readonly number[]): readonly ModelRow[] =>
  numbers.map((n, i) => row(i, { n: BigInt(n), key: 'abcdefghij'[i] }))

const first = (by: RankFunction, limit: number, offset = 0) =>
  timeless.rank({ orderBy: ['n'], by, limit, offset, as: 'place' })

/** All that a ranking can be asked for, in small. */
const asked = byFunction.flatMap(by =>
  [0, 1, 2].flatMap(offset =>
    [1, 2, 4].flatMap(limit => ['place', undefined].map(as => ({ by, offset, limit, as }))),
  ),
)

test('row numbers: rows behind the one that comes move, from the last one on, and the last leaves', async () => {
  const stream = first('row_number', 3)
  const rows = rowsOf(5, 3, 4, 3, 9, 1)
  assert.deepEqual(told(outcome(stream, rows).found), [
    '+a5:1',
    '<a5:1',
    '>a5:2',
    '+b3:1',
    '<a5:2',
    '>a5:3',
    '+c4:2',
    '-a5:3',
    '<c4:2',
    '>c4:3',
    '+d3:2',
    '-c4:3',
    '<d3:2',
    '>d3:3',
    '<b3:1',
    '>b3:2',
    '+f1:1',
  ])
  for (const limits of stops) await agrees(nodeOf(stream), rows, limits)
})

test('rows that are equal have one rank, and all of them come and go', () => {
  const rows = rowsOf(2, 1, 2, 1, 0)
  assert.deepEqual(told(outcome(first('rank', 3), rows).found), [
    ...['+a2:1', '<a2:1', '>a2:2', '+b1:1', '+c2:2'],
    ...['<c2:2', '>c2:3', '<a2:2', '>a2:3', '+d1:1'],
    ...['-c2:3', '-a2:3', '<d1:1', '>d1:2', '<b1:1', '>b1:2', '+e0:1'],
  ])
  assert.deepEqual(told(outcome(first('dense_rank', 2), rows).found), [
    ...['+a2:1', '<a2:1', '>a2:2', '+b1:1', '+c2:2', '+d1:1'],
    ...['-c2:2', '-a2:2', '<d1:1', '>d1:2', '<b1:1', '>b1:2', '+e0:1'],
  ])
})

test('without its rank only the row that enters and the one that leaves are told, as one update', () => {
  const stream = timeless.rank({ orderBy: ['n'], limit: 2 })
  assert.deepEqual(told(outcome(stream, rowsOf(5, 3, 4, 9, 4, 1)).found), [
    ...['+a5:', '+b3:', '<a5:', '>c4:', '<c4:', '>f1:'],
  ])
})

test('a newer row displaces none that is equal', () => {
  const stream = timeless.rank({ partitionBy: ['key'], orderBy: ['n'], limit: 1 })
  const rows = [3, 3, 2, 2].map((n, i) => row(i, { n: BigInt(n), x: i }))
  assert.deepEqual(
    outcome(stream, rows).found.map(({ x, $op }) => `${signs[Number($op)]}${x}`),
    ['+0', '<0', '>2'],
  )
})

test('every way to count, with and without the rank, whatever is passed over', async () => {
  const rows = rowsOf(5, 3, 4, 3, 9, 1, 3, 5, 2, 4)
  for (const one of asked) {
    const node = nodeOf(timeless.rank({ orderBy: ['n'], ...one } as never))
    for (const limits of stops) await agrees(node, rows, limits, quick)
  }
  for (const by of byFunction) await agrees(nodeOf(first(by, 2, 1)), rows, tightest)
})

test('changes: what is taken back makes the next one come up', async () => {
  const given = [
    [0, 3],
    [0, 1],
    [0, 2],
    [0, 1],
    [0, 1, 'b'],
    [1, 1],
    [1, 7],
    [1, 1],
    [2, 1, 'b'],
    [1, 3],
    [1, 2],
  ]
  const rows = given.map(([op, n, key = 'a']) => change(Number(op), { n: BigInt(n), key: String(key) }))
  for (const one of asked) {
    const node = nodeOf(untimed.rank({ orderBy: ['n'], ...one } as never))
    for (const limits of stops) await agrees(node, rows, limits, quick)
  }
  for (const by of byFunction)
    await agrees(nodeOf(untimed.rank({ orderBy: ['n'], by, limit: 2, as: 'place' })), rows, tightest)
})

test('of rows that are equal the last to come is the first to go; one that is not there is a fault', () => {
  const stream = untimed.select(f => ({ key: f.key, n: f.n })).rank({ orderBy: ['n'], limit: 9, as: 'place' })
  const rows = [change(0), change(0, { key: 'b' }), change(0), change(1), change(1), change(1)]
  const { found, faults } = outcome(stream, rows)
  assert.deepEqual(told(found), ['+a1:1', '+b1:2', '+a1:3', '-a1:3', '-a1:1', '<b1:2', '>b1:1'])
  assert.deepEqual(faults, ['LDB-9005'])
})

/** How often each row is there; none is taken back that is not. */
function netted(found: ReturnType<typeof outcome>['found']): readonly string[] {
  const counts = new Map<string, number>()
  for (const { $op, ...columns } of found) {
    const text = textOfColumns(columns)
    const count = (counts.get(text) ?? 0) + ($op === 1 || $op === 2 ? -1 : 1)
    assert.ok(count >= 0, text)
    counts.set(text, count)
  }
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([text, count]) => `${count} ${text}`)
    .toSorted()
}

test('changes of a ranking, replayed, are the ranking of what is left', () =>
  fc.assert(
    fc.property(streams, fc.constantFrom(...asked), (rows, { as, ...one }) => {
      const ranked = (given: readonly ModelRow[]) =>
        outcome(
          untimed.rank({ partitionBy: ['flag'], orderBy: ['x', 'key', 'n'], ...one, as } as never),
          given,
        ).found
      assert.deepEqual(netted(ranked(rows)), netted(ranked(netOf(rows))))
    }),
    { numRuns: runs(60), ...sameSeed },
  ))

const loose = source('loose', {
  key: t.utf8.orNull,
  x: t.float64.orNull,
  blob: t.binary.orNull,
  flag: t.bool.orNull,
})

test('nulls are the largest, or where they are asked to be; NaN is the largest number, and zeros are one', async () => {
  const values = [null, Number.NaN, 1, -0, 0, Number.NEGATIVE_INFINITY, null]
  const rows = values.map((x, i) => ({ key: `${i}`, x, blob: null, flag: null }))
  const order = (by: object): string => {
    const stream = loose.rank({ orderBy: [{ column: 'x', ...by }], limit: 9, as: 'place' })
    const places: unknown[] = []
    for (const { key, place, $op } of outcome(stream, rows).found) if ($op !== 2) places[Number(place)] = key
    return places.join('')
  }
  assert.equal(order({}), '5342106')
  assert.equal(order({ descending: true }), '0612345')
  assert.equal(order({ nulls: 'first' }), '0653421')
  assert.equal(order({ descending: true, nulls: 'last' }), '1234506')
  for (const by of [
    {},
    { descending: true },
    { nulls: 'first' },
    { descending: true, nulls: 'last' },
  ] as const) {
    const stream = loose.rank({ orderBy: [{ column: 'x', ...by }, 'key'], limit: 4, as: 'place' })
    await agrees(nodeOf(stream), rows, {}, quick)
  }
})

test('texts and bytes are ordered by their bytes, and several columns one after the other', async () => {
  const texts = ['b', 'a', 'ab', '\u{1f600}', '\uffff', null, '', 'a']
  const rows = texts.map((key, i) => {
    const blob = key === null ? null : new TextEncoder().encode(key)
    return { key, x: i % 2, blob, flag: [null, true, false][i % 3] }
  })
  for (const orderBy of [['key'], ['flag', { column: 'blob', descending: true }, 'x']] as const)
    for (const limit of [3, 8]) {
      const stream = loose.rank({ orderBy: orderBy as never, limit, as: 'place' })
      await agrees(nodeOf(stream), rows, { outputRows: 2, budgetRows: 3 }, quick)
    }
})

test('the latest row of a key by event time, however late rows come', async () => {
  const stream = slow.lastBy(['key'], 'at')
  const times = [5, 9, 7, 9, 12, 3]
  const rows = times.map((at, i) => row(at, { n: BigInt(i) }))
  assert.deepEqual(told(outcome(stream, rows).found), ['+a0:', '<a0:', '>a1:', '<a1:', '>a4:'])
  assert.deepEqual(told(outcome(slow.firstBy(['key'], 'at'), rows).found), ['+a0:', '<a0:', '>a5:'])
  for (const limits of stops) await agrees(nodeOf(stream), rows, limits)
})

const windowed = slow.window(tumble('at', '10ms'))
const inWindows = [3, 12, 5, 25, 11, 4, 2000, 5].map((at, i) =>
  row(at, { n: BigInt((i * 5) % 4), key: 'ab'[i % 2] }),
)

test('a window gives what came first in it when it closes, in order; rows that come later are late', async () => {
  const stream = windowed.rank({ orderBy: ['n'], limit: 2, as: 'place', emit: 'close' })
  const { found, told: late } = outcome(stream, inWindows)
  assert.deepEqual(told(found), ['a0:1', 'b1:2', 'a0:1', 'b1:2', 'b3:1', 'a2:1'])
  assert.equal(late, 1)
  for (const by of byFunction)
    for (const limit of [undefined, 2])
      for (const limits of stops) {
        const rest = limit === undefined ? {} : { limit }
        const ranked = windowed.rank({
          partitionBy: ['key'],
          orderBy: ['n'],
          by,
          as: 'place',
          emit: 'close',
          ...rest,
        })
        await agrees(nodeOf(ranked), inWindows, limits, quick)
      }
})

test('rows of windows that tell what they change are forgotten with their window', async () => {
  const stream = windowed.rank({ orderBy: ['n'], limit: 2, as: 'place' })
  for (const limits of stops) await agrees(nodeOf(stream), inWindows, limits)
  const many = Array.from({ length: 600 }, (_, i) => row(i * 5, { n: BigInt(i) }))
  const { found, error } = outcome(stream, many, { limits: { stateRows: 512 } })
  assert.equal(error, undefined)
  assert.equal(found.length, 600)
})

test('rows that can never come first again are forgotten; of changes all are kept, up to the limit of state', () => {
  const options = { orderBy: [{ column: 'n', descending: true }] as const, limit: 3, as: 'place' } as const
  const many = Array.from({ length: 500 }, (_, i) => ({ n: BigInt(i), key: `key ${i}` }))
  const limits = { stateRows: 64, stateBytes: 1 << 12 }
  const added = many.map(one => row(0, one))
  assert.equal(outcome(timeless.rank(options), added, { limits }).error, undefined)
  const changes = many.map(one => change(0, one))
  const { error } = outcome(untimed.rank(options), changes, { limits })
  assert.ok(error instanceof MillraceError && error.code === 'LDB-8013', String(error))
  const undone = many.flatMap(one => [change(0, one), change(1, one)])
  assert.equal(outcome(untimed.rank(options), undone, { limits }).error, undefined)
})

test('what a ranking tells is counted, netted and ranked again', async () => {
  const best = timeless.rank({ partitionBy: ['key'], orderBy: [{ column: 'n', descending: true }], limit: 2 })
  const rows = Array.from({ length: 40 }, (_, i) => row(i, { n: BigInt((i * 7) % 11), key: 'abc'[i % 3] }))
  const counted = best.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
  assert.deepEqual(
    outcome(counted, rows).found.map(one => ({ ...one })),
    [
      { key: 'a', rows: 2n, sum: 20n },
      { key: 'b', rows: 2n, sum: 19n },
      { key: 'c', rows: 2n, sum: 19n },
    ],
  )
  const again = best.rank({ orderBy: ['n', 'key'], limit: 2, by: 'rank', as: 'place' })
  for (const stream of [counted, best.consolidate(), again]) await agrees(nodeOf(stream), rows, tightest)
})

test('a ranking that would keep all rows, or says too little, is refused', () => {
  const refused = (code: string, make: () => unknown): void =>
    assert.throws(make, error => error instanceof MillraceError && error.code === code)
  const orderBy = ['n'] as const
  refused('LDB-3010', () => timeless.rank({ orderBy }))
  refused('LDB-3010', () => windowed.rank({ orderBy }))
  refused('LDB-1001', () => timeless.rank({ orderBy, limit: 1, emit: 'close' }))
  refused('LDB-1100', () => timeless.rank({ orderBy: ['m' as 'n'], limit: 1 }))
  refused('LDB-1100', () => timeless.rank({ partitionBy: ['m' as 'n'], orderBy, limit: 1 }))
  refused('LDB-0002', () => timeless.rank({ orderBy: [] as never, limit: 1 }))
  refused('LDB-1001', () => windowed.rank({ orderBy, emit: 'close', as: '$op' }))
  refused('LDB-1102', () => timeless.rank({ orderBy, limit: 1, as: 'key' }))
  for (const bounds of [{ limit: 0 }, { limit: 1.5 }, { limit: 1, offset: -1 }, { limit: 1_000_001 }])
    refused('LDB-0001', () => timeless.rank({ orderBy, ...bounds }))
  refused('LDB-0001', () => timeless.rank({ orderBy, limit: 1, by: 'percent_rank' as 'rank' }))
  const spec = { kind: 'hop', column: 'at', sizeTicks: 10n, slideTicks: 5n, offsetTicks: 0n } as const
  const inOrder = [{ name: 'n', descending: false, nullsFirst: false }]
  const asked = { by: 'rank', partitionBy: [], orderBy: inOrder, limit: 1, offset: 0, as: undefined } as const
  refused('LDB-1001', () => rank(window(nodeOf(events), spec), { ...asked, emit: 'close' }))
})
