/** The group that a row wants and that is not there yet: its key, and the window that it opens or joins. */
import { type KernelBuilder, load } from '../../../ir/kernel/build.ts'
import type { Mem } from '../../../ir/kernel/node.ts'
import type { Bounds } from '../lib/group-windows.ts'
import type { GroupKey, KeyValue } from './group-key.ts'
import { type NewKey, PendingKey } from './pending-key.ts'

export interface NewGroup extends NewKey {
  readonly bounds: Bounds
}

export class PendingGroup {
  readonly #key: PendingKey

  constructor(key: Pick<GroupKey, 'fields' | 'textCount'>) {
    this.#key = new PendingKey('pending_group', key, { start: 'i64', from: 'i64', closes: 'i64' })
  }

  get mem(): Mem {
    return this.#key.mem
  }

  write(k: KernelBuilder, { bounds, ...key }: NewGroup): void {
    k.put(this.mem, 'start', bounds.start)
    k.put(this.mem, 'from', bounds.from)
    k.put(this.mem, 'closes', bounds.closes)
    this.#key.write(k, key)
  }

  /** What was written; `key` has its fields and the dictionaries of its texts. */
  read(k: KernelBuilder, key: KeyValue): NewGroup {
    const { mem } = this
    const bounds = { start: load(mem, 'start'), from: load(mem, 'from'), closes: load(mem, 'closes') }
    return { bounds, ...this.#key.read(k, key) }
  }
}
