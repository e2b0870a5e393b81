/** Joins of two streams: which rows meet, when a row without a partner leaves, what is late, what is kept, what is refused. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Columns, compile, type Limits, type Stream, source, t, tumble } from '../../compiler/index.ts'
import { smallLimits } from '../support/engine.ts'

const columns = { at: t.timestamp('ms'), user: t.utf8.orNull, n: t.int32 }
const clicks = source('clicks', columns, { time: 'at' })
const buys = source('buys', columns, { time: 'at' })

type Row = readonly [at: number, user: string | null, n: number]
const rowsOf = (rows: readonly Row[]) => rows.map(([at, user, n]) => ({ at: BigInt(at), user, n }))

/** Results are told by their numbers: those of the left side, a dash and those of the right one. */
function opened(stream: unknown, limits: Partial<Limits> = {}) {
  const found: string[] = []
  const late: unknown[] = []
  const faults: string[] = []
  const query = compile(stream as Stream<Columns>, { limits: { ...smallLimits, ...limits } })
  const live = query.open(
    batch => {
      for (const row of batch) {
        const { $op, n, right_n: right } = row.toJSON() as Record<string, unknown>
        const said = right === undefined ? `${n}` : `${n ?? ''}-${right ?? ''}`
        found.push($op === undefined ? said : `${$op === 1 ? '-' : '+'} ${said}`)
      }
    },
    {
      tier: 'js',
      onLate: batch => late.push(...batch),
      onFaulty: refused => faults.push(...refused.faults.map(({ code }) => code)),
    },
  )
  return {
    live,
    late,
    faults,
    taken: (): readonly string[] => found.splice(0).toSorted(),
    clicks: (...rows: readonly Row[]) => live.source('clicks').push(rowsOf(rows)),
    buys: (...rows: readonly Row[]) => live.source('buys').push(rowsOf(rows)),
  }
}

const changed = source(
  'clicks',
  { ...columns, op: t.int8 },
  { time: 'at', outOfOrderness: '100ms', changes: 'op' },
)

/** A buy by the same user, from a click on to ten milliseconds behind it. */
const joined = <T extends 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'>(type: T) =>
  clicks.join(
    buys,
    (click, buy) => click.user.eq(buy.user).and(buy.at.between(click.at, click.at.plus('10ms'))),
    { type },
  )

test('rows meet whichever comes first, both bounds included, and each with all of its partners', () => {
  const { clicks, buys, taken } = opened(joined('inner'))
  clicks([0, 'a', 1], [5, 'b', 2], [5, 'a', 3])
  buys([0, 'a', 10], [10, 'a', 11], [11, 'a', 12], [15, 'b', 13])
  assert.deepEqual(taken(), ['1-10', '1-11', '2-13', '3-11', '3-12'])
  clicks([15, 'a', 4], [15, 'b', 5])
  assert.deepEqual(taken(), ['5-13'])
})

test('a row without a partner leaves when the watermark of the other side has passed its last time, and no earlier', () => {
  const { live, clicks, buys, taken } = opened(joined('left'))
  clicks([0, 'a', 1], [3, 'b', 2])
  buys([10, 'x', 10])
  assert.deepEqual(taken(), [])
  buys([11, 'x', 11])
  assert.deepEqual(taken(), ['1-'])
  buys([13, 'b', 12], [14, 'x', 13])
  assert.deepEqual(taken(), ['2-12'])
  clicks([20, 'c', 3])
  live.end()
  assert.deepEqual(taken(), ['3-'])
})

test('each type gives its rows: right, full, semi and anti', () => {
  const expected = {
    right: ['-11', '-12', '1-10'],
    full: ['-11', '-12', '1-10', '2-'],
    semi: ['1'],
    anti: ['2'],
  } as const
  for (const type of ['right', 'full', 'semi', 'anti'] as const) {
    const { live, clicks, buys, taken } = opened(joined(type))
    clicks([0, 'a', 1], [1, 'b', 2])
    buys([2, 'a', 10], [20, 'a', 11], [21, 'b', 12])
    live.end()
    assert.deepEqual(taken(), expected[type], type)
  }
})

