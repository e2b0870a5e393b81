/**
 * The key of what a row wants and does not find. It is written down, so that what has it is made outside of the loop over
 * rows: that is rare, its code is long, and the loop is the faster without it.
 */
import { i32, type KernelBuilder, load, ne, toInt } from '../../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Wanted } from '../lib/interner.ts'
import type { GroupKey, KeyValue } from './group-key.ts'

export interface NewKey {
  /** The hash of the key, where no text of it is new. */
  readonly hash: Expr
  readonly key: KeyValue
}

export class PendingKey {
  readonly mem: Mem

  /** `others`: what else is written down with it. */
  constructor(
    name: string,
    { fields, textCount: texts }: Pick<GroupKey, 'fields' | 'textCount'>,
    others: FieldSpecs = {},
  ) {
    const wanted = Array.from({ length: texts }, (_, n) => n).flatMap(textFields)
    this.mem = rowLayout(name, 'scratch', {
      ...fields,
      ...Object.fromEntries(wanted.map((field): [string, FieldType] => [field, 'i32'])),
      ...others,
      hash: 'i32',
    })
  }

  write(k: KernelBuilder, { hash, key }: NewKey): void {
    k.put(this.mem, 'hash', hash)
    for (const [field, value] of key.fields) k.put(this.mem, field, value)
    key.texts.forEach(({ range, id, needed, dictionary }, n) => {
      const values = [range.offset, range.length, id, toInt(needed), dictionary?.code ?? i32(0)]
      textFields(n).forEach((field, i) => {
        k.put(this.mem, field, values[i])
      })
    })
  }

  /** What was written; `key` has its fields and the dictionaries of its texts. */
  read(k: KernelBuilder, key: KeyValue): NewKey {
    return {
      hash: load(this.mem, 'hash'),
      key: {
        fields: new Map([...key.fields.keys()].map(field => [field, load(this.mem, field)])),
        texts: key.texts.map((text, n) => this.#readText(k, text, n)),
      },
    }
  }

  #readText(k: KernelBuilder, { dictionary }: Wanted, n: number): Wanted {
    const [offset, length, id, needed, code] = textFields(n).map(field => load(this.mem, field))
    return {
      range: { offset, length },
      id: k.let('text', id),
      needed: ne(needed, i32(0)),
      dictionary: dictionary && { ...dictionary, code },
    }
  }
}

/** Where it is, its id, whether there is one, and its code in a dictionary. */
const textFields = (n: number): readonly string[] =>
  ['at', 'len', 'id', 'needed', 'code'].map(part => `text_${n}_${part}`)
