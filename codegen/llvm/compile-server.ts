/**
 * The compile child: kernel texts in, object code out. It is a process of its own because llvm-bindings and
 * libLLVM crash, abort, leak and block; here that costs one compilation. It trusts no input: texts are parsed and
 * verified again. It must not outlive its parent.
 *
 * Started with: pid of the parent, name of the libLLVM to load.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kernel } from '../../ir/kernel/node.ts'
import { parseKernel } from '../../ir/kernel/parse.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { regionBytes } from '../../ir/layout.ts'
import { loadBindings } from './bindings.ts'
import { emitProgram } from './emit.ts'
import { type BodyFacts, LibLlvm } from './libllvm.ts'
import { type Limits, limitProcess } from './limits.ts'
import type { CompileReply, CompileRequest, Hello } from './protocol.ts'
import { seedText } from './seed.ts'
import { bodySymbol } from './table.ts'
import { openToolbox, type Toolbox } from './toolbox.ts'

const send = (message: Hello | CompileReply): void => {
  process.send?.(message)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function openTools(): Toolbox {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  try {
    const file = join(folder, 'seed.ll')
    writeFileSync(file, seedText)
    return openToolbox(loadBindings(), file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The control block is one row, so its loads may leave a loop even where the loop may not reach them. */
const bodyFacts = (kernel: Kernel): BodyFacts => ({
  symbol: bodySymbol(kernel.name),
  dereferenceable: kernel.mems.map(mem => (mem.role === 'control' ? regionBytes(mem, 1) : 0)),
})

interface Server {
  readonly limits: Limits
  readonly tools: Toolbox
  readonly llvm: LibLlvm
}

function compile(server: Server, request: CompileRequest): CompileReply {
  const { id, product } = request
  server.limits.allowCpu(request.cpuLimitMs)
  const start = performance.now()
  const kernels = request.kernels.map(text => verifyKernel(parseKernel(text)))
  const read = performance.now()
  const text = emitProgram(server.tools, kernels)
  const built = performance.now()
  const { bytes, timings } = server.llvm.compile({ text, bodies: kernels.map(bodyFacts), product })
  return {
    kind: 'done',
    id,
    bytes,
    timings: { readMs: read - start, buildMs: built - read, ...timings },
  }
}

function answer(server: Server, request: CompileRequest): CompileReply {
  try {
    return compile(server, request)
  } catch (error) {
    return { kind: 'failed', id: request.id, reason: messageOf(error) }
  }
}

function serve(parentPid: number, library: string): void {
  // Without a channel to its parent the child has nothing left to do.
  process.on('disconnect', () => process.exit(0))
  try {
    const limits = limitProcess(parentPid)
    const server: Server = { limits, tools: openTools(), llvm: new LibLlvm(library) }
    process.on('message', request => send(answer(server, request as CompileRequest)))
    send({ kind: 'ready', facts: server.llvm.facts })
  } catch (error) {
    send({ kind: 'unavailable', reason: messageOf(error) })
  }
}

const [parentPid, library] = process.argv.slice(2)
serve(Number(parentPid), library)
