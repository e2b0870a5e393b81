/** Explain: golden texts of the examples after the stages that depend on the plan alone, and what every stage says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examples } from '../../bench/examples/index.ts'
import { compile, explainStages, PlanCache, source, t } from '../../compiler/index.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { checkGolden } from '../support/golden.ts'

const queries = new Map(Object.entries(examples).map(([name, stream]) => [name, compile(stream)]))
const queryOf = (name: string) => queries.get(name) ?? assert.fail(`there is no example ${name}`)

/** Code texts of a plan without state; those of tables are long and change with the libraries of the lowering. */
const codeOf = 'long-hauls'

for (const [name, query] of queries) {
  const stages = name === codeOf ? explainStages.slice(0, -2) : explainStages.slice(0, 3)
  for (const stage of stages) {
    test(`${name} after stage ${stage}`, async () => {
      checkGolden(`${name}/${stage}.txt`, await query.explain(stage))
    })
  }
}

for (const [name, query] of queries) {
  test(`${name} as a graph`, () => checkGolden(`${name}/graph.dot`, query.graph()))
}

test('the report is plain data that says what the texts say', () => {
  for (const query of queries.values()) {
    const report = query.report()
    const read = JSON.parse(JSON.stringify(report)) as typeof report
    assert.equal(read.hash, query.hash)
    assert.equal(read.logical.kind, 'sink')
    assert.equal(read.pipelines.length, query.compilation.program.pipelines.length)
    assert.deepEqual(Object.keys(read.limits).toSorted(), Object.keys(query.compilation.limits).toSorted())
  }
  const { native, parameters, optimised } = queryOf('long-hauls').report()
  assert.deepEqual(native, { possible: false, reason: "lower.text is the host's own, bit for bit" })
  assert.deepEqual(parameters.at(0), { name: 'miles', type: 'int64', value: '2000::int64' })
  assert.equal(optimised.inputs[0].language, 'javascript')
})

test('native stages show every kernel', { skip: nativeUnavailable }, async () => {
  const query = queryOf('busy-routes')
  const [llvm, assembly] = [await query.explain('llvm'), await query.explain('assembly')]
  for (const pipeline of query.compilation.program.pipelines) {
    for (const { name } of pipeline.kernels) {
      assert.match(llvm, new RegExp(`define i32 @kernel.${name}\\(`))
      assert.match(assembly, new RegExp(`^kernel.${name}:`, 'm'))
    }
  }
})

test('the summary says whose semantics an operator has, and why a plan is not native', () => {
  const summary = queryOf('long-hauls').explain()
  assert.match(summary, /filter .*-- JavaScript semantics/)
  assert.match(summary, /project .*-- JavaScript semantics/)
  assert.match(summary, /runs in JavaScript; natively not, because lower\.text is the host's own/)
  const sql = queryOf('late-flights').explain()
  assert.doesNotMatch(sql, /JavaScript semantics/)
})

test('a kernel that is too large for its compilers is told', () => {
  const numbers = source('numbers', { x: t.float64 })
  const wide = numbers.select(n =>
    Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`c${i}`, n.x.mul(i).add(1)])),
  )
  const summary = compile(wide).explain()
  assert.match(summary, /push_nulls \(\d+ statements; too large for V8 to optimise/)
  assert.match(summary, /natively not, because/)
})

test('a plan tells whether the caches have it', () => {
  const cache = new PlanCache()
  const [first, second] = [1, 2].map(() => compile(examples['late-flights'], { cache }))
  assert.equal(first.report().cache.plan, 'miss')
  assert.equal(second.report().cache.plan, 'hit')
  assert.match(first.explain(), /new to the plan cache/)
  assert.match(second.explain(), /was in the plan cache/)
})

test('the summary begins with the hash of the plan', () => {
  const query = queryOf('late-flights')
  assert.ok(query.explain().startsWith(`plan ${query.hash.slice(0, 16)}\n`))
})

test('an unknown stage is refused, and the stages are told', async () => {
  await assert.rejects(queryOf('late-flights').explain('machine' as never), {
    code: 'LDB-0001',
    message: /stages are logical, optimised/,
  })
})
