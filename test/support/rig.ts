/**
 * Runs the commands of a rig through the executor of the runtime, on every back end at once: answers, emitted rows
 * and the bytes of all memory must agree. The interpreter comes first and traps what would leave its region.
 */
import assert from 'node:assert/strict'
import { controlBlock, type KernelFunction, type Kernels, type Status } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import type { Scalar } from '../../ir/kernel/ops.ts'
import { Executor } from '../../runtime/dag/executor.ts'
import { Pipeline } from '../../runtime/dag/pipeline.ts'
import { type PlanMemory, reservePlan } from '../../runtime/memory/arena.ts'
import { writeConstants } from '../../runtime/memory/params.ts'
import { backends, type TestBackend } from './backends.ts'
import { peek, poke } from './memory.ts'
import { type RigProgram, type RigSpec, rigLimits, rigProgram, TEXT_SLOT } from './rig-program.ts'

export type Row = Readonly<Record<string, Scalar>>

export interface RigOptions {
  readonly budgetRows?: number
  readonly stateRows?: number
  readonly stateBytes?: number
}

/** A range of the bytes region. */
export interface TextPlace {
  readonly at: number
  readonly length: number
}

/** Far more than any test needs: a kernel that never ends is told, not waited for. */
const STEPS_MAX = 1 << 20

export class Rig {
  readonly #machines: readonly Machine[]
  readonly #program: RigProgram

  private constructor(program: RigProgram, machines: readonly Machine[]) {
    this.#program = program
    this.#machines = machines
  }

  static async build(spec: RigSpec): Promise<Rig> {
    const program = rigProgram(spec)
    return new Rig(program, await Promise.all(backends.map(backend => Machine.build(backend, program))))
  }

