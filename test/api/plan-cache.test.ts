/** The plan cache: what shares an entry and what does not, its limit, its counters, and answers that stay apart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Columns,
  compile,
  PlanCache,
  type RowFault,
  type Stream,
  source,
  t,
} from '../../compiler/index.ts'
import { hasCode, small } from './kit.ts'

const readings = source('readings', { place: t.utf8, x: t.int64, y: t.float64 })
const rows = [
  { place: 'a', x: 1n, y: -0 },
  { place: 'b', x: 5n, y: 0.5 },
  { place: 'a', x: 9n, y: 2 },
]
const above = (limit: number) => readings.where(r => r.x.gt(limit)).select(r => ({ x: r.x }))

const cacheOf = (plansMax?: number) => {
  const cache = new PlanCache(plansMax)
  return { cache }
}
const counted = ({ cache }: { cache: PlanCache }) => {
  const { hits, misses, evictions, plans } = cache.counters
  return { hits, misses, evictions, plans }
}

test('the same plan is compiled once', () => {
  const kit = cacheOf()
  const [first, second] = [compile(above(3), kit), compile(above(3), kit)]
  assert.equal(second.compilation, first.compilation)
  assert.deepEqual(counted(kit), { hits: 1, misses: 1, evictions: 0, plans: 1 })
  const { optimise, lower } = kit.cache.counters.compileMs
  assert.ok(optimise > 0 && lower > 0)
})

test('plans that differ in literals share their code and keep their values', async () => {
  const kit = cacheOf()
  const [low, high] = [compile(above(3), kit), compile(above(7), kit)]
  assert.equal(high.compilation, low.compilation)
  assert.equal(high.hash, low.hash)
  assert.deepEqual(await low.run(rows).collectRows(), [{ x: 5n }, { x: 9n }])
  assert.deepEqual(await high.run(rows).collectRows(), [{ x: 9n }])
  assert.deepEqual(await low.run(rows).collectRows(), [{ x: 5n }, { x: 9n }])
})

test('texts and floats are values as well, and one zero is not the other', async () => {
  const kit = cacheOf()
  const at = (place: string) =>
    compile(
      readings.where(r => r.place.eq(place)).select(r => ({ x: r.x })),
      kit,
    )
  assert.deepEqual(await at('a').run(rows).collectRows(), [{ x: 1n }, { x: 9n }])
  assert.deepEqual(await at('b').run(rows).collectRows(), [{ x: 5n }])
  assert.equal(kit.cache.counters.plans, 1)
  const times = (factor: number) =>
    compile(
      readings.select(r => ({ y: r.y.mul(factor) })),
      kit,
    )
  const plus = await times(0).run(rows.slice(1)).collectRows()
  const minus = await times(-0).run(rows.slice(1)).collectRows()
  assert.ok(plus.every(({ y }) => Object.is(y, 0)) && minus.every(({ y }) => Object.is(y, -0)))
})

test('what code depends on is no value: a divisor, a type, an option, the pattern of equal literals', () => {
  const kit = cacheOf()
  compile(
    readings.select(r => ({ x: r.x.div(2) })),
    kit,
  )
  compile(
    readings.select(r => ({ x: r.x.div(3) })),
    kit,
  )
  compile(above(3), kit)
  compile(above(3), { ...kit, faults: 'null' })
  compile(above(3), { ...kit, limits: small })
  const both = (low: number, high: number) => readings.where(r => r.x.gt(low).and(r.x.ne(high)))
  compile(both(1, 2), kit)
  compile(both(1, 1), kit)
  assert.deepEqual(counted(kit), { hits: 0, misses: 7, evictions: 0, plans: 7 })
})

test('options that mean the same are the same', () => {
  const kit = cacheOf()
  compile(above(3), { ...kit, limits: { batchRows: 64, outputRows: 32 } })
  compile(above(3), { ...kit, limits: { outputRows: 32, batchRows: 64 }, faults: 'reject' })
  assert.equal(kit.cache.counters.hits, 1)
})

test('the least recently used plan goes', () => {
  const kit = cacheOf(2)
  const [first, second, third] = ['x', 'y', 'place'].map(
    name => () =>
      compile(
        readings.select(r => ({ out: r[name as 'x'] })),
        kit,
      ),
  )
  first()
  second()
  first()
  third()
  assert.deepEqual(counted(kit), { hits: 1, misses: 3, evictions: 1, plans: 2 })
  first()
  assert.equal(kit.cache.counters.hits, 2)
  second()
  assert.deepEqual(counted(kit), { hits: 2, misses: 4, evictions: 2, plans: 2 })
})

test('a plan that went runs on for those who have it', async () => {
  const kit = cacheOf(1)
  const query = compile(above(3), kit)
  compile(readings, kit)
  assert.equal(kit.cache.counters.evictions, 1)
  assert.deepEqual(await query.run(rows).collectRows(), [{ x: 5n }, { x: 9n }])
})

test('a cache of no plans keeps none; a size that is none is refused', () => {
  const { cache } = cacheOf(0)
  compile(above(3), { cache })
  compile(above(3), { cache })
  assert.deepEqual(counted({ cache }), { hits: 0, misses: 2, evictions: 2, plans: 0 })
  for (const size of [-1, 0.5, Number.NaN]) assert.throws(() => new PlanCache(size), hasCode('LDB-0001'))
})

test('instances of one plan share nothing but code', () => {
  const { cache } = cacheOf()
  const sums = () =>
    compile(
      readings.groupBy('place').agg((r, a) => ({ x: a.sum(r.x) })),
      { cache, limits: small },
    )
  const found: bigint[][] = [[], []]
  const [one, other] = [0, 1].map(i =>
    sums().open(batch => found[i].push(...(batch.getChild('x')?.toArray() ?? []))),
  )
  one.push(rows)
  other.push(rows.slice(0, 1))
  one.push(rows)
  one.end()
  other.end()
  assert.deepEqual(found, [[20n, 10n], [1n]])
  assert.equal(cache.counters.hits, 1)
})

test('a column with a name like a literal is not that literal, and one with a name like two columns is one', async () => {
  const { cache } = cacheOf()
  const odd = source('odd', { place: t.utf8, 'to be': t.utf8, x: t.float64, NaN: t.float64 })
  const row = { place: 'a', 'to be': 'b', x: 6, NaN: 2 }
  const found = [
    odd.select(r => ({ y: r.place.concat(r['to be']) })),
    odd.select(r => ({ y: r.place.concat('to be') })),
    odd.select(r => ({ y: r.x.div(r.NaN) })),
    odd.select(r => ({ y: r.x.div(Number.NaN) })),
  ].map(stream =>
    compile(stream as unknown as Stream<Columns>, { cache, limits: small })
      .run([row])
      .collectRows(),
  )
  assert.deepEqual(
    (await Promise.all(found)).flat(),
    ['ab', 'ato be', 3, Number.NaN].map(y => ({ y })),
  )
  const [one, two] = [
    source('s', { 'x int64 not null, y': t.utf8 }),
    source('s', { x: t.int64, y: t.utf8 }),
  ].map(stream => compile(stream as unknown as Stream<Columns>, { cache, limits: small }))
  assert.notEqual(one.compilation, two.compilation)
})

test('a plan explains itself, and its faults, with the literals that it was written with', async () => {
  const { cache } = cacheOf()
  const times = (factor: bigint) =>
    compile(
      readings.select(r => ({ x: r.x.mul(factor) })),
      { cache, limits: small },
    )
  times(2n)
  const query = times(1n << 62n)
  assert.equal(cache.counters.hits, 1)
  assert.match(await query.explain('logical'), /x \* 4611686018427387904/)
  assert.match(await query.explain('optimised'), /x \* \$_1::int64.*\$_1 = 4611686018427387904/s)
  const faults: RowFault[] = []
  await query.run(rows, { onFaulty: faulty => faults.push(...faulty.faults) }).collectRows()
  assert.equal(faults.length, 2)
  assert.match(faults[0].operator, /x \* 4611686018427387904/)
})

test('a parameter may have the name that a literal would get; only declared ones can be set', async () => {
  const { cache } = cacheOf()
  const stream = readings.filter((r, p) => r.x > p._1 && r.x !== 9n, { _1: 3n }).map(r => ({ x: r.x }))
  const query = compile(stream, { cache, limits: small })
  assert.deepEqual(await query.run(rows).collectRows(), [{ x: 5n }])
  assert.deepEqual(await query.run(rows, { params: { _1: 0n } }).collectRows(), [{ x: 1n }, { x: 5n }])
  const open = () => query.open(() => {}, { params: { _2: 1n } })
  assert.throws(open, hasCode('LDB-0001', /its parameters are _1$/m))
})
