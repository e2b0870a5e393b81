/** Faults of the windows that are open, and of the heap of their ends. */
import type { Room } from '../mutant.ts'

export const openWindows: Room = {
  file: 'compiler/lower/lib/open-windows.ts',
  tests: ['lower/lib/open-windows', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'detached-group-is-still-first',
      find: "() => k.store(windows, 'first', window, next),",
      put: "() => k.store(windows, 'first', window, group),",
      shows: 'a window that closes hands out a group that has gone',
      tests: ['lower/changes.test', 'property/plans.test'],
    },
    {
      name: 'groups-behind-one-that-is-gone',
      find: "() => k.store(windows, 'last', window, previous),",
      put: "() => k.store(windows, 'last', window, group),",
      shows: 'groups that come behind one that has gone never leave',
      tests: ['lower/changes.test', 'property/plans.test'],
    },
    {
      name: 'window-at-the-watermark-stays',
      find: 'k.breakIf(gt(closes, load(watermark.mem, watermark.field)), done)',
      put: 'k.breakIf(ge(closes, load(watermark.mem, watermark.field)), done)',
      shows: 'a window closes one tick late, or push never returns',
    },
    {
      name: 'last-of-list-not-kept',
      find: "k.store(entries, 'last', window, group)",
      put: '',
      shows: 'groups of a window are lost, or those of another come out',
    },
    {
      name: 'list-without-end',
      find: "k.store(this.groups.entries, 'next', group, i32(END_OF_LIST))",
      put: '',
      shows: 'a window hands out groups of others',
    },
    {
      name: 'deadline-of-the-closed-window',
      find: 'this.table.remove(k, window)\n      this.setDeadline(k)',
      put: 'this.table.remove(k, window)',
      shows: 'the next window is closed early or push never returns',
    },
    {
      name: 'deadline-not-set',
      find: 'this.heap.push(k, this.opened(k, window, closes), window)\n    this.setDeadline(k)',
      put: 'this.heap.push(k, this.opened(k, window, closes), window)',
      shows: 'no window closes before the stream ends',
    },
    {
      name: 'budget-not-spent',
      find: 'k.set(spent, add(spent, cost))',
      put: '',
      shows: 'a window of a million groups stops all other queries',
    },
    {
      name: 'dropped-before-the-next-is-known',
      find: "k.store(entries, 'first', window, load(this.groups.entries, 'next', group))\n        drop(group)",
      put: "drop(group)\n        k.store(entries, 'first', window, load(this.groups.entries, 'next', group))",
      shows: 'a window goes on with the list of free entries',
    },
    {
      name: 'window-not-removed',
      find: 'this.table.remove(k, window)',
      put: '',
      shows: 'windows that have closed fill the table',
    },
  ],
}

export const heap: Room = {
  file: 'compiler/lower/lib/heap.ts',
  tests: ['lower/lib/heap'],
  faults: [
    {
      name: 'sift-up-the-wrong-way',
      find: 'k.breakIf(not(this.#before(k, item, this.#at(parent))), label)',
      put: 'k.breakIf(this.#before(k, item, this.#at(parent)), label)',
      shows: 'windows close in the wrong order',
    },
    {
      name: 'wrong-parent',
      find: 'shru(sub(at, i32(1)), i32(1))',
      put: 'shru(at, i32(1))',
      shows: 'windows close in the wrong order once there are many',
    },
    {
      name: 'later-child-goes-up',
      find: 'k.if(this.#before(k, this.#at(right), this.#at(left))',
      put: 'k.if(this.#before(k, this.#at(left), this.#at(right))',
      shows: 'windows close in the wrong order once there are many',
    },
    {
      name: 'pop-keeps-the-count',
      find: "k.put(this.#head, 'waiting', last)\n    const item = this.#take(k, last)\n    const at = k.let('at', i32(0))",
      put: "const item = this.#take(k, last)\n    const at = k.let('at', i32(0))",
      shows: 'a window closes over and over again',
    },
    {
      name: 'id-stays-behind',
      find: 'for (const field of Object.keys(this.items.fields))',
      put: "for (const field of ['time'])",
      shows: 'another window closes than the one that is due',
    },
    {
      name: 'sifts-into-what-is-gone',
      find: 'k.breakIf(ge(left, count), label)',
      put: 'k.breakIf(ge(at, count), label)',
      shows: 'windows that have closed come back',
    },
    {
      name: 'ties-the-other-way',
      find: 'lt(a.order, b.order)',
      put: 'lt(b.order, a.order)',
      shows: 'sessions that end together leave in another order than their rows came',
      tests: ['lower/windows.test', 'property/plans.test'],
    },
    {
      name: 'taken-out-and-not-raised',
      find: 'this.#rise(k, at, item)\n      this.#sink',
      put: 'this.#sink',
      shows: 'the watermark is held back by a partition that is not the slowest',
    },
    {
      name: 'place-not-told',
      find: 'if (this.#places) k.store(this.#places.mem, this.#places.field, id, at)',
      put: '',
      shows: 'another partition moves than the one that got a row',
    },
  ],
}

export const sharedPanes: Room = {
  file: 'compiler/lower/lib/shared-panes.ts',
  tests: ['lower/windows.test', 'property/corpus.test', 'property/plans.test'],
  faults: [
    {
      name: 'closed-window-again',
      find: 'mul(passed, i64(stride)), i64(0n))',
      put: 'i64(0n), i64(0n))',
      shows: 'a row that some windows are closed to opens them again',
    },
    {
      name: 'later-window-first',
      find: "k.if(le(bounds.closes, this.#head('deadline'))",
      put: "k.if(lt(this.#head('deadline'), bounds.closes)",
      shows: 'a window is never closed, or closed too late',
    },
    {
      name: 'pane-list-without-end',
      find: "k.store(this.#groups.entries, 'next', group, i32(NONE))",
      put: '',
      shows: 'groups of other panes are added to a window',
    },
    {
      name: 'panes-of-one-length',
      find: 'i64(short), i64(stride - short))',
      put: 'i64(short), i64(stride))',
      shows: 'panes of windows that are no whole number of slides are passed over',
    },
    {
      name: 'first-pane-is-long',
      find: "k.put(this.head, 'is_short', i32(1))",
      put: "k.put(this.head, 'is_short', i32(0))",
      shows: 'panes of windows that are no whole number of slides are passed over',
    },
    {
      name: 'group-taken-twice',
      find: "k.put(this.head, 'group', next)",
      put: '',
      shows: 'push never returns: the first group of a pane is taken over and over',
    },
    {
      name: 'pane-kept-for-ever',
      find: 'return add(from, i64(stride))',
      put: 'return sub(from, i64(stride * 8n))',
      shows: 'panes that no window needs stay in memory',
      tests: ['lower/windows.test'],
    },
    {
      name: 'pane-forgotten-early',
      find: 'select(eq(this.#end, add(from, i64(size))), this.#end, from)',
      put: 'this.#end',
      shows: 'a cumulating window has its last step only',
    },
    {
      name: 'every-window-is-the-next',
      find: "ge(load(entries, 'start', pane), this.#end),\n          () => this.#setDeadline",
      put: 'ge(this.#end, this.#end),\n          () => this.#setDeadline',
      shows: 'windows between the first and the last of a pane are left out',
    },
  ],
}
