/** Joins with the versions of a table, and probes: what was valid when, what deletes end, and at which distances. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, tumble } from '../../compiler/index.ts'
import { joinAgrees, joined, l, left, r, right, tardyLeft, tardyRight } from '../support/two-streams.ts'

const DELETE = 1
const BEFORE = 2
const AFTER = 3

const versions = tardyLeft.temporalJoin(tardyRight, (a, b) => a.key.eq(b.key), { type: 'left' })
const changes = tardyLeft.temporalJoin(tardyRight.asChanges('op'), (a, b) => a.key.eq(b.key), {
  type: 'left',
})

const found = (stream: unknown, ...comings: Parameters<typeof joined>[1]): readonly string[] =>
  joined(stream, comings).found

test('a version is valid from its time until the next one of its key', async () => {
  const comings = [
    r(2, 20),
    r(6, 60),
    r(4, 40, 'b'),
    l(1, 1),
    l(2, 2),
    l(5, 3),
    l(6, 4),
    l(9, 5),
    l(5, 6, 'b'),
  ]
  assert.deepEqual(found(versions, ...comings), ['1 null', '2 20', '3 20', '6 40', '4 60', '5 60'])
  await joinAgrees(versions, comings)
})

test('what is deleted is valid until then, and a version behind begins anew', async () => {
  const comings = [r(2, 20), r(5, 20, 'a', DELETE), r(8, 80), l(4, 1), l(5, 2), l(7, 3), l(8, 4)]
  assert.deepEqual(found(changes, ...comings), ['1 20', '2 null', '3 null', '4 80'])
  await joinAgrees(changes, comings)
})

test('an update takes the place of what was valid; one whose second half is gone deletes', async () => {
  const comings = [
    r(2, 20),
    r(5, 20, 'a', BEFORE),
    r(5, 50, 'a', AFTER),
    r(8, 50, 'a', BEFORE),
    l(4, 1),
    l(5, 2),
    l(9, 3),
  ]
  assert.deepEqual(found(changes, ...comings), ['1 20', '2 50', '3 null'])
  await joinAgrees(changes, comings)
})

test('results of changes are rows that are only added, without what a change is', () => {
  const names = changes.schema.map(({ name }) => name)
  assert.deepEqual(names, ['at', 'key', 'n', 'op', 'right_at', 'right_key', 'right_n'])
  assert.equal(changes.node.relation.isChangelog, false)
})

test('keys go with what was deleted', () => {
  const table = right.asChanges('op')
  const join = left.temporalJoin(table, (a, b) => a.key.eq(b.key))
  const comings = Array.from({ length: 1000 }, (_, i) => [
    r(i, i, `k${i}`),
    l(i, i, `k${i}`),
    r(i + 1, i, `k${i}`, DELETE),
  ]).flat()
  const { found: rows, error } = joined(join, comings, { limits: { stateRows: 64 } })
  assert.deepEqual([rows.length, error], [1000, undefined])
})

test('a version that comes late is a late row, and what was given stands', async () => {
  const comings = [r(1, 10), l(5, 1), r(30, 300), l(30, 2), r(4, 40), r(50, 500)]
  const { found: rows, late } = joined(versions, comings)
  assert.deepEqual([rows, late], [['1 10', '2 300'], 1n])
  await joinAgrees(versions, comings)
})

test('what is taken back hides older versions that come behind it, also where nobody waits', async () => {
  const now = left.asofJoin(tardyRight.asChanges('op'), (a, b) => a.key.eq(b.key), {
    type: 'left',
    wait: false,
  })
  const comings = [l(9, 1), r(5, 50, 'a', DELETE), r(3, 30), l(9, 2), r(8, 80), l(10, 3)]
  assert.deepEqual(joined(now, comings).steps, [['1 null'], [], [], ['2 null'], [], ['3 80'], []])
  await joinAgrees(now, comings)
})

test('by processing time: the version that came last, whatever its time, and nobody waits', async () => {
  const now = tardyLeft.temporalJoin(tardyRight.asChanges('op'), (a, b) => a.key.eq(b.key), {
    type: 'left',
    versions: 'processing',
  })
  const comings = [l(9, 1), r(20, 20), l(3, 2), r(12, 12), l(3, 3), r(12, 12, 'a', DELETE), l(9, 4)]
  assert.deepEqual(joined(now, comings).steps, [['1 null'], [], ['2 20'], [], ['3 12'], [], ['4 null'], []])
  await joinAgrees(now, comings)
})

test('by processing time rows keep their own event time, and a window behind finds them late as they were', async () => {
  const counts = left
    .temporalJoin(right, (a, b) => a.key.eq(b.key), { type: 'left', versions: 'processing' })
    .window(tumble('at', '10s'))
    .agg((c, a) => ({ rows: a.count(), matched: a.count(c.right_n) }))
  const comings = [l(1, 1), r(90, 90), l(2, 2), l(15, 3), l(3, 4), l(30, 5)]
  const { found: rows, late } = joined(counts, comings, { show: ['rows', 'matched'] })
  assert.deepEqual([rows, late], [['2 1', '1 1', '1 1'], 1n])
  await joinAgrees(counts, comings)
})

test('the latest rows by key are a table by processing time, and by event time they have none', () => {
  const table = right.upsert(['key'])
  const now = left.temporalJoin(table, (a, b) => a.key.eq(b.key), { versions: 'processing' })
  assert.deepEqual(joined(now, [r(1, 10), r(2, 20), l(1, 1)]).found, ['1 20'])
  assert.throws(
    () => left.temporalJoin(table, (a, b) => a.key.eq(b.key)),
    error => error instanceof MillraceError && error.code === 'LDB-2001',
  )
})

const probe = left.probe(right, (a, b) => a.key.eq(b.key), { offsets: ['5s', '0s', '-2s'], type: 'left' })

test('a row is probed at each distance, in order, as soon as that is sure', async () => {
  const comings = [r(1, 10), r(3, 30), l(3, 1), r(4, 40), r(8, 80), r(9, 90)]
  const { steps } = joined(probe, comings, { show: ['n', 'offset', 'right_n'] })
  assert.deepEqual(steps, [[], [], ['1 -2000 10'], ['1 0 30'], [], ['1 5000 80'], []])
  await joinAgrees(probe, comings)
})

test('rows that wait for one distance after the other leave in order of the time that they wait for', async () => {
  const comings = [r(0, 0), l(1, 1), l(2, 2), l(2, 3, 'b'), l(4, 4), r(6, 60), r(7, 70), r(30, 300)]
  const { found: rows } = joined(probe, comings, { show: ['n', 'offset', 'right_n'] })
  assert.equal(rows.length, 12)
  await joinAgrees(probe, comings)
})

test('a probe has a name of its own, a tolerance, and only those that find a row where it is inner', async () => {
  const inner = tardyLeft.probe(tardyRight, (a, b) => a.key.eq(b.key), {
    offsets: ['0s', '10s'],
    as: 'ticks',
    tolerance: '3s',
  })
  const comings = [r(1, 10), l(2, 1), l(2, 2, null), r(9, 90), r(40, 400)]
  assert.deepEqual(joined(inner, comings, { show: ['n', 'ticks', 'right_n'] }).found, [
    '1 0 10',
    '1 10000 90',
  ])
  await joinAgrees(inner, comings)
})

test('what is probed before a row is kept for it', async () => {
  const before = left.probe(right, (a, b) => a.key.eq(b.key), { offsets: ['-100s', '0s'] })
  const comings = [
    r(0, 0),
    ...Array.from({ length: 90 }, (_, i) => r(i + 1, i + 1)),
    l(90, 1),
    l(100, 2),
    r(101, 101),
  ]
  const { found: rows } = joined(before, comings, { show: ['n', 'offset', 'right_n'] })
  assert.deepEqual(rows.toSorted(), ['1 0 90', '2 -100000 0', '2 0 90'])
  await joinAgrees(before, comings)
})

test('offsets that say nothing are refused when they are planned', () => {
  const refused = (...offsets: [string, ...string[]]): void =>
    assert.throws(
      () => left.probe(right, (a, b) => a.key.eq(b.key), { offsets: offsets as never }),
      error => error instanceof MillraceError && error.code === 'LDB-2003',
    )
  refused('1s', '1s')
  refused(...(Array.from({ length: 65 }, (_, i) => `${i}s`) as [string, ...string[]]))
  assert.throws(() => left.probe(right, (a, b) => a.key.eq(b.key), { offsets: ['0s'], as: 'n' }), /LDB-1102/)
})
