/** Open windows as a rig: a command brings a group of a window and then raises the watermark, which may close some. */
import { timeRegion, watermark } from '../../compiler/lower/event-time.ts'
import { NEVER } from '../../compiler/lower/lib/group-windows.ts'
import { hashWords, wordsOf } from '../../compiler/lower/lib/hash.ts'
import { OpenWindows } from '../../compiler/lower/lib/open-windows.ts'
import { HashTable } from '../../compiler/lower/lib/table.ts'
import { Status } from '../../ir/abi.ts'
import { and, bool, eq, ge, gt, i32, i64, type KernelBuilder, load, lt } from '../../ir/kernel/build.ts'
import { Rig } from './rig.ts'
import type { CommandCode, RigCode } from './rig-program.ts'

const groups = new HashTable({ id: 0, name: 'groups', fields: { start: 'i64', key: 'i32' } })
const windows = new OpenWindows(1, groups)

function step({ k, arg, answer, leave }: CommandCode): void {
  const { entries } = groups
  const [start, end, key] = [arg('start'), arg('end'), arg('key')]
  k.if(ge(load(timeRegion, 'wm'), load(windows.head, 'deadline')), () => {
    k.if(gt(windows.waiting, i32(0)), () => leave(Status.due))
  })
  k.phase('reserve')
  const hash = hashWords(k, [...wordsOf(start), key])
  const same = (group: typeof hash) =>
    and(eq(load(entries, 'start', group), start), eq(load(entries, 'key', group), key))
  const { entry: group } = groups.find(k, hash, same)
  const isNew = k.let('is_new', lt(group, i32(0)))
  k.if(isNew, () => {
    groups.reserve(k, leave)
    windows.reserve(k, leave)
  })
  k.phase('apply')
  k.if(isNew, () => {
    k.set(group, groups.insert(k, hash))
    k.store(entries, 'start', group, start)
    k.store(entries, 'key', group, key)
    windows.append(k, { start, from: start, closes: end }, group)
  })
  k.put(timeRegion, 'wm', arg('wm'))
  answer('waiting', windows.waiting)
}

/** Groups and windows that are left. */
export const leftIn = ({ memory }: Rig): readonly number[] =>
  [groups.head, windows.growables[0].table.head].map(head => memory.read(head, 'live'))

/** Emits the groups of closed windows, as an aggregation does. */
function advance({ k, leave, emit }: RigCode): void {
  windows.advance(k, leave, watermark, {
    each: ({ start, end }, group) => emit({ start, end, key: load(groups.entries, 'key', group) }),
    drop: group => groups.remove(k, group),
    rows: () => i32(1),
    merge: () => bool(true),
    reserveCombine: () => {},
    combineRows: () => i32(1),
    combine: () => bool(true),
    spare: () => i32(-1),
    clear: () => {},
  })
}

export const windowsRig = (): Promise<Rig> =>
  Rig.build({
    name: 'windows',
    command: { start: 'i64', end: 'i64', key: 'i32', wm: 'i64' },
    answer: { waiting: 'i32' },
    emitted: { start: 'i64', end: 'i64', key: 'i32' },
    fixed: [groups.head, ...windows.heads, timeRegion].map(mem => ({ mem, rows: 1 })),
    growables: [
      { growable: groups.growable, grow: k => groups.grow(k) },
      ...windows.growables.map(({ growable, table }) => ({
        growable,
        grow: (k: KernelBuilder) => table.grow(k),
      })),
    ],
    step,
    kernels: {
      init: ({ k }) => windows.init(k),
      advance,
      end: ({ k }) => k.put(timeRegion, 'wm', i64(NEVER)),
    },
  })
