/** What leaves of a chain of values: a list as ir/list-layout lays it out, or its texts joined; written to scratch bytes. */
import {
  add,
  eq,
  i32,
  type KernelBuilder,
  max32,
  mul,
  ne,
  op,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { valueBytes, wordBytes } from '../../../ir/list-layout.ts'
import { type ElementType, listOf } from '../../../ir/types.ts'
import { addLengths, bytesRegion, copyBytes } from '../lib/bytes.ts'
import type { Output } from '../scope.ts'
import { bind, bytesOf, FALSE, isNever, type Value } from '../value.ts'
import type { ValueChain } from './chain.ts'

/** How the values of a chain leave. */
export interface ListResult {
  /** Bytes that `write` takes for an entry: there is room for them. */
  bytes(k: KernelBuilder, entry: Expr): Expr
  /** Bytes that one value more takes. */
  added(value: Value): Expr
  write(k: KernelBuilder, entry: Expr, output: Output): Value
}

/** A list; its values in the order of the chain, or from its end. */
export function asList(chain: ValueChain, order: 'forward' | 'backward'): ListResult {
  const element = chain.held.type as ElementType
  const type = listOf(element, chain.held.nullable)
  const bytes = (_k: KernelBuilder, entry: Expr): Expr => mul(chain.count(entry), i32(valueBytes(type)))
  return {
    bytes,
    added: () => i32(valueBytes(type)),
    write(k, entry, { scratch }) {
      const count = k.let('values', chain.count(entry))
      const length = k.let('list_len', bytes(k, entry))
      const offset = scratch.take(length)
      const flags = add(offset, mul(count, i32(wordBytes(element))))
      const isForward = order === 'forward'
      const at = k.let('at', isForward ? i32(0) : sub(count, i32(1)))
      chain.each(k, entry, node => {
        const value = bind(k, 'listed', chain.read(node))
        storeWord(k, add(offset, mul(at, i32(wordBytes(element)))), value)
        if (chain.held.nullable) k.store(bytesRegion, 'u8', add(flags, at), toInt(value.isNull))
        k.set(at, isForward ? add(at, i32(1)) : sub(at, i32(1)))
      })
      return { kind: 'bytes', type, offset, length, isNull: FALSE, faults: [] }
    },
  }
}

function storeWord(k: KernelBuilder, at: Expr, value: Value): void {
  const put = (field: 'i32' | 'i64', word: Expr, place = at): void => k.store(bytesRegion, field, place, word)
  if (value.kind === 'bytes') {
    put('i32', value.offset)
    put(
      'i32',
      isNever(value.isNull) ? value.length : select(value.isNull, i32(0), value.length),
      add(at, i32(4)),
    )
    return
  }
  const { value: word } = value
  if (word.type === 'f64') put('i64', op('bits.f64', op('canon.f64', word)))
  else if (word.type === 'i64') put('i64', word)
  else put('i32', word.type === 'bool' ? toInt(word) : word)
}

/** The texts one behind the other, a separator between them; null where there are none. */
export function asJoined(chain: ValueChain, separator: string): ListResult {
  const between = new TextEncoder().encode(separator)
  const separators = (count: Expr): Expr => mul(max32(sub(count, i32(1)), i32(0)), i32(between.length))
  const bytes = (k: KernelBuilder, entry: Expr): Expr => {
    const length = k.let('joined_len', separators(chain.count(entry)))
    chain.each(k, entry, node => k.set(length, addLengths(length, bytesOf(chain.read(node)).length)))
    return length
  }
  return {
    bytes,
    added: value => add(bytesOf(value).length, i32(between.length)),
    write(k, entry, { scratch, plan }) {
      const count = k.let('values', chain.count(entry))
      const length = bytes(k, entry)
      const offset = scratch.take(length)
      const at = k.let('at', offset)
      chain.each(k, entry, node => {
        const append = (range: { readonly offset: Expr; readonly length: Expr }): void => {
          copyBytes(k, range, at)
          k.set(at, add(at, range.length))
        }
        if (between.length > 0)
          k.if(ne(node, chain.first(entry)), () => append(plan.constants.range(between)))
        append(bytesOf(bind(k, 'joined', chain.read(node))))
      })
      return { kind: 'bytes', type: 'utf8', offset, length, isNull: eq(count, i32(0)), faults: [] }
    },
  }
}
