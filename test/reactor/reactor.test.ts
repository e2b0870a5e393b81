/** The reactor's loop: its phases, what a turn may do, who gets it, and when it sleeps. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget, defaultBudget } from '../../runtime/reactor/budget.ts'
import { phases, Reactor } from '../../runtime/reactor/reactor.ts'
import { systemClock } from '../../runtime/time/clock.ts'
import { FakeClock, FakeTask, turn } from './kit.ts'

const ENDLESS = Number.POSITIVE_INFINITY
const budget = { stepsMax: 10, turnMs: 4 }

/** A reactor with a clock that stands still, and its tasks. */
function reactorOf(...tasks: readonly FakeTask[]): Reactor {
  const reactor = new Reactor({ clock: new FakeClock(), budget })
  for (const task of tasks) reactor.add(task)
  return reactor
}

test('a turn takes all tasks through one phase after the other', () => {
  const log: string[] = []
  const tasks = ['a', 'b'].map(name => new FakeTask(0, phase => log.push(`${phase} ${name}`)))
  const reactor = reactorOf(...tasks)
  reactor.turn()
  assert.deepEqual(
    log,
    ['poll', 'push', 'advance', 'fire', 'emit'].flatMap(phase => [`${phase} a`, `${phase} b`]),
  )
  assert.deepEqual([...phases], ['poll', 'push', 'advance', 'fire', 'emit'])
  assert.equal(reactor.turns, 1)
})

test('a turn has so many steps, and each turn has them anew', () => {
  const task = new FakeTask(25)
  const reactor = reactorOf(task)
  for (let i = 0; i < 4; i++) reactor.turn()
  assert.deepEqual(task.steps, [10, 10, 5, 0])
})

test('steps are one count for all tasks and phases of a turn', () => {
  const spent: number[] = []
  const task = new FakeTask(7)
  const other = new FakeTask(7)
  other.fire = (given?: Budget) => {
    let steps = 0
    while (given?.spend()) steps++
    spent.push(steps)
  }
  const reactor = reactorOf(task, other)
  reactor.turn()
  reactor.turn()
  assert.deepEqual(
    [task.steps, other.steps, spent],
    [
      [7, 0],
      [3, 4],
      [0, 6],
    ],
  )
})

test('no step begins after the time of a turn is up; a long one is the last', () => {
  const clock = new FakeClock()
  const timed = new Budget(clock, { stepsMax: 100, turnMs: 4 })
  const stepsOf = (ms: number): number => {
    timed.refill()
    let steps = 0
    for (; timed.spend(); steps++) clock.pass(ms)
    return steps
  }
  assert.deepEqual([0, 0.5, 1, 3, 4, 1000, 1].map(stepsOf), [100, 8, 4, 2, 1, 1, 4])
})

test('time that a phase takes is time of the turn', () => {
  const clock = new FakeClock()
  let pollMs = 5
  const task = new FakeTask(100, phase => phase === 'poll' && clock.pass(pollMs))
  const reactor = new Reactor({ clock, budget })
  reactor.add(task)
  reactor.turn()
  pollMs = 0
  reactor.turn()
  assert.deepEqual(task.steps, [0, 10])
})

test('the clock of the system never goes back, and a turn is short by default', () => {
  const first = systemClock.now()
  assert.ok(systemClock.now() >= first)
  assert.ok(defaultBudget.turnMs <= 10)
})

test('the event loop has its turn between two turns of the reactor', async () => {
  const task = new FakeTask(1000)
  const reactor = reactorOf(task)
  const turnsSeen: number[] = []
  const look = (): void => {
    turnsSeen.push(reactor.turns)
    if (task.work === 0) task.finish()
    else setImmediate(look)
  }
  setImmediate(look)
  await reactor.run()
  const gaps = turnsSeen.slice(1).map((turns, i) => turns - turnsSeen[i])
  assert.equal(task.done, 1000)
  assert.ok(Math.max(...gaps) <= 1, `${Math.max(...gaps)} turns without one of the event loop`)
})

for (const count of [2, 3, 5]) {
  test(`${count} tasks that always have work share the steps`, () => {
    const tasks = Array.from({ length: count }, () => new FakeTask(ENDLESS))
    const reactor = reactorOf(...tasks)
    for (let i = 0; i < 20 * count; i++) reactor.turn()
    assert.deepEqual(
      tasks.map(task => task.done),
      tasks.map(() => 20 * budget.stepsMax),
    )
  })
}

test('a task with little to do is served beside those that always have work', () => {
  const small = new FakeTask(0)
  const reactor = reactorOf(new FakeTask(ENDLESS), new FakeTask(ENDLESS), small)
  for (let i = 0; i < 10; i++) {
    small.work = 1
    for (let turns = 0; turns < 3; turns++) reactor.turn()
    assert.equal(small.work, 0)
  }
})

test('tasks that are done leave, the others keep their order, and the run ends with the last', async () => {
  const tasks = [1, 2, 3].map(() => new FakeTask(ENDLESS))
  const reactor = reactorOf(...tasks)
  reactor.turn()
  tasks[1].finish()
  reactor.turn()
  for (let i = 0; i < 4; i++) reactor.turn()
  assert.deepEqual(
    tasks.map(({ turns }) => turns),
    [6, 2, 6],
  )
  assert.equal(tasks[0].done + tasks[1].done + tasks[2].done, 60)
  const running = reactor.run()
  tasks[0].finish()
  await turn()
  const { turns } = tasks[0]
  await turn()
  assert.equal(tasks[0].turns, turns)
  tasks[2].finish()
  await running
  await reactorOf().run()
})

test('with nothing to do the reactor sleeps until a task changes', async () => {
  const tasks = [new FakeTask(0), new FakeTask(0)]
  const reactor = reactorOf(...tasks)
  const running = reactor.run()
  await turn()
  assert.equal(reactor.turns, 1)
  for (let wakes = 2; wakes < 10; wakes++) {
    tasks[wakes % 2].changed.notify()
    await turn()
    assert.equal(reactor.turns, wakes)
  }
  for (const task of tasks) task.finish()
  await running
})

test('a task that stays idle is listened to once, however often another wakes', async () => {
  const [busy, idle] = [new FakeTask(0), new FakeTask(0)]
  const running = reactorOf(busy, idle).run()
  for (let i = 0; i < 50; i++) {
    busy.changed.notify()
    await turn()
  }
  assert.equal(idle.waits, 1)
  assert.ok(busy.waits >= 50)
  for (const task of [busy, idle]) task.finish()
  await running
})

test('a task that comes while the others sleep has its turn', async () => {
  const idle = new FakeTask(0)
  const reactor = reactorOf(idle)
  const running = reactor.run()
  await turn()
  const late = new FakeTask(15)
  reactor.add(late)
  for (let i = 0; i < 5; i++) await turn()
  assert.deepEqual(late.steps.slice(0, 2), [10, 5])
  for (const task of [idle, late]) task.finish()
  await running
})
