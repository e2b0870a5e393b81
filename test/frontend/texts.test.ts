/** What functions of texts mean on known values, as PostgreSQL and DuckDB have them; functions.test has the kernels. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../../ir/errors.ts'
import { call } from '../../ir/expr/build.ts'
import { evaluate } from '../../ir/expr/evaluate.ts'
import { type Expr, literal, nullOf, RowFault, type Value } from '../../ir/expr/expr.ts'
import type { DataType } from '../../ir/types.ts'

const nothing = {
  column: () => assert.fail('a column'),
  param: () => assert.fail('a parameter'),
}
const meaning = (expr: Expr): Value => evaluate(expr, nothing)
const text = (value: string): Expr => literal(value, 'utf8')
const at = (iso: string, type: DataType = 'timestamp[ms]'): Expr => literal(BigInt(Date.parse(iso)), type)

test('split_part counts from 1, from the end below zero, and gives an empty text where there is no part', () => {
  const part = (from: string, delimiter: string, number: bigint): Value =>
    meaning(call('split_part', text(from), text(delimiter), literal(number, 'int64')))
  const url = 'https://www.nexmark.com/abo/xzyq/item.htm?query=1'
  assert.deepEqual(
    [4n, 5n, 6n, 7n].map(n => part(url, '/', n)),
    ['abo', 'xzyq', 'item.htm?query=1', ''],
  )
  assert.deepEqual(
    [-1n, -2n, -6n, -7n, 0n].map(n => part(url, '/', n)),
    ['item.htm?query=1', 'xzyq', 'https:', '', ''],
  )
  assert.deepEqual(
    [1n, 2n, -1n].map(n => part('abc', '', n)),
    ['abc', '', 'abc'],
  )
  assert.equal(part('a::b:::c', '::', 3n), ':c')
  assert.equal(part('a', ',', -(1n << 63n)), '')
})

test('replace takes all occurrences from left to right', () => {
  const replaced = (from: string, what: string, to: string): Value =>
    meaning(call('replace', text(from), text(what), text(to)))
  assert.equal(replaced('aaa', 'aa', 'b'), 'ba')
  assert.equal(replaced('a日b日', '日', '$&'), 'a$&b$&')
  assert.equal(replaced('abc', '', 'x'), 'abc')
  assert.equal(replaced('abcabc', 'c', ''), 'abab')
  assert.equal(meaning(call('replace', text('a'), text('a'), nullOf('utf8'))), null)
})

test('date_format has a number of digits for each field', () => {
  const time = at('2015-07-05T03:04:09.078Z')
  const formatted = (format: string, of = time): Value => meaning(call('date_format', of, text(format)))
  assert.equal(formatted('yyyy-MM-dd HH:mm:ss.SSS'), '2015-07-05 03:04:09.078')
  assert.equal(formatted("DDD 'day' '''n' '' S SSSSSS日"), "186 day 'n ' 0 078000日")
  assert.equal(formatted('HH:mm', literal(-1, 'date')), '00:00')
  assert.equal(formatted('yyyy-MM-dd HH', at('1969-12-31T23:59:59Z')), '1969-12-31 23')
  assert.equal(formatted('ss.SSSSSSSSS', literal(61_000_000_007n, 'timestamp[ns]')), '01.000000007')
  assert.throws(() => formatted('yyyy', literal(2_932_897, 'date')), RowFault)
  assert.throws(() => formatted('MM', at('-000001-12-31T00:00:00Z')), RowFault)
  assert.equal(formatted('yyyy', literal(2_932_896, 'date')), '9999')
})

test('a format that is not known is refused', () => {
  const isRefusal = (error: unknown): boolean =>
    error instanceof MillraceError && error.code === 'LDB-1200' && /the format has/.test(error.reason)
  for (const format of ['yy', 'M', 'EEE', 'hh', 'T', 'SSSSSSSSSS', "'open"]) {
    assert.throws(() => call('date_format', literal(0, 'date'), text(format)), isRefusal, format)
  }
})

test('what must be known when the plan is made is refused where it is not', () => {
  const column: Expr = { kind: 'column', name: 'c', type: 'utf8', nullable: false }
  const day: Expr = literal(0, 'date')
  assert.throws(() => call('date_format', day, column), /known when the plan is made/)
  assert.throws(() => call('regexp_matches', column, column), /known when the plan is made/)
  assert.throws(() => call('regexp_extract', column, text('(a)'), literal(2n, 'int64')), /groups 0 to 1/)
})
