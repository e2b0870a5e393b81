/** A promise that can be made again and again: whoever waits is woken by the next `notify`. */
export class Signal {
  #promise: Promise<void> | undefined
  #resolve: (() => void) | undefined

  wait(): Promise<void> {
    this.#promise ??= new Promise(resolve => {
      this.#resolve = resolve
    })
    return this.#promise
  }

  notify(): void {
    this.#resolve?.()
    this.#promise = undefined
    this.#resolve = undefined
  }
}
