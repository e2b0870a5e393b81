/** Leaving a kernel before its work is done, so that the next call goes on where this one stopped. */
import { controlBlock, Status, type Trap } from '../../../ir/abi.ts'
import { add, ge, i32, isConst, type KernelBuilder, load } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'

/** Returns a status after saving the position of the kernel at hand. */
export type Leave = (status: Status) => void

/** Returns `grow`: state `id` must have room for `need` units before this row can be taken. */
export function askForRoom(k: KernelBuilder, id: number, need: Expr, leave: Leave): void {
  k.put(controlBlock, 'need_region', i32(id))
  k.put(controlBlock, 'need', need)
  leave(Status.grow)
}

/** Returns `trap`; the runtime turns the reason into an error. */
export function trap(k: KernelBuilder, reason: (typeof Trap)[keyof typeof Trap], leave: Leave): void {
  k.put(controlBlock, 'trap', i32(reason))
  leave(Status.trap)
}

/** Counts one unit of work; returns `yield` when the budget of this call is used up. The position is saved. */
export function returnIfBudgetSpent(k: KernelBuilder, spent: Local): void {
  k.if(ge(spent, load(controlBlock, 'budget')), () => k.return(i32(Status.yield)))
  k.set(spent, add(spent, i32(1)))
}

/** Runs code under a condition that may be constant. */
export function when(k: KernelBuilder, cond: Expr, body: () => void): void {
  if (isConst(cond, true)) body()
  else k.if(cond, body)
}
