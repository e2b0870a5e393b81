/**
 * A pipeline around libraries of state (tables, heaps, interners) and nothing else: each row of its input is a
 * command, and the row of the same number in `answers` is what came of it. It keeps the contract of real pipelines:
 * a row may leave for room or because its time is up, and comes again.
 */
import type { StatefulStage } from '../../compiler/lower/stage.ts'
import { optimiseKernel } from '../../compiler/passes/kernel/index.ts'
import { controlBlock, Status } from '../../ir/abi.ts'
import { add, ge, i32, KernelBuilder, load, lt, min32 } from '../../ir/kernel/build.ts'
import type { Expr, Kernel, Local, Mem } from '../../ir/kernel/node.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout, type FieldSpecs, rowLayout } from '../../ir/layout.ts'
import type { FixedRegion, Limits, PlanProgram } from '../../ir/physical/program.ts'

export type Leave = (status: Status) => void

/** What the code of a command, or of any other kernel of a rig, is written against. */
export interface RigCode {
  readonly k: KernelBuilder
  readonly leave: Leave
  /** Hands a row out; leaves `full` where there is no room. Before anything has changed. */
  emit(row: Readonly<Record<string, Expr>>): void
}

export interface CommandCode extends RigCode {
  readonly arg: (field: string) => Expr
  answer(field: string, value: Expr): void
}

export interface RigSpec {
  readonly name: string
  readonly command: FieldSpecs
  readonly answer: FieldSpecs
  /** Fields of the rows that `emit` hands out. */
  readonly emitted?: FieldSpecs
  readonly fixed?: readonly FixedRegion[]
  readonly growables?: StatefulStage['growables']
  step(code: CommandCode): void
  /** Other kernels by name: `init` runs first, `advance` when a command leaves `due`, others when they are called. */
  readonly kernels?: Readonly<Record<string, (code: RigCode) => void>>
  /** Asked for when all kernels are written. */
  readonly constants?: () => Uint8Array
}

/** Small on purpose: outputs are full often, tables grow often. */
export const rigLimits: Limits = {
  batchRows: 64,
  outputRows: 3,
  dictionaryRows: 64,
  columnBytes: 1 << 13,
  scratchBytes: 1 << 8,
  stateRows: 64,
  stateBytes: 1 << 10,
  memoryBytes: 1 << 24,
  budgetRows: 1,
}

export interface RigProgram {
  readonly plan: PlanProgram
  readonly kernels: readonly Kernel[]
  readonly commands: Mem
  readonly answers: Mem
  readonly emitted: Mem
}

const timeMem = rowLayout('rig_time', 'state', { wm: 'i64', out_wm: 'i64' })
const textColumn = { name: 'text', type: 'utf8', nullable: false } as const
/** The area of the bytes region that the texts of commands lie in. */
export const TEXT_SLOT = 'text'

export function rigProgram(spec: RigSpec): RigProgram {
  const { batchRows, outputRows } = rigLimits
  const commands = columnLayout('commands', 'input', spec.command, batchRows)
  const answers = columnLayout('answers', 'output', spec.answer, batchRows)
  const emitted = columnLayout('out', 'output', spec.emitted ?? { none: 'i32' }, outputRows)
  const push = pushKernel(spec, commands, answers, emitted)
  const grow = (spec.growables ?? []).map(one => growKernel(one))
  const others = Object.entries({ init: () => {}, ...spec.kernels }).map(([name, write]) =>
    otherKernel(name, emitted, write),
  )
  const kernels = [push, ...grow, ...others]
  const regions: readonly FixedRegion[] = [
    { mem: controlBlock, rows: 1 },
    { mem: timeMem, rows: 1 },
    { mem: commands, rows: batchRows + 1 },
    { mem: answers, rows: batchRows },
    { mem: emitted, rows: outputRows + 1 },
    ...(spec.fixed ?? []),
  ]
  const pipeline: PlanProgram['pipelines'][number] = {
    id: 0,
    input: {
      kind: 'source',
      name: spec.name,
      schema: [],
      time: undefined,
      follows: undefined,
      idleMs: undefined,
      alignment: undefined,
    },
    columns: [{ column: textColumn, slot: TEXT_SLOT, dictionary: undefined }],
    kernels,
    push: () => push,
    hostOps: [],
    regions,
    growables: (spec.growables ?? []).map(one => one.growable),
    output: [],
    time: timeMem,
    inputTimes: undefined,
    deadline: undefined,
    handsOn: false,
    advances: spec.kernels?.advance !== undefined,
    onlySweeps: false,
    partitions: undefined,
    drift: undefined,
    operators: [],
    counts: undefined,
    lookup: undefined,
  }
  const plan: PlanProgram = {
    text: spec.name,
    hash: spec.name,
    pipelines: [pipeline],
    constants: spec.constants?.() ?? new Uint8Array(0),
    params: { mem: rowLayout('params', 'params', {}), slots: [] },
    schema: [],
    ticksEveryMs: undefined,
    hostOps: [],
  }
  return { plan, kernels, commands, answers, emitted }
}

function pushKernel(spec: RigSpec, commands: Mem, answers: Mem, emitted: Mem): Kernel {
  const k = new KernelBuilder('push')
  const i = k.let('i', load(controlBlock, 'cursor'))
  const rows = k.let('rows', load(controlBlock, 'rows'))
  const stop = k.let('stop', min32(rows, add(i, load(controlBlock, 'budget'))))
  const leave: Leave = status => {
    k.put(controlBlock, 'cursor', i)
    k.return(i32(status))
  }
  k.loop('each_command', label => {
    k.breakIf(ge(i, stop), label)
    spec.step({
      ...codeOf(k, emitted, leave),
      arg: field => load(commands, field, i),
      answer: (field, value) => k.store(answers, field, i, value),
    })
    k.set(i, add(i, i32(1)))
  })
  k.put(controlBlock, 'cursor', i)
  k.if(lt(i, rows), () => k.return(i32(Status.yield)))
  return finish(k)
}

function growKernel({ growable, grow }: StatefulStage['growables'][number]): Kernel {
  const k = new KernelBuilder(growable.kernel)
  grow(k)
  return finish(k)
}

function otherKernel(name: string, emitted: Mem, write: (code: RigCode) => void): Kernel {
  const k = new KernelBuilder(name)
  write(codeOf(k, emitted, status => k.return(i32(status))))
  return finish(k)
}

function codeOf(k: KernelBuilder, emitted: Mem, leave: Leave): RigCode {
  return {
    k,
    leave,
    emit(row) {
      const at: Local = k.let('out_row', load(controlBlock, 'out_rows'))
      k.if(ge(at, load(controlBlock, 'out_room')), () => leave(Status.full))
      for (const [field, value] of Object.entries(row)) k.store(emitted, field, at, value)
      k.put(controlBlock, 'out_rows', add(at, i32(1)))
    },
  }
}

function finish(k: KernelBuilder): Kernel {
  k.return(i32(Status.ok))
  return verifyKernel(optimiseKernel(verifyKernel(k.finish())))
}
