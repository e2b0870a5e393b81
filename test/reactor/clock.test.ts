/** The clock that tests turn, and who is called by it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemWallClock, virtualClock } from '../../runtime/time/clock.ts'
import { Ticker } from '../../runtime/time/ticker.ts'
import { reactorOf, TaskBench, takeTurns } from './task-kit.ts'

test('a virtual clock calls everyone at the time asked for, in order of time, then in the order of asking', () => {
  const clock = virtualClock(100)
  const calls: string[] = []
  const ask = (time: number, name: string): (() => void) =>
    clock.at(time, () => calls.push(`${name} ${clock.now()}`))
  ask(130, 'late')
  ask(110, 'first')
  ask(110, 'second')
  const takeBack = ask(120, 'never')
  takeBack()
  clock.advance(9)
  assert.deepEqual(calls, [])
  clock.advance(30)
  assert.deepEqual(calls, ['first 110', 'second 110', 'late 130'])
  assert.equal(clock.now(), 139)
})

test('a ticker calls at the multiples of its period until it is stopped', () => {
  const clock = virtualClock(7)
  const times: number[] = []
  const ticker = new Ticker(clock, 5, () => times.push(clock.now()))
  clock.advance(14)
  assert.deepEqual(times, [10, 15, 20])
  ticker.stop()
  clock.advance(100)
  assert.equal(times.length, 3)
})

test('the clock of the host calls, and does not when it is told so', async () => {
  let calls = 0
  await new Promise<void>(resolve => {
    systemWallClock.at(systemWallClock.now() + 1000, () => calls++)()
    systemWallClock.at(systemWallClock.now() + 2, resolve)
    setTimeout(() => {}, 50)
  })
  assert.equal(calls, 0)
})

test('a query that waits for its source looks at the clock when that strikes, once', async () => {
  const bench = new TaskBench({ source: { next: () => new Promise<never>(() => {}) } })
  const reactor = reactorOf(10, bench)
  takeTurns(reactor, 1)
  const woken = bench.task.wait()
  assert.equal(bench.task.isReady, false)
  bench.task.tick()
  await woken
  assert.equal(bench.task.isReady, true)
  takeTurns(reactor, 2)
  assert.deepEqual(
    bench.runner.log.filter(one => one === 'tick'),
    ['tick'],
  )
  assert.equal(bench.task.isReady, false)
})
