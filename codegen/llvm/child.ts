/**
 * One compile child as the engine sees it: a process that answers or ends. It keeps the engine's event loop
 * alive only while it is held. It knows nothing of queues and retries.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { CompileReply, CompileRequest, Hello } from './protocol.ts'

export interface ChildListener {
  onMessage(message: Hello | CompileReply): void
  /** With what is known of the cause; a second call says nothing new. */
  onEnd(reason: string): void
}

/** How much of what the child wrote to its error output is kept: LLVM says there why it aborts. */
const LAST_WORDS_CHARS_MAX = 1000

export class CompileChild {
  readonly #process: ChildProcess
  readonly ended: Promise<void>
  #lastWords = ''

  constructor(library: string, listener: ChildListener) {
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#process = fork(serverFile(), [String(process.pid), library], {
      env,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.on('message', message => listener.onMessage(message as Hello | CompileReply))
    this.#process.stderr?.on('data', chunk => {
      this.#lastWords = (this.#lastWords + chunk).slice(-LAST_WORDS_CHARS_MAX)
    })
    this.ended = new Promise(resolve => {
      const end = (how: string): void => {
        listener.onEnd([how, this.#lastWords.trim()].filter(part => part !== '').join(': '))
        resolve()
      }
      this.#process.on('error', error => end(error.message))
      this.#process.on('close', (code, signal) => end(signal ?? `exit code ${code}`))
    })
    this.release()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** A failed send is followed by the end of the child. */
  send(request: CompileRequest): void {
    this.#process.send(request, () => {})
  }

  hold(): void {
    for (const handle of this.#handles()) handle?.ref()
  }

  release(): void {
    for (const handle of this.#handles()) handle?.unref()
  }

  /** Nothing is lost: the child holds no state between requests. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #handles(): readonly ({ ref(): void; unref(): void } | null | undefined)[] {
    return [this.#process, this.#process.channel, this.#process.stderr as Socket | null]
  }
}

/** The server lies beside this file, under the extension that this file runs with. */
const serverFile = (): string =>
  fileURLToPath(new URL(import.meta.url.replace(/[^/]*(\.[jt]s)$/, 'compile-server$1')))