  /** Memory as it is before the first command; all else is forgotten. */
  reset(options: RigOptions = {}): void {
    for (const machine of this.#machines) machine.reset(options)
  }

  /** Writes the texts of commands; returns where they lie. */
  writeTexts(texts: readonly Uint8Array[]): readonly TextPlace[] {
    const [places] = this.#machines.map(machine => machine.writeTexts(texts))
    return places
  }

  /** Called when texts in state were swept, with a machine to write to. */
  set onSwept(swept: (memory: Memory) => void) {
    for (const machine of this.#machines) machine.onSwept = () => swept(machine)
  }

  /** The answers to some commands; undefined for one that met a limit and was passed over. */
  run(commands: readonly Row[]): readonly (Row | undefined)[] {
    const [wanted, ...others] = this.#machines.map(machine => machine.run(commands))
    for (const answers of others) assert.deepEqual(answers, wanted)
    this.#checkAgreement()
    return wanted
  }

  /** Runs one of the other kernels until it is done. */
  call(kernel: string): void {
    for (const machine of this.#machines) machine.call(kernel)
    this.#checkAgreement()
  }

  /** The rows that were emitted since they were last asked for. */
  takeEmitted(): readonly Row[] {
    const [wanted, ...others] = this.#machines.map(machine => machine.takeEmitted())
    for (const rows of others) assert.deepEqual(rows, wanted)
    return wanted
  }

  #checkAgreement(): void {
    const [first, ...others] = this.#machines
    for (const other of others) {
      assert.ok(Buffer.from(first.bytes).equals(Buffer.from(other.bytes)), `memory differs: ${other.name}`)
    }
  }

  /** Memory of the interpreter; that of all others has the same bytes. */
  get memory(): Memory {
    return this.#machines[0]
  }

  /** The bytes of all state: what must not depend on where kernels stopped. */
  stateBytes(): Buffer {
    const mems = new Map(this.#program.kernels.flatMap(({ mems }) => mems.map(mem => [mem.name, mem])))
    const states = [...mems.values()].filter(({ role }) => role === 'state' || role === 'bytes')
    return Buffer.concat(states.map(mem => this.#machines[0].regionBytes(mem)))
  }

  /** How often a kernel has returned a status since the reset. */
  count(kernel: string, status: Status): number {
    return this.#machines[0].count(kernel, status)
  }
}

/** Regions as a test reads and writes them. */
export interface Memory {
  read(mem: Mem, field: string, row?: number): number
  write(mem: Mem, field: string, row: number, value: Scalar): void
  text(place: TextPlace): Uint8Array
}

class Machine implements Memory {
  readonly name: string
  readonly bytes: Uint8Array
  onSwept: () => void = () => {}
  readonly #program: RigProgram
  readonly #memory: PlanMemory
  readonly #kernels: Kernels
  readonly #counts = new Map<string, number>()
  #emitted: Row[] = []
  #pipeline: Pipeline
  #executor: Executor

  private constructor(name: string, program: RigProgram, memory: PlanMemory, kernels: Kernels) {
    this.name = name
    this.bytes = new Uint8Array(memory.buffer)
    this.#program = program
    this.#memory = memory
    this.#kernels = new Map([...kernels].map(([kernel, run]) => [kernel, this.#counted(kernel, run)]))
    this.#pipeline = this.#newPipeline()
    this.#executor = this.#newExecutor()
  }

  static async build(backend: TestBackend, program: RigProgram): Promise<Machine> {
    const memory = reservePlan(program.plan, rigLimits)
    const compiled = await backend.compile({ name: program.plan.text, kernels: program.kernels })
    return new Machine(backend.name, program, memory, compiled.link(memory.pipelines[0].placement))
  }

  #counted(kernel: string, run: KernelFunction): KernelFunction {
    return () => {
      const status = run()
      const key = `${kernel} ${status}`
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
      return status
    }
  }

  #newPipeline(budgetRows = rigLimits.budgetRows): Pipeline {
    const limits = { ...rigLimits, budgetRows }
    const pipeline = new Pipeline(this.#program.plan.pipelines[0], this.#memory, limits, 0)
    pipeline.install(this.#kernels)
    return pipeline
  }

  #newExecutor(): Executor {
    return new Executor([this.#pipeline], {
      results: rows => this.#emitted.push(...this.#rows(this.#program.emitted, rows)),
      sides: () => {},
      requests: () => {},
      textsSwept: () => this.onSwept(),
    })
  }

  reset({ budgetRows, stateRows, stateBytes }: RigOptions): void {
    this.bytes.fill(0)
    writeConstants(this.#memory, this.#program.plan)
    this.#counts.clear()
    this.#emitted = []
    this.#pipeline = this.#newPipeline(budgetRows)
    this.#executor = this.#newExecutor()
    const { control } = this.#pipeline
    if (stateRows !== undefined) control.set('limit', stateRows)
    if (stateBytes !== undefined) control.set('heap_limit', stateBytes)
    this.#pipeline.kernel('init')()
  }

  run(commands: readonly Row[]): readonly (Row | undefined)[] {
    const answers: (Row | undefined)[] = []
    while (answers.length < commands.length) {
      const batch = commands.slice(answers.length, answers.length + rigLimits.batchRows)
      this.#load(batch)
      const taken = this.#take(batch.length)
      answers.push(...this.#rows(this.#program.answers, taken))
      if (taken < batch.length) answers.push(undefined)
    }
    return answers
  }

  #load(batch: readonly Row[]): void {
    batch.forEach((command, i) => {
      for (const [field, value] of Object.entries(command))
        this.write(this.#program.commands, field, i, value)
    })
  }

  /** How many of the commands that were loaded were done before one met a limit. */
  #take(rows: number): number {
    try {
      this.#finish('push', rows)
      return rows
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'LDB-8013')) throw error
      return this.read(controlBlock, 'cursor')
    }
  }

  call(kernel: string): void {
    this.#finish(kernel, 0)
  }

  #finish(kernel: string, rows: number): void {
    this.#executor.begin(this.#pipeline.kernel(kernel), rows)
    for (let i = 0; this.#executor.step(); i++) if (i > STEPS_MAX) throw new Error(`${kernel} never ends`)
    this.#executor.flush()
  }

  takeEmitted(): readonly Row[] {
    const rows = this.#emitted
    this.#emitted = []
    return rows
  }

  count(kernel: string, status: Status): number {
    return this.#counts.get(`${kernel} ${status}`) ?? 0
  }

  #rows(mem: Mem, count: number): Row[] {
    const fields = Object.keys(mem.fields)
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(fields.map(field => [field, peek(this.#placement, mem, field, row)])),
    )
  }

  get #placement(): PlanMemory['pipelines'][number]['placement'] {
    return this.#memory.pipelines[0].placement
  }

  read(mem: Mem, field: string, row = 0): number {
    return Number(peek(this.#placement, mem, field, row))
  }

  write(mem: Mem, field: string, row: number, value: Scalar): void {
    poke(this.#placement, mem, field, row, value)
  }

  text({ at, length }: TextPlace): Uint8Array {
    const start = this.#memory.bytes.offset + at
    return this.bytes.slice(start, start + length)
  }

  regionBytes(mem: Mem): Uint8Array {
    const { offset, bytes } = this.#placement.regions.get(mem.name) ?? { offset: 0, bytes: 0 }
    return this.bytes.subarray(offset, offset + bytes)
  }

  writeTexts(texts: readonly Uint8Array[]): readonly TextPlace[] {
    const area = this.#memory.pipelines[0].areas.columns.get(TEXT_SLOT)
    let at = area?.offset ?? 0
    return texts.map(text => {
      this.bytes.set(text, this.#memory.bytes.offset + at)
      const place = { at, length: text.length }
      at += text.length
      return place
    })
  }
}
