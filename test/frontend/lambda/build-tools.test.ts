/**
 * Build tools rewrite the text of functions; what they write still compiles, to the same expression. A part that a
 * tool hides behind a helper of an unknown name is refused, never misread.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInThisContext } from 'node:vm'
import { transform as swc } from '@swc/core'
import { transform as esbuild, type TransformOptions } from 'esbuild'
// @ts-expect-error it has no types
import { createInstrumenter } from 'istanbul-lib-instrument'
import { minify as terser } from 'terser'
import {
  compilePredicate,
  compileProjection,
  type RowFunction,
} from '../../../compiler/frontend/lambda/index.ts'
import { MillraceError } from '../../../ir/errors.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import { flightParams, flights } from '../../support/lambda-schema.ts'

const predicates: Readonly<Record<string, string>> = {
  plain: 'f => f.delay > 15n && f.price > 1000',
  params: '(f, p) => f.delay > p.limit && f.symbol === p.name',
  destructured: '({ delay, price: cost }, { limit }) => delay > limit || cost > 1',
  functionExpression: 'function (f) { return f.price > 1_000 }',
  blocks: 'f => { if (f.late) return f.price > 1; const x = f.weight ?? 2; return x > 3 }',
  elses:
    'f => { if (f.late) { const a = f.price; return a > 1 } else { const a = f.weight; return a !== null } }',
  nullish: 'f => (f.weight ?? f.price) > 3',
  nestedNullish: 'f => ((f.weight ?? f.stops) ?? 7) > 3',
  optional: 'f => f.note?.length > 3',
  optionalCall: 'f => f.note?.startsWith("A") ?? false',
  constants: 'f => f.late === true && f.note !== undefined && f.price < Infinity && f.seats > 5 * 60 * 1000',
  negations: 'f => !(f.late && f.price > 3) && !(f.seats === 1)',
  ternary: 'f => f.late ? true : f.price > 3',
  template: `f => \`\${f.symbol}-\${f.seats}\` === "AA-1"`,
  concatenation: 'f => "<" + f.symbol + ">" + "!" === "<AA>!"',
  math: 'f => Math.round(f.price * 100) / 100 > Math.max(1, f.seats) ** 2',
  brackets: 'f => f["price"] > 1 && f["delay"] !== 0n',
  list: 'f => ["A", "B"].includes(f.symbol)',
  truthy: 'f => !!f.note && Boolean(f.seats)',
}

const projections: Readonly<Record<string, string>> = {
  object: 'f => ({ sym: f.symbol.toUpperCase(), big: f.price > 5 })',
  spread: 'f => ({ ...f, price: f.price * 2, late: f.late || f.delay > 15n })',
  spreadLast: 'f => ({ extra: 1, ...f })',
  chosen: 'f => f.late ? { x: f.price, y: 1 } : { x: 0, y: 2 }',
  shorthand: '({ price, symbol }) => { const twice = price * 2; return { symbol, twice } }',
}

const bundle = (entries: Readonly<Record<string, string>>): string =>
  `register({ ${Object.entries(entries)
    .map(([name, text]) => `${name}: ${text}`)
    .join(',\n')} });`
const SOURCE = bundle({ ...predicates, ...projections })
/** A constant that some tools put in place of its name. */
const CAPTURED = `const LIMIT = 1000; ${bundle({ captured: 'f => f.price > LIMIT' })}`

/** The functions that a script registers. */
function functionsOf(script: string): ReadonlyMap<string, RowFunction> {
  const found = new Map<string, RowFunction>()
  const run = runInThisContext(`(function (register) { ${script}\n})`) as (
    register: (functions: Record<string, RowFunction>) => void,
  ) => void
  run(functions => {
    for (const [name, fn] of Object.entries(functions)) found.set(name, fn)
  })
  return found
}

function printed(name: string, fn: RowFunction): string {
  if (!(name in projections)) return printExpr(compilePredicate(fn, flights, flightParams))
  const columns = compileProjection(fn, flights, flightParams)
  return columns.map(one => `${one.name}: ${printExpr(one.expr)}`).join('; ')
}

type Tool = (source: string) => Promise<string>

const byEsbuild =
  (options: TransformOptions): Tool =>
  async source =>
    (await esbuild(source, { loader: 'js', ...options })).code

const bySwc =
  (target: 'es5' | 'es2015' | 'es2019' | 'es2022', minify = false): Tool =>
  async source =>
    (
      await swc(source, {
        configFile: false,
        swcrc: false,
        isModule: false,
        jsc: { target, ...(minify && { minify: { compress: true, mangle: true } }) },
        minify,
      })
    ).code

const byTerser = async (source: string): Promise<string> =>
  (await terser(source, { compress: { passes: 3 }, mangle: true, toplevel: true })).code ?? ''

const byIstanbul = async (source: string): Promise<string> =>
  createInstrumenter({ esModules: false, compact: false }).instrumentSync(source, 'source.js')

const tools: Readonly<Record<string, Tool>> = {
  untouched: async source => source,
  esbuild: byEsbuild({}),
  'esbuild, as tsx does': byEsbuild({ target: 'node20', keepNames: true, minifyWhitespace: true }),
  'esbuild es2019': byEsbuild({ target: 'es2019' }),
  'esbuild es2017': byEsbuild({ target: 'es2017' }),
  'esbuild minified': byEsbuild({ minify: true }),
  'esbuild minified es2019': byEsbuild({ minify: true, target: 'es2019' }),
  'swc es2022': bySwc('es2022'),
  'swc es2019': bySwc('es2019'),
  'swc es2015': bySwc('es2015'),
  'swc es5': bySwc('es5'),
  'swc minified': bySwc('es2022', true),
  'swc minified es2019': bySwc('es2019', true),
  terser: byTerser,
  istanbul: byIstanbul,
  'istanbul, then esbuild minified es2019': async source =>
    byEsbuild({ minify: true, target: 'es2019' })(await byIstanbul(source)),
}

const wanted = new Map([...functionsOf(SOURCE)].map(([name, fn]) => [name, printed(name, fn)]))

for (const [name, tool] of Object.entries(tools)) {
  test(`functions survive ${name}`, async () => {
    const functions = functionsOf(await tool(SOURCE))
    assert.deepEqual([...functions.keys()].sort(), [...wanted.keys()].sort())
    for (const [key, fn] of functions) assert.equal(printed(key, fn), wanted.get(key), `${key}: ${fn}`)
  })
}

for (const [name, tool] of Object.entries(tools)) {
  test(`a captured constant under ${name}: put in place, or refused`, async () => {
    const [fn] = functionsOf(await tool(CAPTURED)).values()
    try {
      assert.equal(printed('captured', fn), '(price > 1000.0)')
    } catch (error) {
      assert.ok(error instanceof MillraceError)
      assert.equal(error.code, 'LDB-1003')
      assert.match(error.message, /is captured from outside/)
    }
  })
}

test('a spread behind a helper of a minified name is refused', async () => {
  const functions = functionsOf(await byEsbuild({ minify: true, target: 'es2017' })(SOURCE))
  for (const [name, fn] of functions) {
    if (!String(fn).includes('...') && name.startsWith('spread')) {
      assert.throws(() => printed(name, fn), { code: 'LDB-1003', message: /es2018 or later/ })
    } else assert.equal(printed(name, fn), wanted.get(name), `${name}: ${fn}`)
  }
})
