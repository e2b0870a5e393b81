/**
 * Regular expressions: what they mean is what JavaScript says where both have one opinion, kernels say the same on every
 * back end, and what is not supported is refused with its position.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { automatonOf, STATES_MAX } from '../../compiler/lower/regexp/automaton.ts'
import { byteSequences } from '../../compiler/lower/regexp/bytes.ts'
import { programOf } from '../../compiler/lower/regexp/program.ts'
import { MillraceError } from '../../ir/errors.ts'
import { call } from '../../ir/expr/build.ts'
import { type Expr, literal } from '../../ir/expr/expr.ts'
import { matchGroup } from '../../ir/expr/regexp/match.ts'
import { PATTERN_POINTS_MAX, parsePattern } from '../../ir/expr/regexp/parse.ts'
import { backends } from '../support/backends.ts'
import { ExprKernel, isSameOutcome, outcomeOf } from '../support/expr-kernel.ts'
import { runs, sameSeed } from '../support/runs.ts'

after(closeNativeCompiler)

type Arb = fc.Arbitrary<string>

const atoms = [
  'a',
  'b',
  'é',
  '日',
  '😀',
  '.',
  '[ab]',
  '[^a]',
  '[é-日]',
  '\\d',
  '\\W',
  '[^😀\\d]',
  '\\x62',
  '\\.',
]

const times = ['?', '??', '{0,2}', '{2}', '{1,3}?', '*', '*?', '+', '+?', '{2,}']

/** What is repeated takes something: JavaScript does not repeat what took nothing. */
const piece = (depth: number): Arb =>
  depth === 0
    ? fc.constantFrom(...atoms)
    : fc.oneof(
        fc.constantFrom(...atoms),
        fc.tuple(piece(depth - 1), piece(depth - 1)).map(parts => parts.join('')),
        fc.tuple(piece(depth - 1), piece(depth - 1)).map(parts => `(?:${parts.join('|')})`),
        fc
          .tuple(fc.constantFrom(...atoms), piece(depth - 1), fc.constantFrom(...times))
          .map(([atom, one, many]) => `(?:${atom}(?:${one}))${many}`),
      )

/** Groups stand outside of repetitions: inside of them JavaScript forgets what they took. */
const pattern: Arb = fc
  .record({
    start: fc.constantFrom('', '', '^'),
    parts: fc.array(fc.tuple(fc.constantFrom('(', '(?:'), piece(2), fc.constantFrom(')', '|)', ')')), {
      minLength: 1,
      maxLength: 3,
    }),
    end: fc.constantFrom('', '', '$'),
  })
  .map(({ start, parts, end }) => `${start}${parts.map(part => part.join('')).join('')}${end}`)

const text: Arb = fc
  .array(fc.constantFrom('a', 'b', 'é', '日', '😀', '1', '.'), { maxLength: 12 })
  .map(points => points.join(''))

const groupsOf = (source: string): readonly number[] =>
  Array.from({ length: parsePattern(source).groups + 1 }, (_, group) => group)

test('a pattern means what it means in JavaScript', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 5 }), (source, texts) => {
      const inJs = new RegExp(source, 'u')
      for (const one of texts) {
        const found = inJs.exec(one)
        for (const group of groupsOf(source)) {
          assert.equal(matchGroup(parsePattern(source), one, group), found?.[group], `${source} on ${one}`)
        }
      }
    }),
    { numRuns: runs(300), ...sameSeed },
  )
})

/** Random patterns may need more states than there are. */
function fits(source: string): boolean {
  try {
    return automatonOf(programOf(parsePattern(source).root, 0)).before.length <= STATES_MAX
  } catch {
    return false
  }
}

const CASES = 12

