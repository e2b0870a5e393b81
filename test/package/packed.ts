/** What npm would pack of this build, and what the packed files refer to. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { projectRoot } from '../support/golden.ts'

interface Packed {
  readonly files: readonly { readonly path: string }[]
}

/** Paths from the root of the package, with slashes. */
export function packedFiles(): ReadonlySet<string> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
  const said: unknown = JSON.parse(
    execFileSync('npm', args, { cwd: projectRoot, encoding: 'utf8', shell: process.platform === 'win32' }),
  )
  // A list before npm 12, since then packages by name.
  const [packed] = Object.values(said as Readonly<Record<string, Packed>>)
  return new Set(packed.files.map(({ path }) => path))
}

export const textOf = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')

/** `import .. from`, on one line or many, `import '..'` for its effect, and types in place: `import("..")`. */
const IMPORT =
  /^(?:import|export)\b[^'"\n]*\bfrom ['"]([^'"]+)|^\} from ['"]([^'"]+)|^import ['"]([^'"]+)|\bimport\(['"]([^'"]+)/gm

/** What a built file imports: JavaScript files as JavaScript files, declarations as declarations. */
const importsOf = (path: string): readonly string[] =>
  [...textOf(path).matchAll(IMPORT)].map(found => found.slice(1).find(part => part !== undefined) ?? '')

/** Everything that is loaded with a file: our own files, and the packages that they name. */
export function reachedFrom(doors: readonly string[]): {
  readonly files: ReadonlySet<string>
  readonly packages: ReadonlySet<string>
} {
  const files = new Set(doors)
  const packages = new Set<string>()
  for (const path of files) {
    for (const target of importsOf(path)) {
      if (target.startsWith('.')) files.add(builtFile(posix.join(posix.dirname(path), target), path))
      else packages.add(packageOf(target))
    }
  }
  return { files, packages }
}

/** Declarations name the source `x.ts`, which stands for `x.d.ts` beside them. */
const builtFile = (target: string, from: string): string =>
  from.endsWith('.d.ts') ? target.replace(/\.[jt]s$/, '.d.ts') : target

function packageOf(target: string): string {
  if (target.startsWith('node:')) return target
  const parts = target.split('/')
  return parts.slice(0, target.startsWith('@') ? 2 : 1).join('/')
}

/** The sources that the map of a built file names, as paths from the root; undefined where it has no map. */
export function sourcesOf(path: string): readonly string[] | undefined {
  const file = `${path}.map`
  if (!existsSync(join(projectRoot, file))) return undefined
  const map = JSON.parse(textOf(file)) as { readonly sources: readonly string[] }
  return map.sources.map(source => posix.join(dirname(path), source))
}
