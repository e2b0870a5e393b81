/** Several sources in one query: whose rows are taken when, how far their time has come, and what is refused. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, MillraceError, source, t, tumble } from '../../compiler/index.ts'
import { smallLimits } from '../support/engine.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8 }
const [east, west] = ['east', 'west'].map(name => source(name, columns, { time: 'at' }))
const counts = east
  .union(west)
  .window(tumble('at', '10ms'))
  .groupBy('key')
  .agg((_, a) => ({ rows: a.count() }))
  .select(r => ({ start: r.window_start, key: r.key, rows: r.rows }))
const query = compile(counts, { limits: smallLimits })

const row = (at: number, key = 'a') => ({ at: BigInt(at), key })

function opened() {
  const found: string[] = []
  const late: number[] = []
  const live = query.open(
    batch => {
      for (const one of batch) found.push(`${one.start} ${one.key} ${one.rows}`)
    },
    { tier: 'js', onLate: batch => late.push(batch.numRows) },
  )
  const taken = (): readonly string[] => found.splice(0).toSorted()
  return { live, late, taken, east: live.source('east'), west: live.source('west') }
}

test('a window closes when the watermark of every source has passed it', () => {
  const { east, west, taken } = opened()
  east.push([row(1), row(25)])
  assert.deepEqual(taken(), [])
  west.push([row(2, 'b'), row(9)])
  assert.deepEqual(taken(), [])
  west.push([row(10)])
  assert.deepEqual(taken(), ['0 a 2', '0 b 1'])
  east.advanceTo(40n)
  assert.deepEqual(taken(), [])
  west.advanceTo(30n)
  assert.deepEqual(taken(), ['10 a 1', '20 a 1'])
})

test('a source that has ended holds nothing back, and takes nothing more', () => {
  const { live, east, west, taken } = opened()
  east.push([row(1)])
  east.end()
  assert.deepEqual(taken(), [])
  west.push([row(12)])
  assert.deepEqual(taken(), ['0 a 1'])
  assert.throws(() => east.push([row(50)]), { code: 'LDB-0005', message: /source 'east'/ })
  west.end()
  assert.deepEqual(taken(), ['10 a 1'])
  live.end()
})

test('a source that falls silent holds nothing back until rows come from it, which may be late', () => {
  const { east, west, taken, late, live } = opened()
  west.push([row(3)])
  west.idle()
  east.push([row(1), row(31)])
  assert.deepEqual(taken(), ['0 a 2'])
  west.push([row(4), row(5), row(30)])
  assert.deepEqual(late, [2])
  assert.equal(live.counters.late, 2n)
  east.push([row(50)])
  assert.deepEqual(taken(), [])
  west.push([row(41)])
  assert.deepEqual(taken(), ['30 a 2'])
})

test('where all sources are silent the one that is the furthest counts', () => {
  const { east, west, taken } = opened()
  east.push([row(15)])
  west.push([row(2)])
  east.idle()
  assert.deepEqual(taken(), [])
  west.idle()
  assert.deepEqual(taken(), ['0 a 1'])
})

test('of sources that are run the one whose watermark is the least is read first', async () => {
  const order: string[] = []
  async function* told(name: string, times: readonly number[]) {
    for (const at of times) {
      order.push(`${name} ${at}`)
      yield [row(at, name)]
    }
  }
  const rows = await query
    .run({ east: told('east', [1, 11, 21, 31]), west: told('west', [2, 5, 6, 28]) })
    .collectRows()
  const texts = rows.map(({ start, key, rows: n }) => `${start} ${key} ${n}`)
  assert.deepEqual(texts.toSorted(), [
    ...['0 east 1', '0 west 3', '10 east 1', '20 east 1', '20 west 1', '30 east 1'],
  ])
  assert.equal(order.length, 8)
})

test('tables of several sources are read in the same order at every run', async () => {
  const inputs = { east: [row(1), row(90)], west: [row(2), row(3), row(80)] }
  const read = () => query.run(inputs).collectRows()
  const first = await read()
  assert.deepEqual(await read(), first)
  assert.equal(first.length, 3)
})

test('what cannot be one stream is refused when it is planned', () => {
  const code = (make: () => unknown): string => {
    try {
      make()
    } catch (error) {
      return error instanceof MillraceError ? error.code : String(error)
    }
    return 'nothing'
  }
  const others = source('other', { at: t.timestamp('ms'), key: t.int64 }, { time: 'at' })
  assert.equal(
    code(() => east.union(others as never)),
    'LDB-1200',
  )
  assert.equal(
    code(() => compile(east.union(east))),
    'LDB-1001',
  )
  assert.equal(
    code(() => east.window(tumble('at', '1s')).union(west as never)),
    'LDB-1001',
  )
  const changes = east.groupBy('key').agg((e, a) => ({ at: a.max(e.at) }), { emit: 'changelog' })
  const plain = west.groupBy('key').agg((e, a) => ({ at: a.max(e.at) }))
  assert.equal(
    code(() => changes.union(plain as never)),
    'LDB-1001',
  )
})

test('whoever leaves out which source is told', async () => {
  const { live } = opened()
  assert.throws(() => live.push([row(1)]), { code: 'LDB-0001', message: /'east', 'west'/ })
  assert.throws(() => live.advanceTo(1n), { code: 'LDB-0001' })
  assert.throws(() => live.source('wets'), { code: 'LDB-5010', message: /west/ })
  assert.throws(() => query.run([row(1)]), { code: 'LDB-0001', message: /east, west/ })
  assert.throws(() => query.run({ east: [row(1)] }), { code: 'LDB-5010', message: /west/ })
})

test('streams keep the values of their parameters, also where names are the same', async () => {
  const over = (limit: number) => (name: string) =>
    source(name, { x: t.float64 }).filter((r, p) => r.x > p.limit, { limit })
  const both = compile(over(1)('one').union(over(10)('two')), { limits: smallLimits })
  const rows = await both.run({ one: [{ x: 0 }, { x: 5 }], two: [{ x: 5 }, { x: 11 }] }).collectRows()
  assert.deepEqual(
    rows.map(({ x }) => x).toSorted((a, b) => a - b),
    [5, 11],
  )
})

test('a column that may be null in one stream may be null in the union', async () => {
  const sure = source('sure', { x: t.utf8 })
  const unsure = source('unsure', { x: t.utf8.orNull })
  const rows = await compile(sure.union(unsure), { limits: smallLimits })
    .run({ sure: [{ x: 'a' }], unsure: [{ x: null }, { x: 'b' }] })
    .collectRows()
  assert.deepEqual(rows.map(({ x }) => x).toSorted(), ['a', 'b', null])
})

test('an analysis counts the rows of every source and of the union', async () => {
  const analysis = await query.analyze({ east: [row(1), row(2)], west: [row(3)] }, { tier: 'js' })
  const { operators } = analysis.report
  assert.deepEqual(
    operators.map(({ kind, rowsIn, rowsOut }) => [kind, rowsIn, rowsOut]),
    [
      ...[
        ['source', 2, 2],
        ['source', 1, 1],
        ['union', 3, 3],
        ['window', 3, 3],
      ],
      ...[
        ['aggregate', 3, 1],
        ['project', 1, 1],
        ['sink', 1, 1],
      ],
    ],
  )
  assert.match(analysis.text(), /union of 2/)
})
