/** Decimals: what they mean on known values, that they are exact, and that every back end says so from the door to the result. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type RecordBatch, Table } from 'apache-arrow'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, hop, lit, MillraceError, source, t, tumble } from '../../compiler/index.ts'
import { cast } from '../../ir/expr/build.ts'
import { rescaled, textOfUnits, unitsMax, unitsOfNumber, unitsOfText } from '../../ir/expr/decimal.ts'
import { evaluate } from '../../ir/expr/evaluate.ts'
import { literal, type Value } from '../../ir/expr/expr.ts'
import { type DataType, type DecimalType, decimalOf } from '../../ir/types.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { runs, sameSeed } from '../support/runs.ts'
import { nodeOf } from '../support/small-streams.ts'

after(closeNativeCompiler)

const sales = source(
  'sales',
  { at: t.timestamp('ms'), shop: t.decimal(4, 1), amount: t.decimal(18, 3).orNull, price: t.int64 },
  { time: 'at', outOfOrderness: '1s' },
)
const MAX = 10n ** 18n - 1n

const sale = (at: number, amount: bigint | null, shop = 15n): ModelRow => ({
  at: BigInt(at),
  shop,
  amount,
  price: 1n,
})

async function results(stream: unknown, rows: readonly ModelRow[]): Promise<readonly ModelRow[]> {
  await agrees(nodeOf(stream), rows)
  const { found, error } = outcome(stream, rows)
  assert.equal(error, undefined)
  return (found as readonly ModelRow[]).map(one =>
    Object.fromEntries(Object.entries(one).map(([name, value]) => [name, unitsOf(value)])),
  )
}

/** Arrow hands decimals out in words of 32 bits. */
const unitsOf = (value: Value): Value =>
  value instanceof Uint32Array ? BigInt.asIntN(64, BigInt(value[0]) | (BigInt(value[1]) << 32n)) : value

const castOf = (value: Value, from: DataType, to: DataType): Value =>
  evaluate(cast(literal(value, from), to, true), {
    column: () => assert.fail(),
    param: () => assert.fail(),
  })

test('casts round half away from zero, and do not fit where there are too many digits', () => {
  const [d2, d4] = ['decimal(6,2)', 'decimal(9,4)'] as const
  assert.deepEqual(
    [12_350n, 12_349n, -12_350n, -12_349n].map(units => castOf(units, d4, d2)),
    [124n, 123n, -124n, -123n],
  )
  assert.equal(castOf(999_999_999n, 'decimal(9,5)', 'decimal(6,2)'), null)
  assert.deepEqual(
    [1.005, 2.5, -0.125, 1e9, Number.NaN].map(x => castOf(x, 'float64', d2)),
    [100n, 250n, -13n, null, null],
  )
  assert.deepEqual(
    ['1.005', '-.5', '7.', '1e3', '', '.', '10000', ' 1'].map(text => castOf(text, 'utf8', d2)),
    [101n, -50n, 700n, null, null, null, null, null],
  )
  assert.deepEqual(
    [-5n, 0n, 123n, -123_456n].map(units => castOf(units, d2, 'utf8')),
    ['-0.05', '0.00', '1.23', '-1234.56'],
  )
  assert.deepEqual(
    [199n, -199n, 12_800n].map(units => castOf(units, d2, 'int8')),
    [1, -1, null],
  )
  assert.deepEqual(
    [castOf(-7, 'int8', d2), castOf(1n << 63n, 'uint64', d2), castOf(12_345n, d2, 'float64')],
    [-700n, null, 123.45],
  )
})

const types: fc.Arbitrary<DecimalType> = fc
  .tuple(fc.integer({ min: 1, max: 18 }), fc.nat(18))
  .map(([precision, scale]) => decimalOf(precision, Math.min(scale, precision)))

test('texts and numbers of decimals are those of the same value', () => {
  const typed = types.chain(type =>
    fc.tuple(fc.constant(type), fc.bigInt({ min: -unitsMax(type), max: unitsMax(type) })),
  )
  fc.assert(
    fc.property(typed, ([type, units]) => {
      assert.equal(unitsOfText(textOfUnits(units, type), type), units)
      const near = units % 2n ** 50n
      assert.equal(unitsOfNumber(Number(textOfUnits(near, type)), type), near)
    }),
    { numRuns: runs(500), ...sameSeed },
  )
})

test('what is rounded is off by half a unit at most', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -MAX, max: MAX }), fc.integer({ min: 1, max: 18 }), (units, digits) => {
      const step = 10n ** BigInt(digits)
      const off = 2n * (rescaled(units, digits, 0) * step - units)
      assert.ok(off <= step && off >= -step)
      if (off === step) assert.ok(units > 0n)
      if (off === -step) assert.ok(units < 0n)
    }),
    { numRuns: runs(500), ...sameSeed },
  )
})

