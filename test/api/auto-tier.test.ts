/** `tier: 'auto'`: what the policy advises, and that a plan which has earned it goes on natively with its state. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compile, PlanCache } from '../../compiler/index.ts'
import { TierPolicy } from '../../compiler/tier-policy.ts'
import type { Tier } from '../../ir/abi.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { eventBatch, eventsFrom, settle, small, sumLines, sums } from './kit.ts'

/** Windows of 10 ms, each with the nanoseconds per row that a tier took in it. */
function told(policy: TierPolicy, ...windows: readonly (readonly [Tier, number])[]): TierPolicy {
  let [rows, ms] = [0, 0]
  for (const [tier, nsPerRow] of windows) {
    policy.observe(tier, rows, ms)
    rows += 1e7 / nsPerRow
    ms += 10
    policy.observe(tier, rows, ms)
  }
  return policy
}
const many = <T>(n: number, one: T): readonly T[] => Array.from({ length: n }, () => one)

test('a plan earns native code by the time that it takes, and JavaScript is measured when it has settled', () => {
  const policy = told(new TierPolicy(), ...many(4, ['js', 100] as const))
  assert.deepEqual([policy.hasEarned, policy.mayTry, policy.verdict], [false, true, undefined])
  const warming = told(new TierPolicy(), ['js', 9000], ['js', 4000], ['js', 1000], ['js', 400], ['js', 200])
  assert.deepEqual([warming.hasEarned, warming.mayTry], [true, false])
  const never = told(
    new TierPolicy(),
    ...Array.from({ length: 100 }, (_, i) => ['js', 1e6 * 0.8 ** i] as const),
  )
  assert.equal(never.mayTry, true)
})

test('native code stays where it is the faster, and goes where it is not', () => {
  const js = many(6, ['js', 100] as const)
  assert.equal(told(new TierPolicy(), ...js, ...many(2, ['native', 50] as const)).verdict, undefined)
  assert.equal(told(new TierPolicy(), ...js, ...many(3, ['native', 50] as const)).verdict, 'native')
  assert.equal(told(new TierPolicy(), ...js, ...many(3, ['native', 97] as const)).verdict, 'js')
})

test('time without rows makes no figure', () => {
  const policy = new TierPolicy()
  policy.observe('js', 0, 0)
  policy.observe('js', 0, 500)
  assert.equal(policy.mayTry, false)
})

const skip = nativeUnavailable

/** Pushes batches until the query runs on the tier, giving the event loop its turns; counts them. */
async function pushUntil(
  live: { push(rows: never): void; readonly tier: Tier },
  wanted: Tier,
): Promise<number> {
  const rows = eventsFrom(0, 5000)
  for (let n = 1; n <= 4000; n++) {
    live.push(eventBatch(rows.map(row => ({ ...row, at: row.at + BigInt(n * 5000) }))) as never)
    if (live.tier === wanted) return n
    await settle()
  }
  return assert.fail(`it never ran on ${wanted}`)
}

test('a plan that works long enough goes on natively, and loses nothing', { skip }, async () => {
  const query = compile(sums, { limits: { ...small, batchRows: 4096 }, cache: new PlanCache() })
  const found: string[] = []
  const live = query.open(batch => found.push(...sumLines(batch)))
  assert.equal(live.tier, 'js')
  const batches = await pushUntil(live as never, 'native')
  live.end()
  const expected = Array.from({ length: batches }, (_, n) =>
    eventBatch(eventsFrom(0, 5000).map(row => ({ ...row, at: row.at + BigInt((n + 1) * 5000) }))),
  )
  const whole = await query.run(expected, { tier: 'js' }).collect()
  assert.deepEqual(found, sumLines(whole))
})

test('a restarted program begins with the native code that is on disk', { skip }, async () => {
  const before = process.env.MILLRACE_CACHE
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  process.env.MILLRACE_CACHE = folder
  try {
    const rows = eventsFrom(0, 10)
    const open = () => compile(sums, { limits: small, cache: new PlanCache() }).open(() => {}, {})
    const first = compile(sums, { limits: small, cache: new PlanCache() }).open(() => {}, { tier: 'native' })
    assert.equal(await first.warm(rows), 'native')
    const second = open()
    second.push(rows)
    assert.equal(second.tier, 'native')
    process.env.MILLRACE_CACHE = 'off'
    const third = open()
    third.push(rows)
    assert.equal(third.tier, 'js')
  } finally {
    process.env.MILLRACE_CACHE = before
    rmSync(folder, { recursive: true })
  }
})

test('a plan that stays in JavaScript is not asked again', { skip }, async () => {
  const query = compile(sums, { limits: small, cache: new PlanCache() })
  await query.tiers().native(query.compilation.program.pipelines[0], 'core')
  const live = query.open(() => {}, { tier: 'js' })
  live.push(eventsFrom(0, 10))
  assert.equal(live.tier, 'js')
})