test('a row of the left side that has a partner is given once by semi, however many there are', () => {
  const { live, clicks, buys, taken } = opened(joined('semi'))
  clicks([0, 'a', 1])
  buys([1, 'a', 10], [2, 'a', 11])
  clicks([2, 'a', 2])
  live.end()
  assert.deepEqual(taken(), ['1', '2'])
})

test('nulls and NaN equal nothing, not each other either: outer rows leave alone all the same', () => {
  const { live, clicks, buys, taken } = opened(joined('full'))
  clicks([0, null, 1])
  buys([0, null, 10])
  live.end()
  assert.deepEqual(taken(), ['-10', '1-'])
})

test('several keys, of texts and of computed values, and what is left of the condition is held against each pair', () => {
  const stream = clicks.join(buys, (click, buy) =>
    click.user
      .eq(buy.user)
      .and(click.n.add(10).eq(buy.n))
      .and(buy.at.ge(click.at))
      .and(buy.at.since(click.at).lt(5n))
      .and(click.n.ne(2)),
  )
  const { clicks: left, buys: right, taken } = opened(stream)
  left([0, 'a', 1], [0, 'a', 2])
  right([4, 'a', 11], [4, 'a', 12], [5, 'a', 11])
  assert.deepEqual(taken(), ['1-11'])
  const plan = compile(stream as unknown as Stream<Columns>).explain()
  assert.match(plan, /right at - at in 0 \.\. 4/)
  assert.match(plan, /interval join: the times are bound, rows of the left side are kept for 4 ticks/)
})

test('a row behind the watermark of its own side is late and told; one at it is not, and finds all its partners', () => {
  const { live, late, clicks, buys, taken } = opened(joined('inner'))
  clicks([10, 'a', 1])
  buys([100, 'x', 10])
  clicks([10, 'a', 2], [9, 'a', 3])
  assert.equal(late.length, 1)
  assert.equal(live.counters.late, 1n)
  assert.deepEqual(taken(), [])
})

test('the watermarks of both sides count each for itself: what the other side has passed is forgotten, nothing else', () => {
  const { live, clicks, buys, taken } = opened(joined('inner'))
  const state = (name: string): number =>
    live
      .metrics()
      .operators.flatMap(one => one.state ?? [])
      .find(one => one.name === name)?.entries ?? -1
  for (let at = 0; at < 200; at++) clicks([at, 'a', at])
  assert.equal(state('left_rows'), 200)
  buys([205, 'a', 1])
  assert.equal(taken().length, 5)
  for (let at = 200; at < 300; at++) clicks([at, 'b', at])
  assert.ok(state('left_rows') < 150, `${state('left_rows')}`)
})

test('an idle side holds nobody back, and what comes from it later may be late', () => {
  const { live, late, clicks, buys, taken } = opened(joined('left'))
  clicks([0, 'a', 1], [50, 'a', 2])
  assert.deepEqual(taken(), [])
  live.source('buys').idle()
  assert.deepEqual(taken(), ['1-'])
  buys([5, 'a', 10], [55, 'a', 11])
  assert.deepEqual(taken(), ['2-11'])
  assert.equal(late.length, 1)
})

test('rows of the same window are joined without a word about times', () => {
  const [left, right] = [clicks, buys].map(one => one.window(tumble('at', '10ms')))
  const {
    live,
    clicks: l,
    buys: r,
    taken,
  } = opened(left.join(right, (click, buy) => click.user.eq(buy.user), { type: 'left' }))
  l([1, 'a', 1], [12, 'a', 2], [15, 'b', 3])
  r([9, 'a', 10], [11, 'a', 11], [30, 'x', 12])
  assert.deepEqual(taken(), ['1-10', '2-11', '3-'])
  live.end()
})