test('results have the digits that they need, as far as there is room', () => {
  const typeOf = (make: Parameters<typeof sales.select>[0]): string => sales.select(make).schema[0].type
  assert.equal(
    typeOf(s => ({ x: s.shop.add(s.shop) })),
    'decimal(5,1)',
  )
  assert.equal(
    typeOf(s => ({ x: s.shop.mul(lit(t.decimal(3, 3), '0.908')) })),
    'decimal(7,4)',
  )
  assert.equal(
    typeOf(s => ({ x: s.amount.mul(s.shop) })),
    'decimal(18,4)',
  )
  assert.equal(
    typeOf(s => ({ x: s.price.cast(t.decimal(15)).mul(lit(t.decimal(3, 3), '0.908')) })),
    'decimal(18,3)',
  )
  assert.equal(
    typeOf(s => ({ x: s.shop.add(s.price.cast(t.int16)) })),
    'decimal(7,1)',
  )
})

const refused = (make: () => unknown, code: string): void => {
  assert.throws(make, (error: unknown) => error instanceof MillraceError && error.code === code)
}

test('what does not go together is refused when it is planned', () => {
  refused(() => t.decimal(19, 2), 'LDB-1001')
  refused(() => t.decimal(2, 3), 'LDB-0001')
  refused(() => t.decimal(0), 'LDB-0001')
  refused(() => sales.where(s => s.shop.gt('1.25')), 'LDB-1201')
  refused(() => sales.where(s => s.shop.gt('1000')), 'LDB-1201')
  refused(() => sales.where(s => s.amount.gt(s.price.cast(t.decimal(18)))), 'LDB-1200')
  const fine = sales.select(s => ({ x: s.shop.cast(t.decimal(18, 10)) }))
  refused(() => fine.select(s => ({ x: s.x.mul(s.x) })), 'LDB-1200')
  refused(() => sales.filter(s => s.shop > 1n), 'LDB-1200')
})

test('a product, a comparison and a key are exact on every back end', async () => {
  const priced = sales
    .where(s => s.shop.ne('1.6').and(s.amount.lt('100.005')))
    .select(s => ({ at: s.at, shop: s.shop, cut: s.amount.mul(lit(t.decimal(3, 3), '0.908')) }))
  const rows = [sale(1, 100_004n), sale(2, 100_005n), sale(3, null), sale(4, -MAX), sale(5, 1n, 16n)]
  assert.deepEqual(
    (await results(priced, rows)).map(({ cut }) => cut),
    [90_803_632n],
  )
})

test('sums are exact up to their last digit, over rows, panes and changes', async () => {
  const rows = [
    sale(0, MAX - 5n),
    sale(400, 5n),
    sale(500, 1n),
    sale(600, null),
    sale(1100, -7n),
    sale(9000, 3n),
  ]
  const byShop = sales
    .window(tumble('at', '1s'))
    .groupBy('shop')
    .agg((s, a) => ({ total: a.sum(s.amount), most: a.max(s.amount), values: a.countDistinct(s.amount) }))
  assert.deepEqual(
    (await results(byShop, rows)).map(({ total, most, values }) => [total, most, values]),
    [
      [MAX, MAX - 5n, 2n],
      [-7n, -7n, 1n],
      [3n, 3n, 1n],
    ],
  )
  const sliding = sales
    .window(hop('at', '2s', '1s'))
    .groupBy('shop')
    .agg((s, a) => ({ total: a.sum(s.amount) }))
  assert.deepEqual(
    (await results(sliding, [sale(0, MAX), sale(1000, 1n), sale(2000, -1n), sale(9000, 0n)])).map(
      ({ total }) => total,
    ),
    [MAX, 0n, -1n, 0n, 0n],
  )
})

test('lists have decimals of Arrow in them, and rows may be texts', () => {
  const query = compile(
    sales.groupBy('shop').agg((s, a) => ({ all: a.arrayAgg(s.amount), sum: a.sum(s.amount) })),
  )
  const batches: RecordBatch[] = []
  const live = query.open(batch => void batches.push(batch), { tier: 'js' })
  live.push([
    { at: 0n, shop: '1.5', amount: '-12.345', price: 1n },
    { at: 0n, shop: '1.50', amount: 5n, price: 1n },
  ])
  live.end()
  const table = new Table(batches)
  assert.deepEqual(
    table.schema.fields.map(({ type }) => String(type)),
    ['Decimal[4e+1]', 'List<Decimal[18e+3]>', 'Decimal[18e+3]'],
  )
  assert.deepEqual(
    Array.from(table.getChild('sum')?.get(0) ?? [], word => Number(word) | 0),
    [-12_340, -1, -1, -1],
  )
})
