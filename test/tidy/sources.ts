/** The source files of the project, read from the checkout that the tests were built from. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** dist/test/tidy -> the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

export interface SourceFile {
  /** Path from the checkout, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  /** The text without comments and without what stands in quotes. */
  readonly code: string
}

const rooms = ['ir', 'codegen', 'runtime', 'compiler', 'test', 'bench'] as const

export function sourceFiles(): readonly SourceFile[] {
  return rooms.flatMap(room => walk(join(root, room))).map(read)
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path)
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : []
  })
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8')
  return {
    path: relative(root, path).split(sep).join('/'),
    text,
    lines: text.split('\n'),
    code: codeOf(text),
  }
}

const codeOf = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")

/** The files that a file imports, as paths from the checkout; packages are left out. */
export function importsOf({ path, text }: SourceFile): readonly string[] {
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(match => match[1])
  return found.map(target => join(dirname(path), target).split(sep).join('/'))
}

/** Packages and Node modules that a file imports. */
export function packagesOf({ text }: SourceFile): readonly string[] {
  return [...text.matchAll(/^(?:import|export)\b[^']*?from\s+'([^.'][^']*)'/gm)].map(match => match[1])
}
