/** A bar on standard error for work of known size, which begins when the size is known. */
import { SingleBar } from 'cli-progress'

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
