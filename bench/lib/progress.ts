/** Bars on standard error. */
import { SingleBar } from 'cli-progress'

/** For rows, whose number is known when the first of them are there. */
export class Progress {
  readonly #bar: SingleBar
  #isRunning = false

  constructor(what: string) {
    this.#bar = new SingleBar({
      format: `  ${what} [{bar}] {value}/{total} rows, {duration_formatted}`,
      stream: process.stderr,
      hideCursor: true,
    })
  }

  update(done: number, all: number): void {
    if (!this.#isRunning) this.#bar.start(all, 0)
    this.#isRunning = true
    this.#bar.update(done)
  }

  stop(): void {
    this.#bar.stop()
  }
}

/** For work of so many steps; the bar goes when it stops. */
export class Steps {
  readonly #bar: SingleBar

  constructor(what: string, steps: number) {
    this.#bar = new SingleBar({
      format: `  ${what} [{bar}] {value}/{total}, {duration_formatted}`,
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    })
    this.#bar.start(steps, 0)
  }

  step(): void {
    this.#bar.increment()
  }

  stop(): void {
    this.#bar.stop()
  }
}
