/** The laws of the house that a machine can check: layers, sizes, names, and what may be used where. */
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { importsOf, packagesOf, type SourceFile, sourceFiles } from './sources.ts'

const files = sourceFiles()
const engine = files.filter(({ path }) => /^(ir|codegen|runtime|compiler)\//.test(path))
const roomOf = (path: string): string => path.split('/')[0]

/** Paths of the files for which something does not hold. */
const offenders = (of: readonly SourceFile[], isWrong: (file: SourceFile) => boolean): readonly string[] =>
  of.filter(isWrong).map(({ path }) => path)

test('layers: ir knows nobody, codegen and runtime only ir, nobody test or bench', () => {
  const may: Readonly<Record<string, readonly string[]>> = {
    ir: ['ir'],
    codegen: ['codegen', 'ir'],
    runtime: ['runtime', 'ir'],
    compiler: ['compiler', 'codegen', 'runtime', 'ir'],
  }
  const wrong = engine.flatMap(file =>
    importsOf(file)
      .filter(target => !may[roomOf(file.path)].includes(roomOf(target)))
      .map(target => `${file.path} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('no import cycles between folders of the runtime: memory and io below, reactor on top', () => {
  const order = ['memory', 'io', 'time', 'streaming', 'lookup', 'dag', 'reactor', 'subscription']
  const wrong = engine
    .filter(({ path }) => path.startsWith('runtime/'))
    .flatMap(file => {
      const level = order.indexOf(file.path.split('/')[1])
      const above = importsOf(file).filter(
        target => target.startsWith('runtime/') && order.indexOf(target.split('/')[1]) > level,
      )
      return above.map(target => `${file.path} imports ${target}`)
    })
  assert.deepEqual(wrong, [])
})

test('files are 400 lines at most, functions 70', () => {
  assert.deepEqual(
    offenders(files, ({ lines }) => lines.length > 401),
    [],
  )
  assert.deepEqual(files.flatMap(longFunctions), [])
})

/** Functions and methods, found by the indentation that the formatter gives them. */
function longFunctions({ path, lines }: SourceFile): readonly string[] {
  const wrong: string[] = []
  lines.forEach((line, start) => {
    const head = /^(\s*)(?:export )?(?:async )?(?:function|static|get|#?\w+(?:<[^>]*>)?\()/.exec(line)
    if (
      !head ||
      !line.trimEnd().endsWith('{') ||
      / (?:if|for|while|switch|return) ?\(/.test(` ${line.trim()}`)
    )
      return
    const end = lines.findIndex((one, i) => i > start && one.startsWith(`${head[1]}}`))
    if (end - start > 71) wrong.push(`${path}:${start + 1} has ${end - start - 1} lines`)
  })
  return wrong
}

test('files have kebab-case names and open with what they are for', () => {
  assert.deepEqual(
    offenders(
      files,
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*((\.slow)?\.test)?\.(ts|mjs)$/.test(basename(path)),
    ),
    [],
  )
  assert.deepEqual(
    offenders(files, ({ text }) => !text.startsWith('/**')),
    [],
  )
})

test('code is made from text in one place', () => {
  assert.deepEqual(
    offenders(engine, ({ code }) => /new Function\(/.test(code)),
    ['codegen/js/link.ts'],
  )
  assert.deepEqual(
    offenders(engine, ({ code }) => /(?<![.#\w])eval\(/.test(code)),
    [],
  )
})

test('clock, chance and files only where they belong', () => {
  const clock = /\bDate\.now\(|\bperformance\.now\(|\bhrtime\b|\bMath\.random\(/
  const timed = offenders(
    engine,
    ({ path, code }) =>
      clock.test(code) && !/^(runtime\/(io|time)\/|codegen\/(llvm\/|cache\/folder\.ts))/.test(path),
  )
  assert.deepEqual(timed, [])
  // The disk cache: one file that reads and writes it, one that reads the sources that decide its keys.
  const mayRead = /^(runtime\/io\/|codegen\/(llvm\/|cache\/(folder|identity)\.ts))/
  const reads = (file: SourceFile): boolean =>
    packagesOf(file).some(name => /^node:(fs|child_process|net|http)/.test(name))
  assert.deepEqual(
    offenders(engine, file => reads(file) && !mayRead.test(file.path)),
    [],
  )
})

test('nothing is left over: no notes to self, no escape hatches of the type checker, no default exports', () => {
  const notes = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', '@ts-ig' + 'nore'].join('|'))
  assert.deepEqual(
    offenders(files, ({ text }) => notes.test(text)),
    [],
  )
  assert.deepEqual(
    offenders(files, ({ text }) => /^export default/m.test(text)),
    [],
  )
  assert.deepEqual(
    offenders(engine, ({ code }) => /@ts-expect-error|: any\b|as any\b/.test(code)),
    [],
  )
})

test('every file is used by another, or is a door', () => {
  const imported = new Set(files.flatMap(importsOf))
  const doors = /^(compiler\/index\.ts|codegen\/llvm\/compile-server\.ts|bench\/|test\/.*\.test\.ts)/
  assert.deepEqual(
    offenders(files, ({ path }) => !imported.has(path) && !doors.test(path) && !path.startsWith('test/')),
    [],
  )
})
