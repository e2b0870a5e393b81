/** Aggregates over a few rows: what every back end and the model say, and what it must be. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type Columns, compile, type Stream, source, t, tumble } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'

after(closeNativeCompiler)

const columns = { at: t.timestamp('ms'), key: t.utf8, n: t.int64, u: t.uint64, x: t.float64, y: t.float64 }
const events = source('events', columns, { time: 'at' })

const row = (at: number, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  key: 'a',
  n: 1n,
  u: 1n,
  x: 1,
  y: 1,
  ...given,
})

/** The results, on which all have to agree. */
async function results(stream: unknown, rows: readonly ModelRow[]): Promise<unknown[]> {
  const plan = stream as Stream<Columns>
  await agrees(plan.node, rows)
  const found: unknown[] = []
  const live = compile(plan, { limits: smallLimits }).open(batch => {
    found.push(...Array.from(batch, one => one.toJSON()))
  })
  live.push(rows)
  live.end()
  return found
}

test('bits are joined from the first row of a group on, in every width, and nulls have no say', async () => {
  const joined = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => {
      const [small, wide, isLarge] = [f.n.cast(t.int8), f.u, f.n.gt(2)]
      return {
        all: a.boolAnd(isLarge),
        any: a.boolOr(isLarge),
        ofSome: a.boolAnd(isLarge.nullif(false)),
        common: a.bitAnd(small),
        some: a.bitOr(small),
        odd: a.bitXor(small),
        wide: a.bitAnd(wide),
        large: a.bitXor(wide, { where: isLarge }),
        never: a.bitOr(wide, { where: f.n.lt(-100) }),
      }
    })
  const top = 1n << 63n
  const rows = [
    row(1, { n: -1n, u: top + 3n }),
    row(2, { n: 6n, u: top + 6n }),
    row(3, { key: 'b', n: 3n }),
    row(11, { key: 'c', n: 0n, u: 0n }),
    row(12, { key: 'd', n: 3n, u: top }),
    row(31),
    row(32, { key: 'b', n: 5n, u: 2n }),
  ]
  const [first] = await results(joined, rows)
  assert.deepEqual(first, {
    window_start: 0,
    window_end: 10,
    key: 'a',
    all: false,
    any: true,
    ofSome: true,
    common: 6,
    some: -1,
    odd: -7,
    wide: top + 2n,
    large: top + 6n,
    never: null,
  })
})
