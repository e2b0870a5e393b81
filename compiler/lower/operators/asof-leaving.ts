/**
 * The rows of an asof join that leave later, in order of the time of the right side at which it is sure what they are given. At
 * one time those leave first that a row of the right side was awaited by.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { add, and, ge, gt, i32, type KernelBuilder, load, lt, not } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { AsofJoin } from '../../../ir/logical/asof-join.ts'
import type { RowColumns } from '../expr/index.ts'
import { type Leave, when } from '../lib/control.ts'
import { END_OF_CHAIN } from '../lib/node-pool.ts'
import { FALSE, orElse } from '../value.ts'
import type { RipeVersions } from './asof-ripening.ts'
import type { AsofSureness } from './asof-sureness.ts'
import type { AsofVersions } from './asof-versions.ts'
import type { AsofWaiting } from './asof-waiting.ts'

/** What is done with a row that leaves, and with a key that it was the last row of. */
export interface OnLeaving {
  give(row: RowColumns, found: Expr, step: Expr): void
  forgetKey(key: Expr): void
}

export interface LeavingParts {
  readonly waiting: AsofWaiting
  readonly versions: AsofVersions
  readonly sureness: AsofSureness
  readonly rightTime: Expr
}

export class AsofLeaving {
  readonly #node: AsofJoin
  readonly #waiting: AsofWaiting
  readonly #versions: AsofVersions
  readonly #sureness: AsofSureness
  readonly #rightTime: Expr

  constructor(node: AsofJoin, { waiting, versions, sureness, rightTime }: LeavingParts) {
    this.#node = node
    this.#waiting = waiting
    this.#versions = versions
    this.#sureness = sureness
    this.#rightTime = rightTime
  }

  get #ripening(): RipeVersions | undefined {
    return this.#versions.ripening
  }

  get isDue(): Expr {
    return orElse(this.#ripening?.isDue(this.#rightTime) ?? FALSE, this.#waiting.isDue(this.#rightTime))
  }

  /** Gives out the rows whose time has come. */
  advance(k: KernelBuilder, leave: Leave, on: OnLeaving): void {
    const spent = k.let('spent', i32(0))
    k.loop('due_rows', done => {
      k.breakIf(not(this.isDue), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, i32(1)))
      const row = k.let('leaving', i32(END_OF_CHAIN))
      const ripening = this.#ripening
      if (!ripening) {
        k.set(row, this.#waiting.first)
        this.#give(k, { row, isAwaited: FALSE, spent }, on)
        return
      }
      const isAwaited = this.#chooseNext(k, ripening, row)
      const give = (): void => this.#give(k, { row, isAwaited, spent }, on)
      const drop = (): void => {
        k.phase('apply')
        ripening.drop(k)
      }
      k.if(lt(row, i32(0)), drop, give)
    })
  }

  /**
   * The row that leaves next; none where a ripe row of the right side has nobody left that waits for it. Returns whether it
   * leaves because of one.
   */
  #chooseNext(k: KernelBuilder, ripening: RipeVersions, row: Local): Expr {
    const waiting = this.#waiting
    const { chains } = this.#versions
    const isRipe = k.let('is_ripe', ripening.isDue(this.#rightTime))
    const isBehind = and(waiting.isDue(this.#rightTime), lt(waiting.until, ripening.time))
    const isAwaited = k.let('is_awaited', and(isRipe, not(isBehind)))
    k.if(
      isAwaited,
      () => {
        const ripe = k.let('ripe', ripening.first)
        k.set(row, waiting.chains.oldest(chains.keyAt(ripe)))
        k.if(ge(row, i32(0)), () =>
          k.if(gt(waiting.chains.timeAt(row), chains.timeAt(ripe)), () => k.set(row, i32(END_OF_CHAIN))),
        )
      },
      () => k.set(row, waiting.first),
    )
    return isAwaited
  }

  /** Gives a row that waited its result; as the nearest it may wait once more, for one as near behind it. */
  #give(
    k: KernelBuilder,
    { row, isAwaited, spent }: { row: Local; isAwaited: Expr; spent: Local },
    on: OnLeaving,
  ): void {
    const waiting = this.#waiting
    const time = k.let('time', waiting.chains.timeAt(row))
    const { row: found, steps } = this.#versions.match(k, waiting.chains.keyAt(row), time)
    k.set(spent, add(spent, steps))
    const give = (): void => {
      when(k, this.#sureness.isGiven(found), () =>
        on.give(waiting.columnsAt(row), found, waiting.stepAt(row)),
      )
      k.phase('apply')
      waiting.leave(k, row, on.forgetKey)
    }
    if (this.#node.direction !== 'nearest') {
      give()
      return
    }
    const until = k.let('until', this.#sureness.sureAt(k, found, time))
    const wait = (): void => {
      k.phase('apply')
      waiting.delayFirst(k, until)
    }
    k.if(and(not(isAwaited), gt(until, waiting.until)), wait, give)
  }
}
