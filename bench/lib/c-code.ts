/** The yardsticks in C: compiled by gcc when a bench starts, called through koffi. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadFfi } from '../../codegen/llvm/ffi.ts'
import { inCheckout } from './checkout.ts'
import type { Buffers, HandKernel } from './kernel-case.ts'

/** No contraction: a * b + c must round twice, as JavaScript does. */
const FLAGS = [
  '-std=gnu17',
  '-O3',
  '-march=native',
  '-ffp-contract=off',
  '-shared',
  '-fPIC',
  '-Wall',
  '-Werror',
]

type Open = (buffers: Buffers) => HandKernel

const loaded = new Map<string, Open | undefined>()
let isMissing: boolean | undefined

/** The functions `run` and `end` of a C file of bench; undefined where there is no gcc, which is said once. */
export function loadC(file: string): Open | undefined {
  if (!loaded.has(file)) loaded.set(file, hasCompiler() ? build(file) : undefined)
  return loaded.get(file)
}

function hasCompiler(): boolean {
  if (isMissing === undefined) {
    isMissing = spawnSync('gcc', ['--version']).status !== 0
    if (isMissing) console.error('  SKIPPED: there is no gcc here, nothing is compared with C')
  }
  return !isMissing
}

function build(file: string): Open {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const library = join(folder, 'kernel.so')
  try {
    const { status, stderr, error } = spawnSync('gcc', [...FLAGS, '-o', library, inCheckout('bench', file)])
    if (status !== 0) throw new Error(`gcc refuses ${file}: ${error ?? stderr}`)
    return bind(library)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A library that is loaded needs its file no more. What C has the address of is held as long as its functions. */
function bind(path: string): Open {
  const library = loadFfi().load(path)
  const run = library.func('run', 'void', ['uintptr_t', 'int32_t', 'int32_t'])
  const end = library.func('end', 'void', ['uintptr_t'])
  return buffers => {
    const addresses = BigUint64Array.from(Object.values(buffers), buffer => loadFfi().address(buffer))
    const held = { table: Number(loadFfi().address(addresses)), addresses, buffers }
    return {
      run: (from, to) => void run(held.table, from, to),
      end: () => void end(held.table),
    }
  }
}
