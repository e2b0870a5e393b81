/**
 * Unicode's simple case mapping as a table in the constants of a plan: the host's own mapping, read once, so that
 * all tiers of a process agree on every code point.
 */

import { controlBlock } from '../../../ir/abi.ts'
import { simpleCase } from '../../../ir/expr/functions/string.ts'
import { add, and, eq, i32, type KernelBuilder, load, lt, shl, shru } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { ConstantPool } from '../scope.ts'
import { bytesRegion } from './bytes.ts'

export type Case = 'lower' | 'upper'

/** Code points from here on have no case. */
const CASED_END = 0x20000
const PAGE_BITS = 8
const PAGE = 1 << PAGE_BITS

/** Little-endian words: for each page of 256 code points the offset of its words, then the pages themselves. */
function buildTable(to: Case): Uint8Array {
  const directory: number[] = []
  const pages: number[][] = []
  const places = new Map<string, number>()
  const pageBytes = PAGE * 4
  const directoryBytes = (CASED_END / PAGE) * 4
  for (let first = 0; first < CASED_END; first += PAGE) {
    const page = Array.from({ length: PAGE }, (_, i) => mapped(first + i, to) - (first + i))
    const key = page.join()
    let at = places.get(key)
    if (at === undefined) {
      at = directoryBytes + pages.length * pageBytes
      places.set(key, at)
      pages.push(page)
    }
    directory.push(at)
  }
  return new Uint8Array(Int32Array.from([...directory, ...pages.flat()]).buffer)
}

function mapped(point: number, to: Case): number {
  const isSurrogate = point >= 0xd800 && point < 0xe000
  return isSurrogate ? point : (simpleCase(String.fromCodePoint(point), to).codePointAt(0) ?? point)
}

const tables = new Map<Case, Uint8Array>()

/** A local: the code point with its case changed. `point` is below 2^21. */
export function mapCase(k: KernelBuilder, constants: ConstantPool, point: Expr, to: Case): Local {
  const bytes = tables.get(to) ?? buildTable(to)
  tables.set(to, bytes)
  const table = add(load(controlBlock, 'const_base'), i32(constants.add(bytes, 4)))
  const changed = k.let('changed', point)
  k.if(lt(point, i32(CASED_END)), () => {
    const page = load(bytesRegion, 'i32', add(table, shl(shru(point, i32(PAGE_BITS)), i32(2))))
    const inPage = shl(and(point, i32(PAGE - 1)), i32(2))
    const delta = k.let('delta', load(bytesRegion, 'i32', add(add(table, page), inPage)))
    k.if(
      eq(delta, i32(0)),
      () => {},
      () => k.set(changed, add(point, delta)),
    )
  })
  return changed
}
