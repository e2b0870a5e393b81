/** Every limit of a plan instance: what may be asked for, and what happens when it is reached. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordBatch } from 'apache-arrow'
import {
  type Columns,
  type CompiledQuery,
  compile,
  type LdbCode,
  type Limits,
  MillraceError,
  type Stream,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { resolveLimits } from '../../runtime/memory/limits.ts'
import { type ModelRow, runModel } from '../model/model.ts'
import { textOf } from '../support/engine.ts'
import { type EventRow, event, events, eventsFrom, hasCode, lines, positive, small, sums } from './kit.ts'

const names = Object.keys(resolveLimits()) as (keyof Limits)[]

for (const name of names) {
  test(`limit ${name} takes whole numbers in its range and nothing else`, () => {
    const bad: readonly unknown[] = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40, '64', 64n, {}]
    for (const value of bad) {
      assert.throws(
        () => compile(positive, { limits: { [name]: value } as never }),
        hasCode('LDB-0001', RegExp(`limit ${name} = .* is not a whole number from \\d+ to \\d+`)),
      )
    }
    assert.equal(resolveLimits({ [name]: undefined } as never)[name], resolveLimits()[name])
  })
}

test('an unknown limit is refused, and the limits are told', () => {
  const message = new RegExp(`no limit 'rowsMax'(?:.|\\n)*${names.join(', ')}`)
  assert.throws(() => compile(positive, { limits: { rowsMax: 1 } as never }), hasCode('LDB-0001', message))
  assert.throws(() => compile(positive, { limits: { toString: 1 } as never }), hasCode('LDB-0001'))
})

test('defaults are inside their own range', () => {
  assert.deepEqual(resolveLimits(resolveLimits()), resolveLimits())
})

/** A live query beside the model, which is fed exactly the rows that the query says it took. */
class Compared {
  readonly rows: string[] = []
  readonly #plan: Stream<Columns>
  readonly #taken: EventRow[] = []
  readonly live

