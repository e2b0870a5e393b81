/** What functions become: the printed expression of each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePredicate, compileProjection, paramValues } from '../../../compiler/frontend/lambda/index.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import { flightParams, flights, functionOf } from '../../support/lambda-schema.ts'

const predicates: Readonly<Record<string, string>> = {
  'f => f.delay > 15n': '(delay > 15::int64)',
  'f => f.delay > 15n && f.price > 10': '((delay > 15::int64) and (price > 10.0))',
  'f => f.delay > 15': '(delay > 15::int64)',
  'f => f.delay > 15.5': '(delay > 15::int64)',
  'f => f.delay >= 15.5': '(delay >= 16::int64)',
  'f => f.delay < 1e30': 'true',
  'f => f.delay > NaN': 'false',
  'f => f.seats > 100': '(seats > 100::int32)',
  'f => f.seats > 100.5': '(cast(seats as float64) > 100.5)',
  'f => f.seats * 2 > 100': '((cast(seats as float64) * 2.0) > 100.0)',
  'f => f.distance > 5n': '(coalesce(distance, 0::int64) > 5::int64)',
  'f => f.weight > 5': '(coalesce(weight, 0.0) > 5.0)',
  'f => f.id > 9223372036854775808n': '(id > 9223372036854775808::uint64)',
  'f => f.id > f.delay': '((delay < 0::int64) or (id > cast(delay as uint64)))',
  'f => f.at > 0n': '(cast(at as int64) > 0::int64)',
  'f => f.day === 3': 'is_not_distinct(cast(day as int32), 3::int32)',
  'f => f.symbol === "AA"': "(symbol = 'AA')",
  'f => f.symbol !== "AA"': "(symbol <> 'AA')",
  'f => f.note === "AA"': "is_not_distinct(note, 'AA')",
  'f => f.symbol < "AA"': "js_lt(symbol, 'AA')",
  'f => f.symbol >= "AA"': "not(js_lt(symbol, 'AA'))",
  'f => f.note < "AA"': "(is_not_null(note) and js_lt(note, 'AA'))",
  'f => f.late': 'late',
  'f => !f.late': 'not(late)',
  'f => f.paid': 'coalesce(paid, false)',
  'f => !!f.price': '(abs(price) > 0.0)',
  'f => f.seats': '(seats <> 0::int32)',
  'f => f.symbol': '(octet_length(symbol) > 0::int64)',
  'f => f.raw': 'is_not_null(raw)',
  'f => f.note === null': 'is_null(note)',
  'f => f.note != null': 'is_not_null(note)',
  'f => f.note === undefined': 'false',
  'f => f.raw == null': 'is_null(raw)',
  'f => !(f.price === 3)': '(price <> 3.0)',
  'f => !(f.price < 3)': 'not((price < 3.0))',
  'f => !(f.late || f.price < 3)': '(not(late) and not((price < 3.0)))',
  'f => f.late === true && f.paid === true': '(late and is_not_distinct(paid, true))',
  'f => 3 < f.price && 1 === f.seats': '((price > 3.0) and (seats = 1::int32))',
  'f => f.symbol == "A"': "(symbol = 'A')",
  'f => f.delay > BigInt("15")': '(delay > 15::int64)',
  'f => f.late || f.price > 3 && f.seats > 1': '(late or ((price > 3.0) and (seats > 1::int32)))',
  'f => f.late ? f.price > 1 : true': '(not(late) or (price > 1.0))',
  'f => f.late ? f.price > 1 : f.price > 2': 'case(late, (price > 1.0), (price > 2.0))',
  'f => (f.weight ?? 1) > 2': '(coalesce(weight, 1.0) > 2.0)',
  'f => (f.stops ?? 1) > 2': '(coalesce(stops, 1::uint8) > 2::uint8)',
  'f => (f.stops ?? -0) > 2': '(coalesce(cast(stops as float64), -0.0) > 2.0)',
  'f => f.symbol.length > 3': '(js_length(symbol) > 3::int32)',
  'f => f.note.length > 3': '(js_length(js_require(note)) > 3::int32)',
  'f => f.note?.length > 3': '(is_not_null(note) and (js_length(note) > 3::int32))',
  'f => f.note !== null && f.note.length > 3': '(is_not_null(note) and (js_length(note) > 3::int32))',
  'f => f.note === null || f.note.length > 3': '(is_null(note) or (js_length(note) > 3::int32))',
  'f => f.note && f.note.length > 3':
    '(coalesce((octet_length(note) > 0::int64), false) and (js_length(note) > 3::int32))',
  'f => f.weight !== null && f.weight > 3': '(is_not_null(weight) and (weight > 3.0))',
  'f => { if (f.weight === null) return false; return f.weight > 3 }':
    '(is_not_null(weight) and (weight > 3.0))',
  'f => f.note === null && f.note.length > 3': '(is_null(note) and (js_length(js_require(note)) > 3::int32))',
  'f => f.symbol.replaceAll("A", "B") === "B"': "(replace(symbol, 'A', 'B') = 'B')",
  'f => f.symbol.startsWith("A")': "starts_with(symbol, 'A')",
  'f => ["A", "B"].includes(f.symbol)': "in(symbol, 'A', 'B')",
  'f => f.symbol[0] === "A"':
    "(is_not_null(js_char(symbol, 0.0)) and is_not_distinct(js_char(symbol, 0.0), 'A'))",
  'f => f.symbol.slice(0, 2) === "AA"': "(js_slice(symbol, 0.0, 2.0) = 'AA')",
  'f => Math.abs(f.price) > 1': '(abs(price) > 1.0)',
  'f => Math.max(f.price, f.seats) > Math.PI': '(js_max(price, cast(seats as float64)) > 3.141592653589793)',
  'f => Number.isNaN(f.price)': 'not((abs(price) <= Infinity))',
  'f => `${f.symbol}-${f.seats}` === "AA-1"': "(concat(symbol, '-', cast(seats as utf8)) = 'AA-1')",
  'f => f.symbol + "a" + "b" === ""': "(concat(symbol, 'ab') = '')",
  'f => 5 * 60 > f.price': '(price < 300.0)',
  '(f, p) => f.delay > p.limit': '(delay > $limit::int64)',
  '(f, { ratio }) => f.price > ratio': '(price > $ratio::float64)',
  '(f, p) => p.on && f.symbol === p.name': '($on::bool and (symbol = $name::utf8))',
  '({ delay, price: cost }) => delay > 1n && cost > 1': '((delay > 1::int64) and (price > 1.0))',
  'function (f) { return f.price > 1 }': '(price > 1.0)',
  'f => { const x = f.price * 2; return x > 1 && x < 9 }':
    '(((price * 2.0) > 1.0) and ((price * 2.0) < 9.0))',
  'f => { const { price } = f; return price > 1 }': '(price > 1.0)',
  'f => { if (f.late) { return f.price > 1 } return false }': '(late and (price > 1.0))',
  'f => { if (f.late) { const x = 1; return f.price > x } else { const x = 2; return f.price > x } }':
    'case(late, (price > 1.0), (price > 2.0))',
  'f => f["price"] > 1': '(price > 1.0)',
  '() => true': 'true',
  'f => (0, f.late)': 'late',
  // A fault that JavaScript would meet stays one, though the result does not read the value.
  'f => { const x = 1n / f.delay; return f.late && x > 0n }':
    'js_sequence((1::int64 / delay), (late and ((1::int64 / delay) > 0::int64)))',
  // The right side is not evaluated where the left one decides.
  'f => f.delay !== 0n && 1n / f.delay > 0n': '((delay <> 0::int64) and ((1::int64 / delay) > 0::int64))',
}

for (const [text, printed] of Object.entries(predicates)) {
  test(text, () => {
    const expr = compilePredicate(functionOf(text), flights, flightParams)
    assert.equal(printExpr(expr), printed)
    assert.equal(expr.type, 'bool')
    assert.equal(expr.nullable, false)
  })
}

const projections: Readonly<Record<string, readonly string[]>> = {
  'f => ({ sym: f.symbol.toUpperCase(), big: f.price > 5 })': [
    'sym utf8 = js_upper(symbol)',
    'big bool = (price > 5.0)',
  ],
  'f => ({ seats: f.seats, at: f.at, raw: f.raw })': [
    'seats int32 = seats',
    'at timestamp[ms] = at',
    'raw binary? = raw',
  ],
  'f => ({ x: f.seats ?? 0, y: f.at + 1n, z: f.stops ?? 0 })': [
    'x int32 = seats',
    'y int64 = (cast(at as int64) + 1::int64)',
    'z float64 = cast(coalesce(stops, 0::uint8) as float64)',
  ],
  'f => ({ x: f.late ? 1 : null, y: f.symbol.at(0) })': [
    'x float64? = case(late, 1.0, null::float64)',
    'y utf8? = js_char(symbol, 0.0)',
  ],
  'f => f.late ? { x: 1 } : { x: 2 }': ['x float64 = case(late, 1.0, 2.0)'],
  'f => ({ ...(f.late ? { x: 1, y: 2 } : { x: 3, y: 4 }), y: f.price })': [
    'x float64 = case(late, 1.0, 3.0)',
    'y float64 = price',
  ],
  // What never runs is not read.
  'f => ({ x: true ? f.price : f.symbol * 2, y: null !== null && nothing.known })': [
    'x float64 = price',
    'y bool = false',
  ],
  'f => { if (null === null) return { x: f.price }; return { y: f.nothing } }': ['x float64 = price'],
  'f => { if (f.late) return { x: f.symbol }; return { x: f.note } }': ['x utf8? = case(late, symbol, note)'],
  'f => { const x = f.price * 2; return { x, "a b": x + 1 } }': [
    'x float64 = (price * 2.0)',
    'a b float64 = ((price * 2.0) + 1.0)',
  ],
  '(f, p) => ({ above: f.price > p.ratio, limit: p.limit })': [
    'above bool = (price > $ratio::float64)',
    'limit int64 = $limit::int64',
  ],
}

for (const [text, printed] of Object.entries(projections)) {
  test(text, () => {
    const columns = compileProjection(functionOf(text), flights, flightParams)
    const lines = columns.map(
      ({ name, expr }) => `${name} ${expr.type}${expr.nullable ? '?' : ''} = ${printExpr(expr)}`,
    )
    assert.deepEqual(lines, printed)
  })
}

test('a spread row keeps its columns in place', () => {
  const fn = functionOf('f => ({ ...f, price: f.price * 2, extra: 1 })')
  const columns = compileProjection(fn, flights)
  assert.deepEqual(
    columns.map(({ name }) => name),
    [...flights.map(({ name }) => name), 'extra'],
  )
  const kept = columns.filter(({ name }) => name !== 'price' && name !== 'extra')
  for (const { name, expr } of kept)
    assert.deepEqual([expr.kind, printExpr(expr)], ['column', printExpr(expr)], name)
})

test('functions in every form are read', () => {
  const object = {
    method(f: { late: boolean }) {
      return f.late
    },
    'quoted-name'(f: { late: boolean }) {
      return f.late
    },
    [Symbol.iterator]: (f: { late: boolean }) => f.late,
    named: function inner(f: { late: boolean }) {
      return f.late
    },
  }
  for (const fn of [object.method, object['quoted-name'], object[Symbol.iterator], object.named]) {
    assert.equal(printExpr(compilePredicate(fn, flights)), 'late')
  }
})

test('parameter values are checked and handed back', () => {
  assert.deepEqual([...paramValues(flightParams)], Object.entries(flightParams))
  assert.throws(() => paramValues({ x: null }), { code: 'LDB-1200', message: /parameter 'x' is null/ })
  assert.throws(() => paramValues({ x: 1n << 63n }), { code: 'LDB-1201' })
})