test('results have a time: windows behind a join close by it', () => {
  const counted = joined('inner')
    .window(tumble('at', '10ms'))
    .agg((_, a) => ({ n: a.count() }))
  const { clicks, buys, taken } = opened(counted)
  clicks([0, 'a', 1], [5, 'a', 2])
  buys([6, 'a', 10])
  clicks([25, 'x', 3])
  assert.deepEqual(taken(), [])
  buys([20, 'a', 11])
  assert.deepEqual(taken(), ['2'])
})

test('rows are kept in a ring: with room for few of them thousands come and go, none lost and none twice', () => {
  const { live, clicks, buys, taken } = opened(joined('full'), {
    stateRows: 64,
    budgetRows: 3,
    outputRows: 2,
  })
  for (let at = 0; at < 3000; at += 2) {
    clicks([at, `${at % 14}`, at])
    buys([at + 1, `${(at * 3) % 14}`, at])
  }
  live.end()
  const found = taken()
  const left = new Set(found.flatMap(one => one.split('-')[0]))
  const right = new Set(found.flatMap(one => one.split('-')[1]))
  assert.deepEqual([left.size, right.size], [1501, 1501])
})

test('without room for the rows that must stay the query ends with an error that names the limit', () => {
  const { clicks, buys } = opened(joined('inner'), { stateRows: 16 })
  assert.throws(() => clicks(...Array.from({ length: 40 }, (_, i): Row => [0, 'a', i])), { code: 'LDB-8013' })
  assert.throws(() => buys([0, 'a', 100]), { code: 'LDB-0004' })
})

test('without a bound of time there is no join, unless rows are limited; the error says which bound is missing', () => {
  const on = (fix: RegExp, build: () => unknown): void => {
    assert.throws(build, { code: 'LDB-3002', message: fix })
  }
  on(/how far right\.at may be before left\.at, nor how far/, () =>
    clicks.join(buys, (l, r) => l.user.eq(r.user)),
  )
  on(/how far right\.at may be behind left\.at/, () =>
    clicks.join(buys, (l, r) => l.user.eq(r.user).and(r.at.ge(l.at))),
  )
  const timeless = source('buys', columns)
  on(/right side of a join has no event time/, () => clicks.join(timeless, (l, r) => l.user.eq(r.user)))
  assert.throws(() => clicks.join(buys, (l, r) => l.at.eq(r.at), { maxRows: 5 }), { code: 'LDB-0002' })
  assert.throws(() => clicks.join(buys, (l, r) => r.at.between(l.at.plus('2ms'), l.at)), { code: 'LDB-2003' })
  assert.throws(() => clicks.window(tumble('at', '1s')).join(buys, (l, r) => l.at.eq(r.at)), {
    code: 'LDB-1001',
  })
})

const everything = (type: 'left' | 'full' | 'semi' | 'anti', maxRows = 100) =>
  clicks.join(buys, (click, buy) => click.user.eq(buy.user), { type, maxRows })

test('where times are not bound a row that has no partner is told at once, and taken back when one comes', () => {
  const { clicks, buys, taken } = opened(everything('full'))
  clicks([5, 'a', 1])
  assert.deepEqual(taken(), ['+ 1-'])
  buys([0, 'a', 10])
  assert.deepEqual(taken(), ['+ 1-10', '- 1-'])
  buys([900, 'b', 11])
  assert.deepEqual(taken(), ['+ -11'])
  clicks([1, 'b', 2], [2, 'a', 3])
  assert.deepEqual(taken(), ['+ 2-11', '+ 3-10', '- -11'])
})

test('so do anti and semi: rows come and go with their first partner', () => {
  const { clicks, buys, taken } = opened(everything('anti'))
  clicks([5, 'a', 1], [6, 'b', 2])
  buys([0, 'a', 10], [0, 'a', 11])
  assert.deepEqual(taken(), ['+ 1', '+ 2', '- 1'])
  const semi = opened(everything('semi'))
  semi.clicks([5, 'a', 1])
  semi.buys([0, 'a', 10], [1, 'a', 11])
  assert.deepEqual(semi.taken(), ['1'])
})