  constructor(plan: Stream<never>, limits: Partial<Limits>) {
    this.#plan = plan as unknown as Stream<Columns>
    const query: CompiledQuery<Columns> = compile(this.#plan, { limits: { ...small, ...limits } })
    this.live = query.open((batch: RecordBatch) => {
      this.rows.push(...rowsOf(query.schema, batch).map(row => textOf(row as ModelRow)))
    })
  }

  /** Pushes rows that all fit. */
  takes(rows: readonly EventRow[]): void {
    this.live.push(rows)
    this.#taken.push(...rows)
  }

  /** Pushes rows of which only some fit; says how many. */
  meets(code: LdbCode, message: RegExp, rows: readonly EventRow[]): number {
    const before = this.live.counters.rowsIn
    assert.throws(() => this.live.push(rows), hasCode(code, message))
    const taken = Number(this.live.counters.rowsIn - before)
    this.#taken.push(...rows.slice(0, taken))
    return taken
  }

  /** Everything that came out is what the model says. */
  ends(): void {
    this.live.end()
    const model = runModel(this.#plan.node, this.#taken as unknown as ModelRow[])
    assert.deepEqual(this.rows, model.rows.map(textOf))
    assert.equal(this.live.counters.rowsIn, BigInt(this.#taken.length))
  }
}

/** Sums of rows whose n is positive; others only move time: the row that closes a window may need room itself. */
const sumsOfPositive = positive
  .window(tumble('at', '10ms'))
  .groupBy('key')
  .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
const tick = (at: number): EventRow[] => [event(at, 'tick', 0)]

const keyed = (from: number, at: number, count: number, text = 'k'): EventRow[] =>
  Array.from({ length: count }, (_, i) => event(at, `${text}${from + i}`, i + 1))

test('stateRows: too many groups are LDB-8013, what was taken stays, existing groups go on', () => {
  for (const limits of [
    { stateRows: 16 },
    { stateRows: 31, batchRows: 5 },
    { stateRows: 16, budgetRows: 1 },
  ]) {
    const one = new Compared(sumsOfPositive as never, limits)
    one.takes(keyed(0, 1, 10))
    assert.equal(one.meets('LDB-8013', /state 'groups' needs(?:.|\n)*stateRows/, keyed(5, 2, 40)), 11)
    one.takes(keyed(0, 3, 16))
    assert.equal(
      one.meets('LDB-8013', /stateRows/, [...keyed(0, 4, 2), ...keyed(16, 4, 1), ...keyed(0, 4, 1)]),
      2,
    )
    assert.equal(one.meets('LDB-8013', /stateRows/, keyed(3, 10, 1)), 0)
    one.takes(tick(10))
    one.takes(keyed(3, 10, 16))
    one.takes(tick(25))
    one.takes(keyed(300, 25, 16))
    one.ends()
  }
})

test('stateRows: too many open windows are LDB-8013, and there is room when they have closed', () => {
  const slow = source(
    'events',
    { at: t.timestamp('ms'), key: t.utf8, n: t.int64, note: t.utf8.orNull },
    { time: 'at', outOfOrderness: '1s' },
  )
  const plan = slow.window(tumble('at', '10ms')).agg((f, a) => ({ sum: a.sum(f.n), rows: a.count() }))
  const one = new Compared(plan as never, { stateRows: 16 })
  const spread = Array.from({ length: 20 }, (_, i) => event(i * 10))
  assert.equal(one.meets('LDB-8013', /state '(groups|windows)' needs/, spread), 16)
  one.takes(spread.slice(0, 16))
  one.takes([event(150), event(155)])
  assert.equal(one.meets('LDB-8013', /needs/, [event(9000)]), 0)
  one.live.advanceTo(80n)
  assert.equal(one.rows.length, 8)
  one.live.close()
})

test('stateRows is rounded down to a power of two', () => {
  const one = new Compared(sums as never, { stateRows: 63 })
  assert.equal(one.meets('LDB-8013', /32 is its limit/, keyed(0, 1, 64)), 32)
  one.ends()
})

const longKeys = (at: number, count: number, bytes: number, name = ''): EventRow[] =>
  Array.from({ length: count }, (_, i) => event(at, `${name}${at}-${i}`.padEnd(bytes, 'x')))

test('stateBytes: texts of closed windows are swept, so that distinct texts may come for ever', () => {
  for (const limits of [{ stateBytes: 2048 }, { stateBytes: 2048, budgetRows: 3, batchRows: 7 }]) {
    const one = new Compared(sums as never, limits)
    for (let window = 0; window < 150; window++) one.takes(longKeys(window * 10, 8, 40 + (window % 50)))
    one.ends()
  }
})

test('stateBytes: texts that a group held and gave up are swept', () => {
  const plan = events.groupBy('key').agg((f, a) => ({
    last: a.last(f.note),
    first: a.first(f.note),
    least: a.min(f.note),
    most: a.max(f.note),
  }))
  const one = new Compared(plan as never, { stateBytes: 512, stateRows: 32 })
  for (let i = 0; i < 60; i++) {
    const note = (n: number): string | null =>
      n % 7 === 3 ? null : `${(n * 7919) % 1000} note ${n}`.padEnd(30, '.')
    one.takes(Array.from({ length: 10 }, (_, j) => event(i * 10 + j, 'ab'[j % 2], 1, note(i * 10 + j))))
  }
  one.ends()
})

test('stateBytes: too many live texts are LDB-8013, and there is room when their windows have closed', () => {
  const one = new Compared(sumsOfPositive as never, { stateBytes: 1024 })
  const taken = one.meets('LDB-8013', /state 'texts'(?:.|\n)*stateBytes/, longKeys(1, 40, 60))
  assert.equal(taken, 17)
  one.takes(longKeys(1, 17, 60))
  one.takes([event(1, 'abc'), event(2, '')])
  assert.equal(one.meets('LDB-8013', /texts/, longKeys(1, 1, 1100)), 0)
  one.takes(tick(15))
  one.takes(longKeys(15, 10, 60, 'next'))
  one.takes(tick(25))
  one.takes(longKeys(25, 17, 60, 'last'))
  one.ends()
})

test('stateBytes: a row whose text finds no room leaves no group behind', () => {
  const windowed = events.window(tumble('at', '10ms')).groupBy('n')
  const plans = [
    windowed.agg((f, a) => ({ rows: a.count(), held: a.first(f.note) })),
    windowed.agg((f, a) => ({ rows: a.count(), held: a.last(f.note) })),
    windowed.agg((f, a) => ({ rows: a.count(), held: a.min(f.note) })),
    windowed.agg((f, a) => ({ rows: a.count(), held: a.max(f.note) })),
  ]
  for (const plan of plans) {
    const one = new Compared(plan as never, { stateBytes: 256 })
    one.takes([event(1, '', 1, 'a')])
    assert.equal(one.meets('LDB-8013', /texts/, [event(2, '', 2, 'x'.repeat(300))]), 0)
    one.takes([event(3, '', 3, 'b')])
    one.ends()
  }
})

test('a text of exactly stateBytes fits, one byte more never does', () => {
  const one = new Compared(sumsOfPositive as never, { stateBytes: 256 })
  one.takes([event(1, 'x'.repeat(256))])
  assert.equal(one.meets('LDB-8013', /texts/, [event(2, 'y')]), 0)
  one.takes([...tick(11), event(11, 'z'.repeat(256)), ...tick(21), event(21, 'w'.repeat(256)), ...tick(30)])
  assert.equal(one.meets('LDB-8013', /texts/, [event(35, 'v'.repeat(257))]), 0)
  one.ends()
})

const doubled = events.select(f => ({ key: f.key, text: f.note.concat('-').concat(f.note) }))

test('scratchBytes: a computed text that is too large is LDB-8014 behind the rows before it', () => {
  const one = new Compared(doubled as never, { scratchBytes: 100 })
  const rows = ['a', 'bb', null, 'c'.repeat(60), 'd'].map((note, i) => event(i, `k${i}`, i, note))
  assert.equal(one.meets('LDB-8014', /larger than the limit scratchBytes/, rows), 3)
  one.takes(rows.slice(4))
  one.takes([event(9, 'nothing', 9, null)])
  assert.equal(one.meets('LDB-8014', /scratchBytes/, [event(10, 'null first', 1, null), rows[3], rows[4]]), 1)
  one.takes(rows.slice(0, 3))
  one.ends()
})

test('scratchBytes: nothing is computed of a row that a filter dropped', () => {
  const plan = positive.groupBy().agg((f, a) => ({ bytes: a.sum(f.key.concat(f.key).length()) }))
  const one = new Compared(plan as never, { scratchBytes: 64 })
  one.takes([event(1, 'abc'), event(2, 'x'.repeat(100), 0), event(3, 'de')])
  one.ends()
})

test('scratchBytes: texts that together are too large are handed out in pieces', () => {
  const one = new Compared(doubled as never, { scratchBytes: 100 })
  one.takes(Array.from({ length: 50 }, (_, i) => event(i, `k${i}`, i, `note ${i}`.repeat(1 + (i % 4)))))
  one.ends()
})

test('columnBytes: a longer value is LDB-8014 before anything was taken; longer columns come in pieces', () => {
  const one = new Compared(sums as never, { columnBytes: 64 })
  one.takes(longKeys(1, 30, 33))
  assert.equal(
    one.meets('LDB-8014', /column 'key' has a value of 65 bytes in row 2(?:.|\n)*columnBytes, which is 64/, [
      ...longKeys(2, 2, 64),
      ...longKeys(2, 1, 65),
    ]),
    0,
  )
  one.takes(longKeys(2, 2, 64))
  one.ends()
})

test('columnBytes: the parameters of a plan together', () => {
  const plan = events.filter((f, p) => f.key !== p.a && f.key !== p.b, { a: 'x', b: 'y' })
  const query = compile(plan, { limits: { ...small, columnBytes: 64 } })
  query.open(() => {}, { params: { a: 'a'.repeat(32), b: 'b'.repeat(32) } })
  const params = { a: 'a'.repeat(32), b: 'b'.repeat(33) }
  assert.throws(
    () => query.open(() => {}, { params }),
    hasCode('LDB-8014', /parameter 'b'(?:.|\n)*columnBytes/),
  )
})

test('memoryBytes: a plan that does not fit is LDB-8013 when it is opened', () => {
  const limits = { ...small, memoryBytes: 1 << 20, columnBytes: 1 << 20 }
  const query = compile(sums, { limits })
  const refused = hasCode('LDB-8013', /the plan needs \d+ bytes(?:.|\n)*raise the limit memoryBytes/)
  assert.throws(() => query.open(() => {}), refused)
  assert.throws(() => query.run([]), refused)
  compile(sums, { limits: { ...limits, memoryBytes: 16 << 20 } }).open(() => {})
})

test('memoryBytes: room for state is lowered until the plan fits', () => {
  const one = new Compared(sums as never, {
    memoryBytes: 2 << 20,
    stateRows: 1 << 20,
    batchRows: 64,
    outputRows: 64,
    dictionaryRows: 64,
    columnBytes: 1 << 14,
  })
  const keys = keyed(0, 1, 1 << 15)
  const taken = one.meets('LDB-8013', /state '(groups|texts)'/, keys)
  assert.ok(taken >= 256, `${taken} groups`)
  one.takes(keyed(0, 30, 10))
  one.ends()
})

test('one row at a time, in any of the three ways, gives what all rows at once give', async () => {
  const rows = eventsFrom(0, 57)
  const plan = sums.where(f => f.sum.gt(20)).select(f => ({ text: f.key.concat('!'), sum: f.sum }))
  const whole = lines(await compile(plan, { limits: small }).run(rows).collect(), 'text', 'sum')
  assert.equal(whole.length, 16)
  for (const limit of ['batchRows', 'outputRows', 'budgetRows', 'dictionaryRows'] as const) {
    const query = compile(plan, { limits: { ...small, [limit]: 1 } })
    assert.deepEqual(lines(await query.run(rows).collect(), 'text', 'sum'), whole, limit)
  }
})

test('limits that the layout depends on are part of the hash, others are not', () => {
  const hash = (limits: Partial<Limits>): string => compile(sums, { limits: { ...small, ...limits } }).hash
  for (const limit of ['batchRows', 'outputRows', 'dictionaryRows'] as const)
    assert.notEqual(hash({ [limit]: 17 }), hash({}))
  for (const limit of ['budgetRows', 'stateRows', 'columnBytes'] as const)
    assert.equal(hash({ [limit]: 64 }), hash({}))
})

test('a limit that is reached while results are under way ends the query, behind what was finished', () => {
  const plan = sums.groupBy('key', 'sum').agg((_f, a) => ({ rows: a.count() }))
  const seen: string[] = []
  const query = compile(plan, { limits: { ...small, stateRows: 16 } })
  const live = query.open(batch => seen.push(...lines(batch, 'key', 'sum', 'rows')))
  const push = (): void => {
    for (let window = 0; window < 10; window++) live.push(keyed(3 * window, 10 * window, 3))
  }
  assert.throws(push, hasCode('LDB-8013', /state 'groups'/))
  const dead = (error: unknown): boolean =>
    hasCode('LDB-0004', /failed before/)(error) && (error as Error).cause instanceof MillraceError
  assert.throws(() => live.push([event(1000)]), dead)
  assert.throws(() => live.end(), dead)
})

test('a run that reaches a limit ends with it, behind the results before it', async () => {
  const seen: string[] = []
  const rows = [...keyed(0, 1, 3), ...keyed(0, 10, 40), ...keyed(0, 20, 3)]
  const reading = async (): Promise<void> => {
    const run = compile(sums, { limits: { ...small, stateRows: 16 } }).run(rows)
    for await (const batch of run) seen.push(...lines(batch, 'key', 'sum'))
  }
  await assert.rejects(reading(), hasCode('LDB-8013'))
  assert.deepEqual(seen, ['k0 1', 'k1 2', 'k2 3'])
})
