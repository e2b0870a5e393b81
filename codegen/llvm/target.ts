/**
 * What this machine can do, found out from names and files alone: neither libLLVM nor llvm-bindings comes into the
 * engine process. The compile child tries the real thing and has the last word. Running native code needs less than
 * making it: a machine without LLVM runs what lies in the cache.
 *
 * The environment variable `MILLRACE_LLVM=off` hides the native tier; the plan then stays on JavaScript.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

interface Unavailable {
  readonly available: false
  readonly reason: string
}

/** Can native code be made here? */
export type Target = { readonly available: true; readonly library: string } | Unavailable
/** Can native code run here? */
export type NativeRuntime = { readonly available: true } | Unavailable

/** Versions that read the typed pointers of the seed, tried in this order. LLVM 16 to 18 have not been tried. */
const libraries = ['libLLVM-14.so.1', 'libLLVM-15.so.1', 'libLLVM.so.19.1'] as const

/** The index of libraries that the system's loader keeps. */
const LOADER_CACHE = '/etc/ld.so.cache'

let probed: Target | undefined
let probedRuntime: NativeRuntime | undefined

/** Asked once, except that `MILLRACE_LLVM=off` counts at once. */
export function nativeTarget(): Target {
  const runtime = nativeRuntime()
  if (!runtime.available) return runtime
  probed ??= probe()
  return probed
}

/** As `nativeTarget`, for code that was compiled before. */
export function nativeRuntime(): NativeRuntime {
  if (process.env.MILLRACE_LLVM === 'off') return unavailable('MILLRACE_LLVM is off')
  probedRuntime ??= probeRuntime()
  return probedRuntime
}

const unavailable = (reason: string): Unavailable => ({ available: false, reason })

function probeRuntime(): NativeRuntime {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64') {
    return unavailable(`native code is made for linux on x64, this is ${platform} on ${arch}`)
  }
  return resolve('koffi') ? { available: true } : unavailable('the optional package koffi is not installed')
}

function probe(): Target {
  const bindings = resolve('llvm-bindings')
  if (!bindings) return unavailable('the optional package llvm-bindings is not installed')
  if (!existsSync(join(dirname(bindings), 'build', 'Release', 'llvm-bindings.node'))) {
    return unavailable('the package llvm-bindings is installed but was not built')
  }
  const library = findLibrary()
  return library ? { available: true, library } : unavailable(`none of ${libraries.join(', ')} is installed`)
}

function resolve(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

function findLibrary(): string | undefined {
  const known = loaderCache()
  return libraries.find(name => known.includes(`${name}\0`) || folderOf(name) !== undefined)
}

const loaderCache = (): Buffer => (existsSync(LOADER_CACHE) ? readFileSync(LOADER_CACHE) : Buffer.alloc(0))

/** The loader looks into these folders first. */
const folderOf = (library: string): string | undefined =>
  (process.env.LD_LIBRARY_PATH ?? '')
    .split(':')
    .find(folder => folder !== '' && existsSync(join(folder, library)))

const editions = new Map<string, string>()

/**
 * Name and size of a library, which tell one build from the next without loading it. Where the file cannot be found
 * it is the name alone.
 */
export function libraryEdition(library: string): string {
  const known = editions.get(library) ?? measureLibrary(library)
  editions.set(library, known)
  return known
}

function measureLibrary(library: string): string {
  const folder = folderOf(library)
  const path = folder ? join(folder, library) : pathInLoaderCache(library)
  const stat = path && statSync(path, { throwIfNoEntry: false })
  return stat ? `${library} ${stat.size}` : library
}

/** The cache of the loader holds paths as they are, between zeros. */
function pathInLoaderCache(library: string): string | undefined {
  const cache = loaderCache()
  const at = cache.indexOf(`/${library}\0`)
  if (at < 0) return undefined
  return cache.toString('latin1', cache.lastIndexOf(0, at) + 1, at + 1 + library.length)
}
