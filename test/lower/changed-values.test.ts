/** Aggregates over changes that know all values of a group: what is left after some were taken back, and no trace of those. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type EmitOptions, tumble } from '../../compiler/index.ts'
import { lowerProgram } from '../../compiler/lower/program.ts'
import { agrees } from '../support/agrees.ts'
import { outcome, textsOf } from '../support/outcome.ts'
import { replay } from '../support/replay.ts'
import { runs, sameSeed } from '../support/runs.ts'
import { change, changed, netOf, rowsOf, streams, untimed } from '../support/small-changes.ts'
import { nodeOf } from '../support/small-streams.ts'

after(closeNativeCompiler)

const all = (stream: Pick<typeof untimed, 'groupBy'>, options: EmitOptions = {}) =>
  stream.groupBy('key').agg(
    (f, a) => ({
      least: a.min(f.x),
      greatest: a.max(f.x),
      some: a.max(f.n, { where: f.flag }),
      kinds: a.countDistinct(f.n),
      median: a.median(f.x),
      upper: a.quantileDisc(f.x, 0.75),
      often: a.mode(f.n),
    }),
    options,
  )

test('what changes come to is what the rows that are left come to, in any order', () =>
  fc.assert(
    fc.property(streams, fc.constantFrom('js' as const, 'interp' as const), (rows, tier) => {
      const found = outcome(all(untimed), rows, { tier }).found
      const net = outcome(all(untimed), netOf(rows).toReversed(), { tier }).found
      assert.deepEqual(textsOf(found).toSorted(), textsOf(net).toSorted())
      const told = outcome(all(untimed, { emit: 'changelog' }), rows, { tier }).found
      const closed = found.map(one => ({ ...one, $op: 0 }))
      assert.deepEqual([...replay(told)].toSorted(), [...replay(closed)].toSorted())
    }),
    { numRuns: runs(60), ...sameSeed },
  ))

test('over rows that are only added they come to the same, but for the sign of zero', () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    change(0, {
      key: 'ab'[i % 2],
      n: BigInt((i * 7) % 11),
      x: i % 13 === 0 ? Number.NaN : ((i * 31) % 17) - 8,
    }),
  )
  const plain = textsOf(outcome(all(rowsOf as never), rows).found)
  assert.deepEqual(textsOf(outcome(all(untimed), rows).found), plain)
})

test('zeros are one, and NaNs are one: what is taken back need not have the sign of what was added', async () => {
  const of = (...values: readonly (readonly [number, number])[]) => values.map(([op, x]) => change(op, { x }))
  const stream = all(untimed, { emit: 'changelog' })
  const zeros = of([0, -0], [0, 0], [1, -0], [1, 0], [0, -0], [2, 0], [0, 1], [0, -0], [1, 1])
  const last = outcome(stream, zeros).found.at(-1)
  assert.ok(Object.is(last?.least, 0) && Object.is(last?.greatest, 0))
  await agrees(nodeOf(stream), [...zeros, ...of([0, Number.NaN], [0, Infinity], [1, Number.NaN], [1, 0])])
})

test('texts come and go; what was given stays as it was while others take their place', async () => {
  const texts = untimed
    .groupBy('n')
    .agg((f, a) => ({ first: a.min(f.key), last: a.max(f.key), often: a.mode(f.key) }), { emit: 'changelog' })
  const word = (i: number): string => `word ${(i * 7) % 23} ${'x'.repeat(i % 9)}`
  const rows = Array.from({ length: 90 }, (_, i) => [
    change(0, { key: word(i), n: BigInt(i % 2) }),
    ...(i > 6 ? [change(1, { key: word(i - 6), n: BigInt(i % 2) })] : []),
  ]).flat()
  await agrees(nodeOf(texts), rows, { budgetRows: 1, outputRows: 1, stateRows: 64, stateBytes: 1024 })
})

test('what is not there cannot be taken back, and the row that would changes nothing', async () => {
  const stream = all(untimed, { emit: 'changelog' })
  const rows = [
    change(0, { n: 1n }),
    change(0, { n: 2n, x: 2 }),
    change(1, { n: 3n, x: 2 }),
    change(1, { n: 1n, x: 3 }),
    change(1, { n: 2n, x: 2, flag: false }),
    change(2, { n: 2n, x: 2 }),
    change(1, { n: 2n, x: 2 }),
  ]
  await agrees(nodeOf(stream), rows)
  const { found } = outcome(stream, rows)
  assert.equal(found.length, 5)
})

test('a group that is gone leaves nothing behind, though what took it back did not count', () => {
  const stream = untimed
    .groupBy('key')
    .agg((f, a) => ({ least: a.min(f.n, { where: f.flag }) }), { emit: 'changelog' })
  const rows = Array.from({ length: 400 }, (_, i) => [
    change(0, { n: BigInt(i) }),
    change(1, { n: BigInt(i), flag: false }),
  ]).flat()
  const { found, error } = outcome(stream, rows, { limits: { stateRows: 16 } })
  assert.equal(error, undefined)
  assert.deepEqual(textsOf(found.slice(-2)), ['a 399 0', 'a 399 1'])
})

test('equal values are kept once, however many aggregates ask for them', () => {
  const limits = { batchRows: 1, outputRows: 1, dictionaryRows: 1 }
  const { pipelines } = lowerProgram(nodeOf(all(untimed)), { limits, lenient: false })
  const trees = pipelines[0].growables.filter(({ name }) => name.startsWith('values'))
  assert.equal(trees.length, 3)
})

test('windows take values back while they are open', async () => {
  const stream = all(changed.window(tumble('at', '10ms')) as never, { lateness: '5ms' })
  const rows = Array.from({ length: 60 }, (_, i) => {
    const given = { at: BigInt(i * 100), n: BigInt(i % 3), x: (i % 5) - 2 }
    return [change(0, given), change(0, { ...given, x: 9 }), change(i % 2 === 0 ? 1 : 0, given)]
  }).flat()
  await agrees(nodeOf(stream), rows, { budgetRows: 1, outputRows: 1 })
})
