/** Changes always add up: what aggregations, distinct and upsert make of rows that are taken back, and what they refuse. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { session, source, t, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome, textsOf } from '../support/outcome.ts'
import { replay } from '../support/replay.ts'
import { runs, sameSeed } from '../support/runs.ts'
import { change, changed, netOf, rowsOf, streams, untimed } from '../support/small-changes.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const every = (law: (rows: readonly ModelRow[], tier: 'js' | 'interp') => void): void =>
  fc.assert(fc.property(streams, fc.constantFrom('js' as const, 'interp' as const), law), {
    numRuns: runs(40),
    ...sameSeed,
  })

const totals = (stream: typeof changed, options: object) =>
  stream.groupBy('key').agg(
    (f, a) => ({
      rows: a.count(),
      some: a.count(f.n, { where: f.flag }),
      sum: a.sum(f.n),
      mean: a.avg(f.n),
      every: a.boolAnd(f.flag),
      any: a.boolOr(f.flag),
      odd: a.bitXor(f.n),
    }),
    options,
  )

test('what changes come to is what the rows that are left come to, in any order', () =>
  every((rows, tier) => {
    const all = outcome(totals(untimed, {}), rows, { tier }).found
    const net = outcome(totals(untimed, {}), netOf(rows), { tier }).found
    assert.deepEqual(textsOf(all).toSorted(), textsOf(net).toSorted())
  }))

test('changes of changes, replayed, are the results of the close', () =>
  every((rows, tier) => {
    const told = outcome(totals(untimed, { emit: 'changelog' }), rows, { tier }).found
    const closed = outcome(totals(untimed, {}), rows, { tier }).found.map(one => ({ ...one, $op: 0 }))
    assert.deepEqual([...replay(told).keys()].toSorted(), [...replay(closed).keys()].toSorted())
  }))

test('a sum of doubles over changes leaves no trace of what was taken back, and rounds once', () =>
  every((rows, tier) => {
    const sums = (stream: typeof changed) =>
      stream.groupBy().agg((f, a) => ({ sum: a.sum(f.x), mean: a.avg(f.x) }))
    const all = outcome(sums(untimed), rows, { tier }).found
    assert.deepEqual(all, outcome(sums(untimed), netOf(rows).toReversed(), { tier }).found)
  }))

test('sums of doubles are exact where a double is not', async () => {
  const sums = untimed.groupBy('key').agg((f, a) => ({ sum: a.sum(f.x) }), { emit: 'changelog' })
  const of = (...values: readonly number[]): readonly unknown[] =>
    outcome(
      sums,
      values.map(x => change(0, { x })),
    )
      .found.slice(-1)
      .map(one => one.sum)
  assert.deepEqual(of(1e300, 1, -1e300), [1])
  assert.deepEqual(of(0.1, 0.2, 0.3), [0.6])
  assert.deepEqual(of(2 ** 53, 1, 1), [2 ** 53 + 2])
  assert.deepEqual(of(2 ** 53, 1), [2 ** 53])
  assert.deepEqual(of(2 ** 53, 1, 5e-324), [2 ** 53 + 2])
  assert.deepEqual(of(Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE), [Number.MAX_VALUE])
  assert.deepEqual(of(Number.MAX_VALUE, Number.MAX_VALUE), [Number.POSITIVE_INFINITY])
  assert.deepEqual(of(5e-324, -1e-323), [-5e-324])
  const values = [1e308, -1e308, 5e-324, 0, -0, 2.5, Number.NaN, Infinity, -Infinity, 2 ** -1030, 1 / 3]
  const given = values.flatMap(x => [change(0, { x }), change(0, { x: -x / 3 })])
  const back = given.map(one => ({ ...one, op: 1 })).toReversed()
  await agrees(nodeOf(sums), [...given, ...back, ...given])
})

test('carries that wait are passed on before a limb is full', () => {
  const sums = untimed.groupBy().agg((f, a) => ({ sum: a.sum(f.x) }))
  const rows = Array.from({ length: 20_000 }, (_, i) => change(0, { x: i % 3 === 0 ? -0.1 : 2 ** 40 + 0.1 }))
  const expected = rows.reduce((sum, { x }) => sum + BigInt(Math.round((x as number) * 2 ** 60)), 0n)
  const exact = rows.every(({ x }) => Number.isInteger((x as number) * 2 ** 60))
  assert.ok(exact)
  for (const tier of ['js', 'interp'] as const) {
    const [{ sum }] = outcome(sums, rows, { tier }).found
    assert.equal(sum, Number(expected) / 2 ** 60)
  }
})

test('chains of aggregations over changes, with filters on what changes, outputs that fill up and texts', async () => {
  const first = slow
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), { emit: 'changelog' })
  const second = first
    .where(f => f.rows.ne(2))
    .groupBy('rows')
    .agg((f, a) => ({ keys: a.count(), mean: a.avg(f.sum) }), { emit: 'changelog' })
  const third = second
    .groupBy('keys')
    .agg((f, a) => ({ times: a.count(), odd: a.bitXor(f.rows) }), { emit: 'changelog' })
  const given = Array.from({ length: 30 }, (_, i) => row(i, { key: `k${(i * 7) % 5}`, n: BigInt(i % 4) }))
  for (const plan of [second, third])
    for (const outputRows of [1, 2, 64]) await agrees(nodeOf(plan), given, { outputRows })
})

test('a group whose last row is taken back is gone: a delete of its last result, and nothing at the close', () => {
  const rows = [change(0), change(3, { n: 2n }), change(1), change(2, { n: 2n }), change(0, { n: 7n })]
  const sums = (options: object) => untimed.groupBy('key').agg((f, a) => ({ sum: a.sum(f.n) }), options)
  const told = outcome(sums({ emit: 'changelog' }), rows).found
  assert.deepEqual(textsOf(told), ['a 1 0', 'a 1 2', 'a 3 3', 'a 3 2', 'a 2 3', 'a 2 1', 'a 7 0'])
  assert.deepEqual(textsOf(outcome(sums({}), rows.slice(0, 4)).found), [])
  assert.deepEqual(textsOf(outcome(sums({}), rows).found), ['a 7'])
})

test('groups that come and go need no more room than those that are there', () => {
  const plan = untimed.groupBy('key').agg((_, a) => ({ rows: a.count() }), { emit: 'changelog' })
  const rows = Array.from({ length: 400 }, (_, i) => [
    change(0, { key: `key ${i}` }),
    change(1, { key: `key ${i}` }),
  ]).flat()
  const { found, error } = outcome(plan, rows, { limits: { stateRows: 16 } })
  assert.equal(error, undefined)
  assert.equal(found.length, 800)
})

test('what is not there cannot be taken back', async () => {
  const plan = untimed
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), some: a.count(f.n, { where: f.flag }) }), { emit: 'changelog' })
  const rows = [
    change(1),
    change(0),
    change(1, { key: 'b' }),
    change(0, { key: 'c', flag: false }),
    change(2, { key: 'c' }),
    change(1),
    change(2),
    change(7),
    change(-1),
  ]
  await agrees(nodeOf(plan), rows)
  await agrees(nodeOf(rowsOf.asChanges('op').asAppend()), rows)
})

test('a code that is null, or fits no change, is a fault of its row', async () => {
  const plan = source('s', { op: t.int8.orNull, n: t.int64 }, { changes: 'op' })
  const rows = [0, null, 3, 4, -1, 1].map((op, i) => ({ op, n: BigInt(i) }))
  assert.deepEqual(textsOf(outcome(plan, rows).found), ['0 0', '3 2', '1 5'])
  await agrees(nodeOf(plan), rows)
  await agrees(nodeOf(plan.where(f => f.n.gt(0))), rows)
})

test('windows take rows back while they are open', async () => {
  const plan = changed
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({ sum: a.sum(f.x) }), { lateness: '5ms' })
  const at = (op: number, time: number, given: ModelRow = {}): ModelRow =>
    change(op, { at: BigInt(time), ...given })
  const rows = [
    at(0, 1),
    at(0, 2, { key: 'b' }),
    at(1, 1),
    at(0, 3, { key: 'b' }),
    at(0, 1020),
    at(1, 3, { key: 'b' }),
  ]
  await agrees(nodeOf(plan), rows)
  await agrees(nodeOf(plan), [...rows, at(0, 4, { key: 'c' }), at(1, 2, { key: 'b' }), at(0, 5000)])
})

test('distinct: each row once; of changes while there is one', async () => {
  const given = ['a', 'b', 'a', 'c', 'b'].map((key, i) => row(i * 10, { key, n: BigInt(i % 2) }))
  const keys = slow.distinct('key')
  assert.equal(keys.node.relation.isChangelog, false)
  assert.deepEqual(textsOf(outcome(keys, given).found), ['a', 'b', 'c'])
  const pairs = untimed.distinct('key', 'n')
  const rows = [change(0), change(0), change(1), change(2), change(0)]
  assert.deepEqual(textsOf(outcome(pairs, rows).found), ['a 1 0', 'a 1 1', 'a 1 0'])
  for (const plan of [keys, slow.distinct(), slow.window(tumble('at', '20ms')).distinct('key')])
    await agrees(nodeOf(plan), given, { outputRows: 1 })
  await agrees(nodeOf(pairs), rows, { outputRows: 1 })
})

test('upsert: the latest row of each key, nulls and deletes among them', async () => {
  const users = source('users', {
    id: t.int32,
    name: t.utf8.orNull,
    age: t.int16.orNull,
    gone: t.bool.orNull,
  })
  const latest = users.upsert(['id'], { deletes: 'gone' })
  const user = (
    id: number,
    name: string | null,
    age: number | null,
    gone: boolean | null = null,
  ): ModelRow => ({
    ...{ id, name, age, gone },
  })
  const rows = [
    user(1, 'ann', 30),
    user(2, 'bob', null),
    user(1, null, 31, false),
    user(1, 'gone', 1, true),
    user(3, 'nobody', 1, true),
    user(1, 'ann', 32),
  ]
  const { found } = outcome(latest, rows)
  const lines = found.map(({ id, name, age, $op }) => `${$op} ${id} ${name} ${age}`)
  assert.deepEqual(lines, [
    '0 1 ann 30',
    '0 2 bob null',
    '2 1 ann 30',
    '3 1 null 31',
    '1 1 null 31',
    '0 1 ann 32',
  ])
  assert.deepEqual([...replay(found).keys()], ['id,2;name,bob;age,', 'id,1;name,ann;age,32'])
  await agrees(nodeOf(latest), rows, { outputRows: 1 })
  const ages = latest.groupBy('age').agg((_, a) => ({ users: a.count() }), { emit: 'changelog' })
  await agrees(nodeOf(ages), rows, { outputRows: 1 })
})

test('what cannot be right is refused where it is planned, with what can be done', () => {
  const refused = (code: string, words: RegExp, build: () => unknown): void => {
    assert.throws(
      build,
      (error: unknown) => error instanceof MillraceError && error.code === code && words.test(error.message),
    )
  }
  refused('LDB-1001', /first.*\n.*count, sum/, () =>
    changed.groupBy('key').agg((f, a) => ({ n: a.first(f.n) })),
  )
  refused('LDB-1001', /'update'/, () => totals(changed, { emit: 'update' }))
  refused('LDB-1001', /sessions/, () => changed.window(session('at', '4s')).agg((_, a) => ({ n: a.count() })))
  refused('LDB-1001', /filter/, () => changed.filter(f => f.$op === 0))
  refused('LDB-1001', /asAppend/, () => changed.map(f => ({ m: f.$op + 1 })))
  refused('LDB-1001', /asAppend/, () => changed.upsert(['key']))
  refused('LDB-1001', /asAppend/, () => changed.groupBy('$op').agg((_, a) => ({ n: a.count() })))
  refused('LDB-1001', /asAppend/, () => events.asAppend())
  refused('LDB-1001', /once more/, () =>
    changed
      .asAppend()
      .asChanges('op')
      .asChanges('op' as never),
  )
  refused('LDB-1200', /int64/, () => timeless.asChanges('n' as never))
  refused('LDB-1100', /who/, () => timeless.asChanges('who' as never))
  refused('LDB-1200', /bool/, () => timeless.upsert(['key'], { deletes: 'n' as never }))
  refused('LDB-1100', /who/, () => timeless.upsert(['key'], { deletes: 'who' as never }))
})
