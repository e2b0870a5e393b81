/** Every query of the bench of Nexmark answers what DuckDB answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mismatches } from '../../bench/lib/answer.ts'
import { duckDbOver } from '../../bench/lib/duckdb.ts'
import { nexmarkCases } from '../../bench/nexmark/cases.ts'
import { feedOf } from '../../bench/nexmark/feed.ts'
import { answerOf } from '../../bench/nexmark/measure.ts'

const ROWS = 4096
const BATCH = 512

for (const spec of nexmarkCases) {
  test(`${spec.name}: ${spec.about}`, async () => {
    const feed = feedOf(spec, ROWS, BATCH)
    const expected = await (await duckDbOver(spec.sql, feed.tables)).answer()
    assert.ok(expected.length > 0)
    assert.equal(mismatches(expected, (await answerOf({ spec, tier: 'js', feed })) ?? []), 0)
  })
}
