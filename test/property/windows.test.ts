/** Laws of windows that need no model: what must not matter, and windows that are made of others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  cumulate,
  type GroupedWindow,
  hop,
  session,
  source,
  type TumblingWindow,
  t,
  tumble,
} from '../../compiler/index.ts'
import { outcome } from '../support/outcome.ts'
import { runs, sameSeed } from '../support/runs.ts'

const LAG_MS = 20

const events = source(
  'events',
  { at: t.timestamp('ms'), key: t.utf8, n: t.int64 },
  { time: 'at', outOfOrderness: `${LAG_MS}ms` },
)

type Event = { readonly at: bigint; readonly key: string; readonly n: bigint }
/** All are grouped alike. */
type Tumbling = ReturnType<typeof tumblingOf>
const tumblingOf = (windows: TumblingWindow<'at'>) => events.window(windows)
type Windows = TumblingWindow<'at'> | GroupedWindow<'at'>

/** In order of time, and in an order in which none is more than the lag behind another that came before it. */
const streams: fc.Arbitrary<{ readonly sorted: readonly Event[]; readonly mixed: readonly Event[] }> = fc
  .array(
    fc.record({
      step: fc.nat(9),
      lag: fc.nat(LAG_MS),
      key: fc.constantFrom('a', 'b', 'c'),
      n: fc.integer({ min: -9, max: 9 }),
    }),
    { maxLength: 80, size: 'max' },
  )
  .map(drawn => {
    let at = -100
    const events = drawn.map(({ step, lag, key, n }) => {
      at += step
      return { comes: at + lag, event: { at: BigInt(at), key, n: BigInt(n) } }
    })
    return {
      sorted: events.map(({ event }) => event),
      mixed: events.toSorted((a, b) => a.comes - b.comes).map(({ event }) => event),
    }
  })

function resultsOf(windows: Windows, rows: readonly Event[]): readonly Readonly<Record<string, unknown>>[] {
  const tumbling = (windows.kind === 'tumble'
    ? tumblingOf(windows)
    : events.window(windows)) as unknown as Tumbling
  const { found, late } = outcome(
    tumbling
      .groupBy('key')
      .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), least: a.min(f.n), bits: a.bitXor(f.n) })),
    rows,
  )
  assert.equal(late, 0n)
  return found
}

const textOf = (row: Readonly<Record<string, unknown>>): string => Object.values(row).join(' ')
const texts = (rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  rows.map(textOf).toSorted()

const every = (law: (stream: { sorted: readonly Event[]; mixed: readonly Event[] }) => void): void =>
  fc.assert(fc.property(streams, law), { numRuns: runs(60), ...sameSeed })

const kinds: Readonly<Record<string, Windows>> = {
  tumbling: tumble('at', '10ms', '3ms'),
  hopping: hop('at', '25ms', '10ms'),
  cumulating: cumulate('at', '30ms', '10ms', '-7ms'),
  session: session('at', '7ms'),
}

for (const [kind, windows] of Object.entries(kinds)) {
  test(`${kind} windows: the order of rows within the out-of-orderness does not matter`, () =>
    every(({ sorted, mixed }) => {
      assert.deepEqual(texts(resultsOf(windows, mixed)), texts(resultsOf(windows, sorted)))
    }))
}

test('hopping windows whose slide is their size are tumbling ones, in the same order', () =>
  every(({ mixed }) => {
    assert.deepEqual(resultsOf(hop('at', '10ms', '10ms'), mixed), resultsOf(tumble('at', '10ms'), mixed))
  }))

test('a hopping window is the sum of the tumbling windows that it is made of', () =>
  every(({ mixed }) => {
    const parts = resultsOf(tumble('at', '5ms'), mixed)
    for (const { window_start, window_end, key, rows, sum } of resultsOf(hop('at', '20ms', '5ms'), mixed)) {
      const inside = parts.filter(
        part =>
          part.key === key &&
          (part.window_start as number) >= (window_start as number) &&
          (part.window_end as number) <= (window_end as number),
      )
      const total = (name: string): bigint => inside.reduce((a, part) => a + (part[name] as bigint), 0n)
      assert.deepEqual([rows, sum], [total('rows'), total('sum')])
    }
  }))

test('the last of the cumulating windows with one start is the tumbling one', () =>
  every(({ mixed }) => {
    const whole = resultsOf(cumulate('at', '30ms', '10ms'), mixed).filter(
      ({ window_start, window_end }) => (window_end as number) - (window_start as number) === 30,
    )
    assert.deepEqual(texts(whole), texts(resultsOf(tumble('at', '30ms'), mixed)))
  }))

test('sessions of a key are a gap apart or more, and every row is in one', () =>
  every(({ mixed }) => {
    const sessions = resultsOf(session('at', '7ms'), mixed)
    for (const key of new Set(mixed.map(event => event.key))) {
      const own = sessions.filter(one => one.key === key)
      const inOrder = own.toSorted((a, b) => (a.window_start as number) - (b.window_start as number))
      for (const [i, { window_start }] of inOrder.slice(1).entries())
        assert.ok((window_start as number) >= (inOrder[i].window_end as number))
      const rows = own.reduce((count, one) => count + Number(one.rows), 0)
      assert.equal(rows, mixed.filter(event => event.key === key).length)
    }
  }))
