/** Whole queries over keys and texts of equal hash: nothing is different but the time it takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, type Limits, source, t, tumble } from '../../../compiler/index.ts'
import { rowsOf } from '../../../runtime/io/rows.ts'
import { type ModelRow, runModel } from '../../model/model.ts'
import { backends } from '../../support/backends.ts'
import { clashingLongs, clashingTexts, type Family, families } from '../../support/hash-model.ts'

const KEYS = 40
const TURNS = 3
const limits: Partial<Limits> = {
  memoryBytes: 32 << 20,
  columnBytes: 1 << 12,
  scratchBytes: 1 << 12,
  stateRows: 128,
  stateBytes: 1 << 12,
  budgetRows: 50,
}

const events = source(
  'events',
  { at: t.timestamp('ms'), id: t.int64, name: t.binary, n: t.int64 },
  { time: 'at' },
)

const plan = events
  .window(tumble('at', '50ms'))
  .groupBy('id', 'name')
  .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n), last: a.last(f.name) }))
const query = compile(plan, { limits })

function rowsFor(family: Family): readonly ModelRow[] {
  const names = clashingTexts(family, KEYS)
  const ids = clashingLongs(family, KEYS)
  return Array.from({ length: TURNS * KEYS }, (_, i) => ({
    at: BigInt(i >> 3),
    id: ids[(i * 7) % KEYS],
    name: names[(i * 7) % KEYS],
    n: BigInt(i),
  }))
}

for (const family of families) {
  test(`group keys of ${family} are told apart`, async () => {
    const rows = rowsFor(family)
    const wanted = runModel(plan.node, rows).rows
    assert.ok(wanted.length >= KEYS)
    for (const { name: tier } of backends) {
      const found: unknown[] = []
      const live = query.open(batch => found.push(...rowsOf(query.schema, batch)), { tier })
      if (tier === 'native') await live.warm(rows)
      live.push(rows)
      live.end()
      assert.deepEqual(found, wanted, tier)
    }
  })
}
