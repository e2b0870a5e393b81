/**
 * How JavaScript spells each kernel op. Chosen by measurement on V8: every i64 intermediate is wrapped by
 * asIntN so that it stays an unboxed word; an i64 changes its type through the scratch word (`s64`, `s32`, `sf`
 * are three views of it) because Number(bigint) and BigInt(double) allocate; predicates are branch-free. `sf[7]` is NaN.
 */
import type { OpName } from '../../ir/kernel/ops.ts'
import { js, type Snippet } from './quote.ts'

/**
 * A bool is the number 0 or 1 where it is a value. `test` rows yield a JavaScript boolean, which the emitter
 * turns into 0 or 1 where it must; `word` rows take and yield 0 or 1 or any other value.
 */
export interface Spelling {
  readonly kind: 'test' | 'word'
  readonly snippet: Snippet
  /** Shorter, where the second operand is a constant other than 0 and -1. */
  readonly byConstant?: Snippet
}

const word = (snippet: Snippet): Spelling => ({ kind: 'word', snippet })
const quotient = (snippet: Snippet, byConstant: Snippet): Spelling => ({ kind: 'word', snippet, byConstant })
const test = (snippet: Snippet): Spelling => ({ kind: 'test', snippet })

export const spell: Readonly<Record<OpName, Spelling>> = {
  'and.bool': word(js`$0 & $1`),
  'or.bool': word(js`$0 | $1`),
  'eq.bool': test(js`$0 === $1`),
  'ne.bool': word(js`$0 ^ $1`),
  'not.bool': word(js`$0 ^ 1`),
  'int.bool': word(js`$0`),

  'add.i32': word(js`$0 + $1 | 0`),
  'sub.i32': word(js`$0 - $1 | 0`),
  'mul.i32': word(js`Math.imul($0, $1)`),
  'div.i32': quotient(js`$1 === 0 ? 0 : $0 / $1 | 0`, js`$0 / $1 | 0`),
  'rem.i32': quotient(js`$1 === 0 ? 0 : $0 % $1 | 0`, js`$0 % $1 | 0`),
  'and.i32': word(js`$0 & $1`),
  'or.i32': word(js`$0 | $1`),
  'xor.i32': word(js`$0 ^ $1`),
  'shl.i32': word(js`$0 << $1`),
  'shr.i32': word(js`$0 >> $1`),
  'shru.i32': word(js`$0 >>> $1 | 0`),
  'eq.i32': test(js`$0 === $1`),
  'ne.i32': test(js`$0 !== $1`),
  'lt.i32': test(js`$0 < $1`),
  'le.i32': test(js`$0 <= $1`),
  'gt.i32': test(js`$0 > $1`),
  'ge.i32': test(js`$0 >= $1`),
  'addo.i32': test(js`$0 + $1 !== ($0 + $1 | 0)`),
  'subo.i32': test(js`$0 - $1 !== ($0 - $1 | 0)`),
  'mulo.i32': test(js`$0 * $1 !== ($0 * $1 | 0)`),

  'add.i64': word(js`BigInt.asIntN(64, $0 + $1)`),
  'sub.i64': word(js`BigInt.asIntN(64, $0 - $1)`),
  'mul.i64': word(js`BigInt.asIntN(64, $0 * $1)`),
  'div.i64': quotient(js`$1 === 0n ? 0n : BigInt.asIntN(64, $0 / $1)`, js`BigInt.asIntN(64, $0 / $1)`),
  'rem.i64': quotient(js`$1 === 0n ? 0n : BigInt.asIntN(64, $0 % $1)`, js`BigInt.asIntN(64, $0 % $1)`),
  'divu.i64': word(js`$1 === 0n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, $0) / BigInt.asUintN(64, $1))`),
  'remu.i64': word(js`$1 === 0n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, $0) % BigInt.asUintN(64, $1))`),
  'and.i64': word(js`BigInt.asIntN(64, $0 & $1)`),
  'or.i64': word(js`BigInt.asIntN(64, $0 | $1)`),
  'xor.i64': word(js`BigInt.asIntN(64, $0 ^ $1)`),
  'eq.i64': test(js`$0 === $1`),
  'ne.i64': test(js`$0 !== $1`),
  'lt.i64': test(js`$0 < $1`),
  'le.i64': test(js`$0 <= $1`),
  'gt.i64': test(js`$0 > $1`),
  'ge.i64': test(js`$0 >= $1`),
  'ltu.i64': test(js`BigInt.asUintN(64, $0) < BigInt.asUintN(64, $1)`),
  'leu.i64': test(js`BigInt.asUintN(64, $0) <= BigInt.asUintN(64, $1)`),
  'addo.i64': test(
    js`BigInt.asIntN(64, ($0 ^ BigInt.asIntN(64, $0 + $1)) & ($1 ^ BigInt.asIntN(64, $0 + $1))) < 0n`,
  ),
  'subo.i64': test(js`BigInt.asIntN(64, ($0 ^ $1) & ($0 ^ BigInt.asIntN(64, $0 - $1))) < 0n`),
  'mulo.i64': test(
    js`$0 !== 0n && (BigInt.asIntN(64, BigInt.asIntN(64, $0 * $1) / $0) !== $1 || $0 === -1n && $1 === -9223372036854775808n)`,
  ),
  'addou.i64': test(js`BigInt.asUintN(64, $0 + $1) < BigInt.asUintN(64, $0)`),
  'mulou.i64': test(js`$0 !== 0n && BigInt.asUintN(64, $1) > 18446744073709551615n / BigInt.asUintN(64, $0)`),

  'add.f64': word(js`$0 + $1`),
  'sub.f64': word(js`$0 - $1`),
  'mul.f64': word(js`$0 * $1`),
  'div.f64': word(js`$0 / $1`),
  'rem.f64': word(js`$0 % $1`),
  'neg.f64': word(js`-$0`),
  'abs.f64': word(js`Math.abs($0)`),
  'sqrt.f64': word(js`Math.sqrt($0)`),
  'floor.f64': word(js`Math.floor($0)`),
  'ceil.f64': word(js`Math.ceil($0)`),
  'trunc.f64': word(js`Math.trunc($0)`),
  'fround.f64': word(js`Math.fround($0)`),
  'eq.f64': test(js`$0 === $1`),
  'ne.f64': test(js`$0 !== $1`),
  'lt.f64': test(js`$0 < $1`),
  'le.f64': test(js`$0 <= $1`),
  'gt.f64': test(js`$0 > $1`),
  'ge.f64': test(js`$0 >= $1`),
  'canon.f64': word(js`$0 !== $0 ? sf[7] : $0`),

  'extend.i32': word(js`BigInt($0)`),
  'extendu.i32': word(js`(s32[0] = $0, s32[1] = 0, s64[0])`),
  'low.i64': word(js`(s64[0] = $0, s32[0])`),
  'high.i64': word(js`(s64[0] = $0, s32[1])`),
  'float.i32': word(js`$0`),
  'float.i64': word(js`(s64[0] = $0, s32[1] * 4294967296 + (s32[0] >>> 0))`),
  'floatu.i64': word(js`(s64[0] = $0, (s32[1] >>> 0) * 4294967296 + (s32[0] >>> 0))`),
  'int32.f64': word(js`$0 >= 2147483647 ? 2147483647 : $0 <= -2147483648 ? -2147483648 : $0 | 0`),
  'int.f64': word(
    js`$0 !== $0 ? 0n : $0 >= 9223372036854775807 ? 9223372036854775807n : $0 <= -9223372036854775808 ? -9223372036854775808n : (sf[1] = Math.trunc($0), sf[2] = Math.floor(sf[1] / 4294967296), s32[1] = sf[2], s32[0] = sf[1] - sf[2] * 4294967296, s64[0])`,
  ),
  'intu.f64': word(
    js`$0 >= 18446744073709551615 ? -1n : $0 >= 1 ? (sf[1] = Math.trunc($0), sf[2] = Math.floor(sf[1] / 4294967296), s32[1] = sf[2], s32[0] = sf[1] - sf[2] * 4294967296, s64[0]) : 0n`,
  ),
  'bits.f64': word(js`(sf[0] = $0 !== $0 ? sf[7] : $0, s64[0])`),
  'ofbits.i64': word(js`(s64[0] = $0, sf[0])`),

  'exp.f64': word(js`Math.exp($0)`),
  'log.f64': word(js`Math.log($0)`),
  'log2.f64': word(js`Math.log2($0)`),
  'log10.f64': word(js`Math.log10($0)`),
  'cbrt.f64': word(js`Math.cbrt($0)`),
  'sin.f64': word(js`Math.sin($0)`),
  'cos.f64': word(js`Math.cos($0)`),
  'tan.f64': word(js`Math.tan($0)`),
  'asin.f64': word(js`Math.asin($0)`),
  'acos.f64': word(js`Math.acos($0)`),
  'atan.f64': word(js`Math.atan($0)`),
  'pow.f64': word(js`Math.pow($0, $1)`),
  'atan2.f64': word(js`Math.atan2($0, $1)`),

  'upper.text': word(js`host.upper_text(bytes$u8, $0, $1, $2)`),
  'lower.text': word(js`host.lower_text(bytes$u8, $0, $1, $2)`),
  'number.text': word(js`host.number_text(bytes$u8, $0, $1)`),
  'parse.text': word(js`host.parse_text(bytes$u8, $0, $1)`),
}
