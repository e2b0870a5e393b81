/** Keeps the process alive while something is awaited that nothing else does: the timers of clocks do not. */

const LONG_MS = 0x7fff_ffff

export class KeepAlive {
  #timer: NodeJS.Timeout | undefined

  set(isOn: boolean): void {
    if (isOn === (this.#timer !== undefined)) return
    if (isOn) this.#timer = setInterval(() => {}, LONG_MS)
    else {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
