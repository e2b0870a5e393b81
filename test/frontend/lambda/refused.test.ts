/** What cannot be compiled: the code, the part of the source, and what the message tells the user to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compilePredicate,
  compileProjection,
  type RowFunction,
} from '../../../compiler/frontend/lambda/index.ts'
import { MillraceError } from '../../../ir/errors.ts'
import { flightParams, flights, functionOf } from '../../support/lambda-schema.ts'

type Case = readonly [text: string, code: string, slice: string, says: RegExp]

const predicates: readonly Case[] = [
  // Names.
  ['f => f.pirce > 3', 'LDB-1100', 'pirce', /no column 'pirce'[\s\S]*did you mean 'price'/],
  ['({ pirce }) => pirce > 3', 'LDB-1100', 'pirce', /did you mean 'price'/],
  ['f => f.toString > 3', 'LDB-1100', 'toString', /there are delay, distance/],
  ['(f, p) => f.delay > p.limt', 'LDB-1003', 'limt', /no parameter 'limt'[\s\S]*did you mean 'limit'/],
  [
    'f => f.price > limit',
    'LDB-1003',
    'limit',
    /captured[\s\S]*pass it in: \(f, p\) => f\.price > p\.limit, \{ limit \}/,
  ],
  [
    'f => f.price > config.limit',
    'LDB-1003',
    'config.limit',
    /\(f, p\) => f\.price > p\.limit, \{ limit: config\.limit \}/,
  ],
  ['(f, q) => f.price > limit', 'LDB-1003', 'limit', /\(f, q\) => f\.price > q\.limit, \{ limit \}/],
  [
    'f => f.price > __vite_ssr_import_2__.LIMIT',
    'LDB-1003',
    '__vite_ssr_import_2__.LIMIT',
    /p\.LIMIT, \{ LIMIT \}/,
  ],
  ['f => f[key]', 'LDB-1003', 'key', /which column/],
  ['(f, p) => f.price > p[key]', 'LDB-1003', 'key', /which parameter/],
  ['f => f', 'LDB-1003', 'f', /whole row/],
  ['(f, p) => p', 'LDB-1003', 'p', /name one/],
  ['f => f.symbol.size', 'LDB-1003', 'f.symbol.size', /\.size is not supported/],
  ['f => f.price.length', 'LDB-1200', 'f.price.length', /only texts have a length/],
  // Effects and statements.
  ['f => { let x = 1; x = 2; return x > 1 }', 'LDB-1003', 'x', /'x' is assigned/],
  ['f => f.price = 3', 'LDB-1003', 'f.price = 3', /'f\.price' is assigned/],
  ['f => { let x; if (f.late) x = 1; else x = 2; return x }', 'LDB-1003', 'x = 1', /test \? a : b/],
  ['f => { let x; return (f.late && (x = f.late)) || x }', 'LDB-1003', 'x', /no value on every way/],
  ['f => { count++; return true }', 'LDB-1003', 'count++', /'count' is assigned/],
  ['f => (log(f.price), f.late)', 'LDB-1003', 'log(f.price)', /no effects/],
  ['f => { for (const x of [1]) {} return true }', 'LDB-1003', 'for (const x of [1]) {}', /loops/],
  ['f => { while (f.late) {} return true }', 'LDB-1003', 'while (f.late) {}', /loops/],
  [
    'f => { switch (f.seats) { default: return true } }',
    'LDB-1003',
    'switch (f.seats) { default: return true }',
    /if and return/,
  ],
  ['f => { throw f.price }', 'LDB-1003', 'throw f.price', /exceptions/],
  [
    'f => { try { return true } catch { return false } }',
    'LDB-1003',
    'try { return true } catch { return false }',
    /exceptions/,
  ],
  ['f => { if (f.late) return true }', 'LDB-1003', '{ if (f.late) return true }', /not every way/],
  ['f => { return }', 'LDB-1003', 'return', /without a value/],
  // Forms of functions.
  ['async f => f.late', 'LDB-1003', 'async f => f.late', /async/],
  ['function* (f) { yield f.late }', 'LDB-1003', 'function* (f) { yield f.late }', /generator/],
  ['class { }', 'LDB-1003', 'class', /arrow function/],
  ['(f, p, q) => f.late', 'LDB-1003', 'q', /\(row, params\)/],
  ['(f = {}) => f.late', 'LDB-1003', 'f = {}', /undefined[\s\S]*null/],
  ['({ price = 3 }) => price > 1', 'LDB-1003', 'price = 3', /name \?\? fallback/],
  ['({ price, ...rest }) => price > 1', 'LDB-1003', '...rest', /rest of a row/],
  ['({ symbol: { length } }) => length', 'LDB-1003', '{ length }', /no parts/],
  ['([price]) => price > 1', 'LDB-1003', '[price]', /by names/],
  ['(...all) => true', 'LDB-1003', '...all', /rest parameter/],
  // Expressions.
  ['f => /A/.test(f.symbol)', 'LDB-1003', '/A/', /regular expressions/],
  ['function (f) { return this.x }', 'LDB-1003', 'this', /'this'/],
  ['f => Date.now() > f.price', 'LDB-1003', 'Date.now()', /could not be repeated[\s\S]*event time/],
  ['f => Math.random() > f.price', 'LDB-1003', 'Math.random()', /could not be repeated/],
  ['f => performance.now() > 1', 'LDB-1003', 'performance.now()', /could not be repeated/],
  ['f => new Date() > 1', 'LDB-1003', 'new Date()', /event time/],
  ['f => isGood(f.price)', 'LDB-1003', 'isGood(f.price)', /'isGood' is not known/],
  ['f => lib.good(f.price)', 'LDB-1003', 'lib.good(f.price)', /'lib\.good' is not known/],
  ['f => (0, lib.good)(f.price)', 'LDB-1003', '(0, lib.good)(f.price)', /is not known/],
  ['f => [1, 2].some(x => x > f.price)', 'LDB-1003', '[1, 2]', /\[a, b\]\.includes/],
  ['f => { const g = x => x; return f.late }', 'LDB-1003', 'x => x', /inside of the function/],
  ['f => Math.hypot(f.price) > 1', 'LDB-1003', 'Math.hypot(f.price)', /Math\.abs/],
  ['f => parseInt(f.symbol) > 1', 'LDB-1003', 'parseInt(f.symbol)', /not known/],
  ['f => f.symbol.split(",")', 'LDB-1003', 'f.symbol.split(",")', /\.slice\(\)/],
  ['f => f.symbol.replaceAll("", "b")', 'LDB-1003', 'f.symbol.replaceAll("", "b")', /written out/],
  ['f => f.symbol.replaceAll("a", "$&")', 'LDB-1003', 'f.symbol.replaceAll("a", "$&")', /written out/],
  [
    'f => f.symbol.replaceAll("a", f.symbol)',
    'LDB-1003',
    'f.symbol.replaceAll("a", f.symbol)',
    /written out/,
  ],
  ['f => f.symbol.startsWith("a", 1)', 'LDB-1003', 'f.symbol.startsWith("a", 1)', /with 1 arguments/],
  ['f => f.symbol == 1', 'LDB-1003', 'f.symbol == 1', /converts[\s\S]*use '==='/],
  ['f => f.delay != 15', 'LDB-1003', 'f.delay != 15', /converts[\s\S]*use '!=='/],
  ['f => typeof f.price === "number"', 'LDB-1003', 'typeof f.price', /typeof/],
  ['f => f.seats & 1', 'LDB-1003', 'f.seats & 1', /&/],
  ['f => "a" in f', 'LDB-1003', '"a" in f', /in/],
  ['f => String.raw`x`', 'LDB-1003', 'String.raw`x`', /tagged/],
  ['f => ({ x: 1 })', 'LDB-1003', '{ x: 1 }', /result of map/],
  ['f => f.symbol === "\\ud800"', 'LDB-1003', '"\\ud800"', /surrogate/],
  // Types.
  ['f => f.delay === 15', 'LDB-1200', 'f.delay === 15', /never equal[\s\S]*15n/],
  ['f => f.symbol === 1', 'LDB-1200', 'f.symbol === 1', /string is never equal to number/],
  ['f => f.delay + 1 > 2', 'LDB-1200', 'f.delay + 1', /'\+' does not mix bigint with number[\s\S]*15n/],
  ['f => f.symbol * 2 > 1', 'LDB-1200', 'f.symbol * 2', /Number\(x\)/],
  ['f => f.symbol > 1', 'LDB-1200', 'f.symbol > 1', /compares string with number/],
  ['f => f.id + 1n > 2n', 'LDB-1200', 'f.id + 1n', /uint64[\s\S]*BigInt\.asIntN/],
  ['f => +f.delay > 1', 'LDB-1200', '+f.delay', /Number\(x\)/],
  ['f => Math.abs(f.delay) > 1', 'LDB-1200', 'Math.abs(f.delay)', /bigint/],
  ['f => f.raw === f.raw', 'LDB-1200', 'f.raw === f.raw', /null only/],
  ['f => f.raw + "x" === "x"', 'LDB-1200', 'f.raw + "x"', /null only/],
  ['f => f.price.trim() === ""', 'LDB-1200', 'f.price.trim()', /String\(x\)/],
  ['f => BigInt(f.symbol) > 1n', 'LDB-1200', 'BigInt(f.symbol)', /BigInt\(\) does not take string/],
  ['f => f.delay > 18446744073709551616n', 'LDB-1201', '18446744073709551616n', /64 bits/],
  ['f => f.delay + 9223372036854775808n > 1n', 'LDB-1201', 'f.delay + 9223372036854775808n', /int64/],
  // A name that says nothing in the text.
  ['(f, p) => f.price > p.nothing', 'LDB-1200', 'nothing', /parameter 'nothing' is null/],
  ['(f, p) => f.price > p.list', 'LDB-1200', 'list', /parameter 'list' is an array/],
  ['(f, p) => f.price > p.huge', 'LDB-1201', 'huge', /does not fit int64/],
  ['(f, p) => f.symbol === p.broken', 'LDB-1200', 'broken', /well-formed/],
]

const projections: readonly Case[] = [
  ['f => f.price', 'LDB-1003', 'f.price', /must be an object/],
  ['f => ({})', 'LDB-1003', '{}', /no columns/],
  ['f => ({ x: f.late ? 1 : "a" })', 'LDB-1200', 'f.late ? 1 : "a"', /would hold number or string/],
  ['f => ({ x: null })', 'LDB-1200', 'null', /always null/],
  ['f => ({ ...f, ...other })', 'LDB-1003', 'other', /only the row/],
  ['f => ({ [f.symbol]: 1 })', 'LDB-1003', 'f.symbol', /name of a column/],
  ['f => ({ x() { return 1 } })', 'LDB-1003', 'x() { return 1 }', /cannot be a function/],
  ['f => ({ __proto__: f.price })', 'LDB-1003', '__proto__', /__proto__/],
  ['f => ({ x: [f.price] })', 'LDB-1003', '[f.price]', /a list/],
  ['f => make(f)', 'LDB-1003', 'make(f)', /not known/],
  ['f => f.late ? { x: 1 } : { y: 1 }', 'LDB-1003', 'f.late ? { x: 1 } : { y: 1 }', /column 'x'/],
]

const params = { ...flightParams, nothing: null, huge: 1n << 70n, broken: '\ud800', list: [1] as never }

function refusalOf(compile: () => unknown): MillraceError {
  try {
    compile()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('it was compiled')
}

function check(compile: (fn: RowFunction) => unknown, [text, code, slice, says]: Case): void {
  const error = refusalOf(() => compile(functionOf(text)))
  assert.equal(error.code, code, error.message)
  assert.equal(error.span?.text, text)
  assert.equal(error.span?.text.slice(error.span.start, error.span.end), slice)
  assert.match(error.message, says)
  assert.ok(error.fix.length > 0)
}

for (const one of predicates) {
  test(`${one[0]}  -> ${one[1]}`, () => check(fn => compilePredicate(fn, flights, params), one))
}
for (const one of projections) {
  test(`${one[0]}  -> ${one[1]}`, () => check(fn => compileProjection(fn, flights, params), one))
}

test('native and bound functions have no source', () => {
  const bound = functionOf('f => f.late').bind(null)
  for (const fn of [Math.abs as RowFunction, bound]) {
    const error = refusalOf(() => compilePredicate(fn, flights))
    assert.equal(error.code, 'LDB-1003')
    assert.match(error.message, /native or bound/)
  }
})

test('a part of a method is underlined in its own text', () => {
  const { method } = { method: (f: { pirce: number }) => f.pirce > 3 }
  const error = refusalOf(() => compilePredicate(method, flights))
  assert.equal(error.span?.text.slice(error.span.start, error.span.end), 'pirce')
  const shorthand = {
    late(f: { pirce: number }) {
      return f.pirce > 3
    },
  }
  const other = refusalOf(() => compilePredicate(shorthand.late, flights))
  assert.equal(other.span?.text.slice(other.span.start, other.span.end), 'pirce')
})

test('the error names the file and line of the call', () => {
  const error = refusalOf(() => compilePredicate(functionOf('f => f.pirce'), flights))
  assert.match(error.message, /at .*refused\.test\.[jt]s:\d+:\d+/)
})

test('what grows too large is refused, and soon', () => {
  const doubling = Array.from({ length: 40 }, (_, i) => `const x${i + 1} = x${i} + x${i};`).join(' ')
  const text = `f => { const x0 = f.price; ${doubling} return x40 > 1 }`
  const error = refusalOf(() => compilePredicate(functionOf(text), flights))
  assert.match(error.message, /too large/)
  const branching = Array.from({ length: 40 }, () => 'if (f.late) { cov_1().s[0]++ }').join(' ')
  const ways = refusalOf(() => compilePredicate(functionOf(`f => { ${branching} return true }`), flights))
  assert.match(ways.message, /too large/)
  const kinds = Array.from({ length: 20 }, () => '(f.late ? f.price : f.symbol)').reduce(
    (a, b) => `(${a} || ${b})`,
  )
  assert.match(
    refusalOf(() => compilePredicate(functionOf(`f => ${kinds} === 1`), flights)).message,
    /too large/,
  )
})
