/** Consolidated changes: what undoes itself within a step is gone, what is left adds up to the same, for any split into batches. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, source, t, tumble, virtualClock } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { checkTrial } from '../support/check.ts'
import { smallLimits } from '../support/engine.ts'
import { chainOf } from '../support/faults.ts'
import { outcome, textsOf } from '../support/outcome.ts'
import { replay } from '../support/replay.ts'
import { runs, sameSeed } from '../support/runs.ts'
import { change, changed, netOf, streams, untimed } from '../support/small-changes.ts'
import { events, nodeOf, row, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const at = (op: number, time: number, n: number): ModelRow => change(op, { at: BigInt(time), n: BigInt(n) })
const prompt = source(
  'changes',
  { at: t.timestamp('ms'), key: t.utf8, n: t.int64, x: t.float64, flag: t.bool, op: t.int8 },
  { time: 'at', changes: 'op' },
)
const numbers = prompt.select(f => ({ at: f.at, n: f.n }))
const values = (found: ReturnType<typeof outcome>['found']): readonly string[] =>
  found.map(({ n, $op }) => `${$op === 0 ? '+' : '-'}${n}`)

test('a step ends when the watermark moves, with the row that moves it: what came since is netted', async () => {
  const stream = prompt.select(f => ({ n: f.n })).consolidate()
  const rows = [at(0, 5, 1), at(0, 5, 2), at(1, 5, 1), at(3, 5, 3), at(2, 3, 3), at(1, 9, 2), at(0, 9, 2)]
  assert.deepEqual(values(outcome(stream, rows).found), ['+1', '-1', '+2'])
  for (const limits of [{}, { outputRows: 1, budgetRows: 1, batchRows: 1 }, { batchRows: 2 }])
    await agrees(nodeOf(stream), rows, limits)
})

test('steps as long as a period: the row that takes the watermark past a multiple is the last of its step', async () => {
  const stream = prompt.consolidate('10ms').select(f => ({ n: f.n }))
  const times = [0, 3, 4, 4, 9, 10, 4, 12, 19, 19, 40, 12]
  const signs = [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1]
  const rows = times.map((time, i) => at(signs[i], time, time))
  assert.deepEqual(values(outcome(stream, rows).found), ['+0', '+3', '+9', '+10', '+4', '+12', '+40', '-12'])
  for (const limits of [{}, { outputRows: 1, budgetRows: 1 }]) await agrees(nodeOf(stream), rows, limits)
})

test('without event time there is one step, and it is what is left', () =>
  fc.assert(
    fc.property(streams, fc.constantFrom('js' as const, 'interp' as const), (rows, tier) => {
      const { found } = outcome(untimed.consolidate(), rows, { tier })
      const left = netOf(rows).map(({ op, ...columns }) => ({
        ...columns,
        x: columns.x === 0 ? 0 : columns.x,
      }))
      assert.ok(found.every(({ $op }) => $op === 0))
      const texts = (list: readonly object[]): readonly string[] =>
        list.map(one => JSON.stringify(Object.values({ ...one, $op: undefined }).map(String))).toSorted()
      assert.deepEqual(texts(found), texts(left.map(one => ({ ...one }))))
    }),
    { numRuns: runs(60), ...sameSeed },
  ))

test('a row that is there several times comes several times, and goes so', async () => {
  const stream = untimed.select(f => ({ n: f.n })).consolidate()
  const rows = [
    change(0),
    change(3),
    change(0),
    change(2),
    change(0, { n: 2n }),
    change(1, { n: 3n }),
    change(1, { n: 3n }),
  ]
  assert.deepEqual(values(outcome(stream, rows).found), ['+1', '+1', '+2', '-3', '-3'])
  for (const limits of [{}, { outputRows: 1, budgetRows: 1 }]) await agrees(nodeOf(stream), rows, limits)
})

test('a changelog, consolidated, replays to the results of the close; deletes come before what replaces them', async () => {
  const totals = (options: object) =>
    events.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), options)
  const rows = Array.from({ length: 50 }, (_, i) =>
    row(i, { key: `k${(i * 7) % 5}`, n: BigInt((i % 3) - 1) }),
  )
  const told = outcome(totals({ emit: 'changelog' }).consolidate(), rows).found
  const closed = outcome(totals({}), rows).found.map(one => ({ ...one, $op: 0 }))
  assert.deepEqual(told, closed)
  const windowed = events.window(tumble('at', '10ms')).groupBy('key')
  const stream = windowed
    .agg((f, a) => ({ rows: a.count(), least: a.min(f.n) }), { emit: 'changelog' })
    .consolidate()
  const steps = outcome(stream, rows).found
  assert.ok(steps.length > 20 && steps.length < 40)
  replay(steps)
  for (const limits of [{}, { outputRows: 1, budgetRows: 1 }]) await agrees(nodeOf(stream), rows, limits)
})

test('what follows takes the consolidated rows back and forth, with its own windows, and finds none of them late', async () => {
  const stream = changed
    .consolidate('7ms')
    .where(f => f.n.ne(2))
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), most: a.max(f.n) }))
    .select(f => ({ key: f.key, at: f.window_start, rows: f.rows, most: f.most }))
  const rows = Array.from({ length: 80 }, (_, i) => {
    const one = { at: BigInt(i * 30), key: 'ab'[i % 2], n: BigInt(i % 4) }
    return [change(0, one), change(0, { ...one, n: 9n }), ...(i % 3 === 0 ? [change(1, one)] : [])]
  }).flat()
  const { found, late } = outcome(stream, rows)
  assert.ok(found.length > 60)
  assert.equal(late, 0n)
  for (const limits of [{}, { outputRows: 1, budgetRows: 1, batchRows: 1 }])
    await agrees(nodeOf(stream), rows, limits)
})

test('a row behind the watermark is late for the window behind as it would be without steps', async () => {
  const stream = prompt
    .consolidate()
    .window(tumble('at', '10ms'))
    .agg((_, a) => ({ rows: a.count() }))
  const rows = [at(0, 1, 1), at(0, 25, 2), at(0, 2, 3), at(0, 26, 4), at(0, 3, 3), at(0, 40, 5)]
  const { late, told } = outcome(stream, rows)
  assert.deepEqual([late, told], [2n, 2])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, { batchRows: 1, outputRows: 1 })
})

test('what has vanished takes no room, and what waits has a limit with a name', () => {
  const stream = untimed.select(f => ({ key: f.key, n: f.n })).consolidate()
  const rows = Array.from({ length: 500 }, (_, i) => [
    change(0, { key: `key ${i}` }),
    change(1, { key: `key ${i}` }),
  ]).flat()
  const limits = { stateRows: 16, stateBytes: 1024 }
  const nothing = { found: [], told: 0, late: 0n, faults: [], error: undefined }
  assert.deepEqual(outcome(stream, rows, { limits }), nothing)
  const { error } = outcome(
    stream,
    rows.filter(({ op }) => op === 0),
    { limits },
  )
  assert.ok(error instanceof MillraceError && error.code === 'LDB-8013')
  assert.match(error.message, /'changes' needs/)
})

test('texts, nulls, NaN and zeros are told apart as keys are', async () => {
  const loose = source(
    'changes',
    { at: t.timestamp('ms').orNull, name: t.utf8.orNull, n: t.int8.orNull, x: t.float64.orNull, op: t.int8 },
    { time: 'at', changes: 'op' },
  )
  const stream = loose.consolidate('5ms')
  const names = [null, '', 'a', 'ab', 'a']
  const xs = [Number.NaN, 0, -0, null, 1.5]
  const rows = Array.from({ length: 70 }, (_, i) => ({
    at: i % 11 === 0 ? null : BigInt(i >> 2),
    name: names[(i * 3) % 5],
    n: i % 4 === 0 ? null : i % 2,
    x: xs[(i * 7) % 5],
    op: (i * 5) % 3 === 0 ? 1 : 0,
  }))
  for (const limits of [{}, { outputRows: 1, budgetRows: 1, stateBytes: 256 }])
    await agrees(nodeOf(stream), rows, limits)
})

test('an open query gives a step out when the next row ends it, and says until when it waits', () => {
  const found: string[] = []
  const live = compile(numbers.consolidate('10ms'), { limits: smallLimits }).open(batch => {
    found.push(...values(Array.from(batch, one => ({ ...one.toJSON() }))))
  })
  live.push([at(0, 3, 1)] as never)
  assert.deepEqual(found, ['+1'])
  live.push([at(0, 4, 2), at(0, 9, 3)] as never)
  assert.deepEqual(found, ['+1'])
  assert.equal(live.metrics().operators[0].nextAt, 10n)
  live.push([at(1, 4, 2), at(0, 12, 4), at(0, 13, 5)] as never)
  assert.deepEqual(found, ['+1', '+3', '+4'])
  live.end()
  assert.deepEqual(found, ['+1', '+3', '+4', '+5'])
})

test('steps of the clock: what a changelog without windows has come to, at every multiple of the period', async () => {
  const totals = timeless
    .groupBy('key')
    .agg((f, a) => ({ sum: a.sum(f.n) }), { emit: 'changelog' })
    .consolidate({ every: '1s', clock: 'processing' })
  const clock = virtualClock(400)
  const found: string[] = []
  const live = compile(totals, { limits: smallLimits }).open(
    batch => found.push(...textsOf(Array.from(batch, one => ({ ...one.toJSON() })))),
    { clock },
  )
  live.push([row(0), row(0, { key: 'b' }), row(0)] as never)
  clock.advance(599)
  assert.deepEqual(found, [])
  clock.advance(1)
  assert.deepEqual(found.splice(0), ['b 1 0', 'a 2 0'])
  live.push([row(0), row(0, { n: -1n }), row(0, { key: 'b' })] as never)
  clock.advance(1000)
  assert.deepEqual(found.splice(0), ['b 1 1', 'b 2 0'])
  live.push([row(0, { key: 'c' })] as never)
  live.end()
  assert.deepEqual(found, ['c 1 0'])
  assert.equal(changed.consolidate({ every: '1s', clock: 'processing' }).node.relation.time, undefined)
  const rows = Array.from({ length: 30 }, (_, i) => row(i, { key: `k${i % 4}`, n: BigInt(i % 3) }))
  const schedule = {
    splits: [3, 9, 11, 20],
    limits: {},
    dictionaries: false,
    lenient: false,
    tiers,
    stepMs: 400,
  }
  const [{ relation }] = chainOf(nodeOf(totals))
  await checkTrial({
    plan: nodeOf(totals),
    schema: relation.schema,
    rows,
    params: { built: {}, given: {} },
    schedule,
  })
})

const tiers = ['js', 'interp'] as const

test('a consolidated stream, consolidated again, is what it was', () => {
  const rows = Array.from({ length: 60 }, (_, i) => at(i % 3 === 0 ? 1 : 0, i >> 1, i % 5))
  const once = numbers.consolidate('4ms')
  assert.deepEqual(textsOf(outcome(once.consolidate('4ms'), rows).found), textsOf(outcome(once, rows).found))
})

test('what makes no sense is refused where it is planned', () => {
  const refused = (code: string, words: RegExp, build: () => unknown): void => {
    assert.throws(
      build,
      (error: unknown) => error instanceof MillraceError && error.code === code && words.test(error.message),
    )
  }
  refused('LDB-1001', /only added/, () => events.consolidate())
  refused('LDB-1001', /windows/, () => changed.window(tumble('at', '1s')).consolidate())
  refused('LDB-2001', /period out.*'processing'/, () => untimed.consolidate('1s'))
  refused('LDB-2001', /period out/, () => changed.select(f => ({ n: f.n })).consolidate('1s'))
  refused('LDB-0001', /positive/, () => changed.consolidate('0s'))
  refused('LDB-2002', /duration/, () => changed.consolidate('soon' as never))
  refused('LDB-1200', /list/, () =>
    timeless
      .groupBy('key')
      .agg((f, a) => ({ all: a.arrayAgg(f.n) }), { emit: 'changelog' })
      .consolidate(),
  )
})
