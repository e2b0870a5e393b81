/**
 * What this machine can do, found out from names and files alone: neither libLLVM nor llvm-bindings comes into the
 * engine process. The compile child tries the real thing and has the last word.
 *
 * The environment variable `MILLRACE_LLVM=off` hides the native tier; the plan then stays on JavaScript.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Target =
  | { readonly available: true; readonly library: string }
  | { readonly available: false; readonly reason: string }

/** Versions that read the typed pointers of the seed, tried in this order. LLVM 16 to 18 have not been tried. */
const libraries = ['libLLVM-14.so.1', 'libLLVM-15.so.1', 'libLLVM.so.19.1'] as const

/** The index of libraries that the system's loader keeps. */
const LOADER_CACHE = '/etc/ld.so.cache'

let probed: Target | undefined

/** Asked once, except that `MILLRACE_LLVM=off` counts at once. */
export function nativeTarget(): Target {
  if (process.env.MILLRACE_LLVM === 'off') return unavailable('MILLRACE_LLVM is off')
  probed ??= probe()
  return probed
}

const unavailable = (reason: string): Target => ({ available: false, reason })

function probe(): Target {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64') {
    return unavailable(`native code is made for linux on x64, this is ${platform} on ${arch}`)
  }
  if (!resolve('koffi')) return unavailable('the optional package koffi is not installed')
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
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(folder => folder !== '')
  const known = existsSync(LOADER_CACHE) ? readFileSync(LOADER_CACHE) : Buffer.alloc(0)
  return libraries.find(
    name => known.includes(`${name}\0`) || folders.some(folder => existsSync(join(folder, name))),
  )
}