for (const backend of backends) {
  test(`kernels find what a pattern means: ${backend.name}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(pattern.filter(fits), { minLength: CASES, maxLength: CASES }),
        fc.array(fc.option(text), { minLength: 20, maxLength: 20 }),
        async (sources, texts) => {
          const columns = [{ name: 'c', type: 'utf8', nullable: true }] as const
          const rows = texts.map(one => [one])
          const exprs = sources.flatMap(source => callsOf({ kind: 'column', ...columns[0] }, source))
          const found = await new ExprKernel(columns, exprs, rows.length).run(backend, rows)
          exprs.forEach((expr, e) => {
            rows.forEach((row, r) => {
              const wanted = outcomeOf(expr, columns, row)
              assert.ok(
                isSameOutcome(found[r][e], wanted),
                `${sources[e]} on ${row[0]}: ${found[r][e].value}`,
              )
            })
          })
        },
      ),
      { numRuns: backend.name === 'native' ? 2 : runs(15), ...sameSeed },
    )
  })
}

function callsOf(column: Expr, source: string): readonly Expr[] {
  const source_ = literal(source, 'utf8')
  const extracts = groupsOf(source).map(group =>
    call('regexp_extract', column, source_, literal(BigInt(group), 'int64')),
  )
  return [call('regexp_matches', column, source_), ...extracts]
}

test('a group that is repeated keeps what it took last, as in RE2 and Perl', () => {
  const last = (source: string, one: string, group: number) => matchGroup(parsePattern(source), one, group)
  assert.equal(last('(?:(a)|(b))+', 'ab', 1), 'a')
  assert.equal(last('(?:(a)|(b))+', 'ab', 2), 'b')
  assert.equal(last('(?:x(.))*', 'xaxb', 1), 'b')
})

test('what matters in practice', () => {
  const extract = (source: string, one: string, group: number) => matchGroup(parsePattern(source), one, group)
  const url = 'https://www.nexmark.com/a/b/item.htm?query=1&channel_id=1744830464'
  assert.equal(extract('(&|^)channel_id=([^&]*)', url, 2), '1744830464')
  assert.equal(extract('(&|^)channel_id=([^&]*)', 'https://www.nexmark.com/?channel=2', 2), undefined)
  assert.equal(extract('^(\\d{4})-(\\d\\d)-(\\d\\d)$', '2026-11-28', 2), '11')
  assert.equal(extract('[\\w.]+@([\\w.]+)\\.(com|org)', 'to: j.doe@mail.example.org', 1), 'mail.example')
  assert.equal(extract('[]a-]+', 'b]-a', 0), ']-a')
})

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['(?=a)', 'LDB-1001', /begins with \(\? at position 2/],
  ['(?i)a', 'LDB-1001', /position 2/],
  ['a\\b', 'LDB-1001', /\\b at position 3/],
  ['(a)\\1', 'LDB-1001', /\\1 at position 5/],
  ['日\\pL', 'LDB-1001', /\\p at position 3/],
  ['(a*)*', 'LDB-1001', /may match nothing at position 1/],
  ['a++', 'LDB-1001', /gives nothing back at position 3/],
  ['a{2}{3}', 'LDB-1001', /a repetition of a repetition at position 1/],
  ['^*', 'LDB-1001', /a repeated anchor at position 1/],
  ['[[:alpha:]]', 'LDB-1001', /a class by name at position 2/],
  ['a{1001}', 'LDB-1001', /more than 1000 times/],
  ['[^\\d\\D]', 'LDB-1001', /a class of nothing at position 1/],
  ['x'.repeat(PATTERN_POINTS_MAX + 1), 'LDB-1001', /more than 1000 code points/],
  ['(a', 'LDB-1002', /a \( that nothing closes at position 1/],
  ['a)', 'LDB-1002', /a \) that closes nothing at position 2/],
  ['[a', 'LDB-1002', /a \[ that nothing closes at position 1/],
  ['[z-a]', 'LDB-1002', /ends before it begins at position 2/],
  ['a|*', 'LDB-1002', /a repetition of nothing at position 3/],
  ['a{3,2}', 'LDB-1002', /from more to fewer/],
  ['a\\', 'LDB-1002', /the end of the pattern at position 3/],
  ['\\x{110000}', 'LDB-1002', /no code point/],
]

const isRefusal =
  (code: string, reason: RegExp) =>
  (error: unknown): boolean =>
    error instanceof MillraceError && error.code === code && reason.test(error.reason)

test('what is not supported, or no pattern, is refused with its position', () => {
  for (const [source, code, reason] of refused) {
    assert.throws(() => parsePattern(source), isRefusal(code, reason), source)
  }
})

test('patterns that need too much room are refused', () => {
  const tables = (source: string) => automatonOf(programOf(parsePattern(source).root, 0))
  assert.throws(() => tables('[ab]{12}a'), isRefusal('LDB-1001', /more than 256 states/))
  assert.throws(() => tables('(?:[^a]{20}){20}'), isRefusal('LDB-1001', /more than 2000 places/))
  assert.equal(tables('(?:a?){990}').before.length, 4)
  assert.ok(tables('a[ab]{12}').before.length < STATES_MAX)
})

test('a range of code points is the bytes of all of them and no others', () => {
  const ranges = fc.tuple(fc.integer({ max: 0x10ffff, min: 0 }), fc.integer({ max: 0x10ffff, min: 0 }))
  fc.assert(
    fc.property(ranges, fc.integer({ max: 0x10ffff, min: 0 }), ([a, b], other) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)]
      const sequences = byteSequences([[first, last]])
      for (const point of [first, last, other, first + 1, last - 1]) {
        if (point > 0x10ffff || point < 0 || (point >= 0xd800 && point <= 0xdfff)) continue
        const bytes = [...Buffer.from(String.fromCodePoint(point))]
        const holds = sequences.filter(
          spans =>
            spans.length === bytes.length &&
            spans.every(([from, to], i) => from <= bytes[i] && bytes[i] <= to),
        )
        assert.equal(holds.length, Number(first <= point && point <= last), `${point} in ${first}-${last}`)
      }
    }),
    { numRuns: runs(500), ...sameSeed },
  )
})
