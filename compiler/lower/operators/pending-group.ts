/**
 * The group that a row wants and that is not there yet. What it needs to be made is written down, so that it is made
 * outside of the loop over rows: new groups are rare, their code is long, and the loop is the faster without it.
 */
import { i32, type KernelBuilder, load, ne, toInt } from '../../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { Bounds } from '../lib/group-windows.ts'
import type { Wanted } from '../lib/interner.ts'
import type { GroupKey, KeyValue } from './group-key.ts'

export interface NewGroup {
  readonly bounds: Bounds
  /** The hash of its key, where no text of it is new. */
  readonly hash: Expr
  readonly key: KeyValue
}

export class PendingGroup {
  readonly mem: Mem

  constructor({ fields, textCount: texts }: Pick<GroupKey, 'fields' | 'textCount'>) {
    const wanted = Array.from({ length: texts }, (_, n) => n).flatMap(textFields)
    this.mem = rowLayout('pending_group', 'scratch', {
      ...fields,
      ...Object.fromEntries(wanted.map((name): [string, FieldType] => [name, 'i32'])),
      start: 'i64',
      from: 'i64',
      closes: 'i64',
      hash: 'i32',
    })
  }

  write(k: KernelBuilder, { bounds, hash, key }: NewGroup): void {
    k.put(this.mem, 'start', bounds.start)
    k.put(this.mem, 'from', bounds.from)
    k.put(this.mem, 'closes', bounds.closes)
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
  read(k: KernelBuilder, key: KeyValue): NewGroup {
    const value = (field: string): Expr => load(this.mem, field)
    return {
      bounds: { start: value('start'), from: value('from'), closes: value('closes') },
      hash: value('hash'),
      key: {
        fields: new Map([...key.fields.keys()].map(field => [field, value(field)])),
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
