/**
 * The engine's side of compilation: a queue in front of one child. Requests go out one at a time, so that a child
 * that crashes, aborts or hangs takes only the request at fault with it; the next one gets a fresh child.
 */
import { MillraceError } from '../../ir/errors.ts'
import { CompileChild } from './child.ts'
import { withoutArenas } from './forks.ts'
import type { CompileReply, CompileTimings, Hello, Product, TargetFacts } from './protocol.ts'

export interface ClientOptions {
  /** Longest wait for one answer, and the processor time that the child may use for it. */
  readonly limitMs?: number
  /** How long a child without work is kept. */
  readonly idleMs?: number
  /** Most requests that wait. */
  readonly pendingMax?: number
}

const defaults = { limitMs: 10_000, idleMs: 30_000, pendingMax: 64 } as const

/** Longest wait for a child to be ready. */
const START_LIMIT_MS = 10_000

export interface Compiled {
  readonly bytes: Uint8Array
  readonly timings: CompileTimings
  readonly facts: TargetFacts
  /** The name of the libLLVM that the child loaded. */
  readonly library: string
}

interface Job {
  readonly kernels: readonly string[]
  readonly product: Product
  readonly resolve: (compiled: Compiled) => void
  readonly reject: (error: MillraceError) => void
}

export class CompileClient {
  readonly #library: string
  readonly #options: Required<ClientOptions>
  readonly #waiting: Job[] = []
  #running: Job | undefined
  #child: CompileChild | undefined
  /** Set once the child has said that it is ready. */
  #facts: TargetFacts | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false
  /** Why this machine has no compiler, once a child has said so: asking again would cost a process each time. */
  #unavailable: string | undefined
  #lastId = 0

  /** `library`: the name of the libLLVM that the child loads. */
  constructor(library: string, options: ClientOptions = {}) {
    this.#library = library
    this.#options = { ...defaults, ...options }
  }

  /** The process that compiles now or would compile next. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * Compiles printed kernels.
   * @throws MillraceError LDB-8015 where no code comes out, LDB-8016 where the child finds no LLVM
   */
  compile(kernels: readonly string[], product: Product): Promise<Compiled> {
    const { pendingMax } = this.#options
    if (this.#closed) return Promise.reject(failure('the native compiler is closed'))
    if (this.#unavailable) return Promise.reject(unavailable(this.#unavailable))
    if (this.#waiting.length >= pendingMax) {
      return Promise.reject(failure(`${pendingMax} programs wait for the native compiler already`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kernels, product, resolve, reject })
      this.#pump()
    })
  }

  /** Ends the child. What waits or runs is rejected; so is what comes after. */
  async close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    child?.hold()
    this.#rejectAll(failure('the native compiler was closed'))
    this.#drop()
    await child?.ended
  }

  /** Hands the next request out, or lets the child rest. */
  #pump(): void {
    if (this.#running) return
    if (this.#waiting.length === 0) {
      this.#rest()
      return
    }
    const child = this.#child ?? this.#start()
    child.hold()
    if (!this.#facts) return
    this.#running = this.#waiting.shift()
    if (!this.#running) return
    const { kernels, product } = this.#running
    const { limitMs } = this.#options
    this.#after(limitMs, () => this.#fail(`no answer within ${limitMs} ms`))
    child.send({ id: ++this.#lastId, kernels, product, cpuLimitMs: limitMs })
  }

  #start(): CompileChild {
    const start = (): CompileChild =>
      new CompileChild(this.#library, {
        onMessage: message => {
          if (child === this.#child) this.#receive(message)
        },
        onEnd: reason => {
          if (child === this.#child) this.#fail(`the compile process ended: ${reason}`)
        },
      })
    const child = withoutArenas(start)
    this.#child = child
    this.#after(START_LIMIT_MS, () => this.#fail(`the compile process was not ready in ${START_LIMIT_MS} ms`))
    return child
  }

  #receive(message: Hello | CompileReply): void {
    switch (message.kind) {
      case 'ready':
        this.#callOff()
        this.#facts = message.facts
        break
      case 'unavailable':
        this.#drop()
        this.#unavailable = message.reason
        this.#rejectAll(unavailable(message.reason))
        return
      case 'done':
      case 'failed':
        if (message.id !== this.#lastId) return
        this.#callOff()
        this.#settle(message)
    }
    this.#pump()
  }

  #settle(reply: CompileReply): void {
    const job = this.#running
    this.#running = undefined
    if (reply.kind === 'failed') job?.reject(failure(reply.reason))
    else if (this.#facts) {
      const { bytes, timings } = reply
      job?.resolve({ bytes, timings, facts: this.#facts, library: this.#library })
    }
  }

  /** The child is no good. A child that never was ready would fail every other request as well. */
  #fail(reason: string): void {
    const error = failure(reason)
    const wasReady = this.#facts !== undefined
    this.#drop()
    if (!wasReady) {
      this.#rejectAll(error)
      return
    }
    this.#running?.reject(error)
    this.#running = undefined
    this.#pump()
  }

  #rejectAll(error: MillraceError): void {
    this.#running?.reject(error)
    this.#running = undefined
    for (const job of this.#waiting.splice(0)) job.reject(error)
  }

  #drop(): void {
    this.#callOff()
    this.#child?.kill()
    this.#child = undefined
    this.#facts = undefined
  }

  #rest(): void {
    this.#child?.release()
    if (this.#facts) this.#after(this.#options.idleMs, () => this.#drop()).unref()
  }

  /**
   * There is never more than one thing to wait for: the start, an answer, or the end of idleness. A loop that was
   * blocked finds its timers due before it has read its messages: it reads them first, and they may call this off.
   */
  #after(ms: number, then: () => void): NodeJS.Timeout {
    clearTimeout(this.#timer)
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (timer === this.#timer) then()
      })
    }, ms)
    this.#timer = timer
    return timer
  }

  #callOff(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

const unavailable = (reason: string): MillraceError => new MillraceError('LDB-8016', reason)
const failure = (reason: string): MillraceError => new MillraceError('LDB-8015', reason)