test('one row more than a join may keep of a side ends the query; rows that are gone do not count', () => {
  const { clicks, buys, taken } = opened(everything('full', 3))
  clicks([0, 'a', 1], [0, 'a', 2], [0, 'a', 3])
  assert.equal(taken().length, 3)
  assert.throws(() => clicks([0, 'b', 4]), { code: 'LDB-3005' })
  assert.throws(() => buys([0, 'a', 10]), { code: 'LDB-0004' })

  const stream = changed.join(source('buys', columns), (click, buy) => click.user.eq(buy.user), {
    type: 'left',
    maxRows: 2,
  })
  const { live, taken: told } = opened(stream)
  for (let n = 0; n < 100; n++)
    for (const op of [0, 1]) live.source('clicks').push([{ at: 0n, user: 'a', n, op }])
  assert.equal(told().length, 200)
})

test('rows that are taken back take back what they gave: pairs, and that they were alone', () => {
  const stream = changed.join(
    buys,
    (click, buy) => click.user.eq(buy.user).and(buy.at.between(click.at, click.at.plus('10ms'))),
    { type: 'left' },
  )
  const { live, faults, buys: right, taken } = opened(stream)
  const left = (op: number, [at, user, n]: Row) =>
    live.source('clicks').push([{ at: BigInt(at), user, n, op }])
  left(0, [0, 'a', 1])
  left(0, [0, 'b', 2])
  right([5, 'a', 10])
  assert.deepEqual(taken(), ['+ 1-10'])
  right([50, 'x', 11])
  assert.deepEqual(taken(), ['+ 2-'])
  left(1, [0, 'a', 1])
  left(2, [0, 'b', 2])
  assert.deepEqual(taken(), ['- 1-10', '- 2-'])
  left(1, [0, 'a', 1])
  assert.deepEqual(faults, ['LDB-9005'])
})

test('a partner that is taken back leaves a row alone again', () => {
  const stream = changed.join(buys, (click, buy) => click.user.eq(buy.user), { type: 'right', maxRows: 9 })
  const { live, buys: right, taken } = opened(stream)
  const left = (op: number) => live.source('clicks').push([{ at: 0n, user: 'a', n: 1, op }])
  right([0, 'a', 10])
  left(0)
  left(0)
  left(1)
  assert.deepEqual(taken(), ['+ -10', '+ 1-10', '+ 1-10', '- -10', '- 1-10'])
  left(1)
  assert.deepEqual(taken(), ['+ -10', '- 1-10'])
})

test('joins of joins, aggregates over joins and joins over aggregates', () => {
  const views = source('views', columns, { time: 'at' })
  const three = joined('inner')
    .select(c => ({ at: c.at, user: c.user, n: c.n.add(c.right_n) }))
    .join(views, (l, r) => l.user.eq(r.user).and(r.at.between(l.at.minus('5ms'), l.at.plus('5ms'))))
  const chain = opened(three)
  chain.clicks([0, 'a', 1])
  chain.buys([2, 'a', 10])
  chain.live.source('views').push(rowsOf([[3, 'a', 100]]))
  assert.deepEqual(chain.taken(), ['11-100'])

  const perWindow = (one: typeof buys) =>
    one
      .window(tumble('at', '10ms'))
      .groupBy('user')
      .agg((_, a) => ({ n: a.count() }))
  const totals = perWindow(clicks).join(perWindow(buys), (l, r) =>
    l.user.eq(r.user).and(l.window_end.eq(r.window_end)),
  )
  const both = opened(totals)
  both.clicks([1, 'a', 1], [2, 'a', 2], [11, 'a', 3])
  both.buys([9, 'a', 10])
  assert.deepEqual(both.taken(), [])
  both.buys([20, 'x', 11])
  assert.deepEqual(both.taken(), ['2-1'])
})
