/** What moves a watermark, and when: rows, marked rows, batches. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, type SourceOptions, source, t, tumble } from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'

after(closeNativeCompiler)

type Options = SourceOptions<'at', 'isEnd'>

/** What came out after each batch of times, and how many rows were late; a time below zero is a marker at that time. */
function run(options: Options, batches: readonly (readonly number[])[]) {
  const events = source('events', { at: t.timestamp('ms'), isEnd: t.bool }, { time: 'at', ...options })
  const query = compile(events.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() })))
  const steps: string[] = []
  const live = query.open(batch => {
    for (const { window_start, rows } of batch) steps[steps.length - 1] += ` ${window_start}:${rows}`
  })
  for (const batch of batches) {
    steps.push('')
    live.push(batch.map(time => ({ at: BigInt(Math.abs(time)), isEnd: time < 0 })) as never)
  }
  steps.push('')
  live.end()
  return { steps: steps.map(step => step.trim()), late: live.counters.late }
}

const BATCHES = [
  [1, 12, 3, 25],
  [4, 14, 31],
]

test('behind each row: rows are late by rows of their own batch', () => {
  assert.deepEqual(run({}, BATCHES), { steps: ['0:1 10:1', '20:1', '30:1'], late: 3n })
})

test('behind each batch: no row is late by one of its own batch', () => {
  assert.deepEqual(run({ watermarkMoves: 'batch' }, BATCHES), {
    steps: ['0:2 10:1', '20:1', '30:1'],
    late: 2n,
  })
})

test('behind marked rows only, also by batches', () => {
  const marked = [
    [1, 12, 3, 40],
    [4, -20, 14, -25],
    [22, -30],
  ]
  assert.deepEqual(run({ marker: 'isEnd' }, marked), {
    steps: ['', '0:3 10:1', '20:3', '30:1 40:1'],
    late: 1n,
  })
  assert.deepEqual(run({ marker: 'isEnd', watermarkMoves: 'batch' }, marked), {
    steps: ['', '0:3 10:2', '20:3', '30:1 40:1'],
    late: 0n,
  })
})

test('markers that cannot be are refused where the source is declared', () => {
  const columns = { at: t.timestamp('ms'), n: t.int64 }
  const refused = (code: string, marker: string): void =>
    assert.throws(
      () => source('events', columns, { time: 'at', marker: marker as never }),
      (error: unknown) => error instanceof MillraceError && error.code === code,
    )
  refused('LDB-1100', 'end')
  refused('LDB-1200', 'n')
})
