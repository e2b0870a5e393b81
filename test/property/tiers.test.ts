/** Plans that change their tier between batches, and plans that lose their native code: state stays where it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, PlanCache, type Pushable, tumble } from '../../compiler/index.ts'
import { CORE } from '../../compiler/tiers.ts'
import type { Tier } from '../../ir/abi.ts'
import type { BatchShape } from '../../ir/physical/program.ts'
import { eventBatch, events, eventsFrom, hasCode, settle, small, sumLines, sums } from '../api/kit.ts'
import { trialsOn } from '../gen/trials.ts'
import { backends, nativeUnavailable } from '../support/backends.ts'
import { encodeTexts } from '../support/dictionaries.ts'
import { assertTrials } from '../support/trials.ts'

const skip = nativeUnavailable

const changes = (tiers: readonly Tier[]): fc.Arbitrary<readonly Tier[]> =>
  fc.array(fc.constantFrom(...tiers), { minLength: 2, maxLength: 5 })

test('model = any change between the interpreter and JavaScript', () =>
  assertTrials(trialsOn(changes(['interp', 'js'])), 40))

test('model = any change between all tiers', { skip }, () =>
  assertTrials(trialsOn(changes(backends.map(({ name }) => name))), 20),
)

/** Three batches, the windows of which reach from one into the next. */
const plain = [0, 25, 50].map(from => eventsFrom(from, 25))
/** The same, the second one in another shape. */
const mixed: readonly Pushable[] = [plain[0], encodeTexts(eventBatch(plain[1])), plain[2]]

/** The same sums by a plan that no process has compiled yet, hence no cache knows: a divisor is part of its code. */
const newSums = events
  .where(f => f.n.div(process.pid).ge(0))
  .window(tumble('at', '10ms'))
  .groupBy('key')
  .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))

/** Sums over the three batches, opened on a tier; `ends` checks that nothing was lost. */
function open(tier: Tier, plan: typeof sums = sums) {
  const query = compile(plan, { limits: small, cache: new PlanCache(0) })
  const [codes, found]: [string[], string[]] = [[], []]
  const live = query.open(batch => found.push(...sumLines(batch)), {
    tier,
    onDiagnostic: ({ code }) => codes.push(code),
  })
  const ends = async (): Promise<void> => {
    live.end()
    const whole = await compile(sums, { limits: small }).run(plain.flat()).collect()
    assert.deepEqual(found, sumLines(whole))
  }
  /** Native code of a part of this query can be made, but not be linked. */
  const spoil = async (part: typeof CORE | BatchShape): Promise<void> => {
    const [pipeline] = query.compilation.program.pipelines
    const compiled = await query.tiers().native(pipeline, part)
    compiled.release()
  }
  return { query, live, codes, ends, spoil }
}

test('native code that cannot be linked: LDB-8015, and the plan goes on in JavaScript', {
  skip,
}, async () => {
  const { live, codes, ends, spoil } = open('js')
  await spoil(CORE)
  live.push(plain[0])
  live.switchTo('native')
  assert.equal(await live.warm(plain[1]), 'js')
  live.push(plain[1])
  live.push(plain[2])
  assert.equal(live.tier, 'js')
  assert.deepEqual(codes, ['LDB-8015'])
  await ends()
})

test('native code that fails for a later shape: the plan leaves the native tier as a whole', {
  skip,
}, async () => {
  const { query, live, codes, ends, spoil } = open('native')
  const [{ columns }] = query.compilation.program.pipelines
  await spoil({
    dictionaries: columns.flatMap(({ slot, dictionary }) => (dictionary ? [slot] : [])),
    dense: true,
  })
  assert.equal(await live.warm(mixed[0]), 'native')
  live.push(mixed[0])
  assert.equal(await live.warm(mixed[1]), 'js')
  live.push(mixed[1])
  live.push(mixed[2])
  assert.equal(live.tier, 'js')
  assert.deepEqual(codes, ['LDB-8015'])
  await ends()
})

test('a compiler that dies on the way: the plan goes on, and native code can be asked for again', {
  skip,
}, async () => {
  const { live, codes, ends } = open('native', newSums)
  live.push(plain[0])
  await closeNativeCompiler()
  await settle()
  assert.deepEqual([live.tier, ...codes], ['js', 'LDB-8015'])
  live.push(plain[1])
  live.switchTo('native')
  assert.equal(await live.warm(plain[2]), 'native')
  live.push(plain[2])
  await ends()
})

test('a machine without LLVM: LDB-8016, once', async () => {
  const { live, codes, ends } = open('interp')
  const before = process.env.MILLRACE_LLVM
  process.env.MILLRACE_LLVM = 'off'
  live.push(plain[0])
  assert.equal(live.switchTo('native'), 'js')
  assert.equal(await live.warm(plain[1]), 'js')
  if (before === undefined) delete process.env.MILLRACE_LLVM
  else process.env.MILLRACE_LLVM = before
  live.push(plain[1])
  live.push(plain[2])
  assert.deepEqual(codes, ['LDB-8016'])
  await ends()
})

test('native code that comes when it is no longer wanted waits until it is', { skip }, async () => {
  const { query, live, codes, ends } = open('native')
  live.push(plain[0])
  assert.equal(live.switchTo('interp'), 'interp')
  const tiers = query.tiers()
  const [pipeline] = query.compilation.program.pipelines
  for (const part of [CORE, { dictionaries: [], dense: true }] as const) await tiers.native(pipeline, part)
  await settle()
  assert.equal(live.tier, 'interp')
  live.push(plain[1])
  assert.equal(live.switchTo('native'), 'native')
  live.push(plain[2])
  assert.deepEqual(codes, [])
  await ends()
})

test('a tier that does not exist, a query that is closed or busy', () => {
  const { live } = open('js')
  assert.throws(() => live.switchTo('llvm' as never), hasCode('LDB-0001', /tier is 'llvm'/))
  const busy = compile(sums, { limits: small }).open(() => busy.switchTo('interp'))
  assert.throws(() => busy.push(plain.flat()), hasCode('LDB-5004', /a callback may not/))
  live.close()
  assert.throws(() => live.switchTo('interp'), hasCode('LDB-0004'))
})
