/** A door and a result reader around kernels that copy every column from the one to the other. */
import '../support/no-cache.ts'
import type { Data, RecordBatch } from 'apache-arrow'
import { interpret } from '../../codegen/interp/interpret.ts'
import { compileJs } from '../../codegen/js/link.ts'
import { layoutInput, readInput } from '../../compiler/lower/input.ts'
import { bytesRegion } from '../../compiler/lower/lib/bytes.ts'
import { layoutOutput } from '../../compiler/lower/output.ts'
import type { Value as KernelValue } from '../../compiler/lower/value.ts'
import { controlBlock, type Placement } from '../../ir/abi.ts'
import { i32, KernelBuilder, load, toInt } from '../../ir/kernel/build.ts'
import type { Expr, Kernel, Mem } from '../../ir/kernel/node.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { regionBytes } from '../../ir/layout.ts'
import type { BatchLimits, BatchShape, OutputColumn } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import { BatchDoor } from '../../runtime/io/arrow/door.ts'
import type { DoorMemory } from '../../runtime/io/arrow/memory.ts'
import { ResultReader } from '../../runtime/io/arrow/result.ts'
import { poke } from '../support/memory.ts'

export interface FixtureLimits extends BatchLimits {
  readonly columnBytes: number
}
const defaults: FixtureLimits = { batchRows: 64, outputRows: 64, dictionaryRows: 64, columnBytes: 1024 }
/** Bytes behind each area that a word may be read from. */
const SLACK = 8

export interface Fixture {
  readonly door: BatchDoor
  readonly reader: ResultReader
  readonly memory: DoorMemory
  readonly limits: FixtureLimits
  /** Copies the rows that were loaded to the output region. */
  copy(shape: BatchShape, rows: number): void
  /** Every byte of memory. */
  bytes(): Uint8Array
}

export type Output = readonly OutputColumn[]

/** Every column computed, under its own name. */
export const computedOutput = (schema: Schema): Output =>
  schema.map((column, i) => ({ kind: 'computed', column, field: `o${i}` }))

export function makeFixture(
  schema: Schema,
  given: Partial<FixtureLimits> = {},
  output: Output = computedOutput(schema),
  engine: 'interp' | 'js' = 'interp',
): Fixture {
  const limits = { ...defaults, ...given }
  const layout = layoutInput(schema, limits)
  const out = layoutOutput(output, limits.outputRows)
  const dictionaries = layout.columns.flatMap(({ dictionary }) => dictionary ?? [])
  const areaBytes = limits.columnBytes + SLACK
  const text: Mem = { ...bytesRegion, fields: bytesRegion.fields }
  const placement = place([
    [text, 2 * schema.length * areaBytes + 64],
    [controlBlock, regionBytes(controlBlock, 1)],
    [layout.meta, regionBytes(layout.meta, 1)],
    [layout.data, regionBytes(layout.data, limits.batchRows + 1)],
    [out, regionBytes(out, limits.outputRows + 1)],
    ...dictionaries.map(mem => [mem, regionBytes(mem, limits.dictionaryRows + 1)] as const),
  ])
  const slotOf = (slot: string): number => layout.columns.findIndex(one => one.slot === slot)
  const area = (n: number) => ({ offset: 16 + n * areaBytes, bytes: limits.columnBytes })
  const memory: DoorMemory = {
    placement,
    mems: new Map([layout.data, layout.meta, out].map(mem => [mem.name, mem])),
    columnArea: slot => area(2 * slotOf(slot)),
    dictionaryArea: slot => area(2 * slotOf(slot) + 1),
  }
  const copy = (shape: BatchShape, rows: number): void => {
    const kernel = copyKernel(out, output, i => readInput(layout, shape, i))
    const program = { name: 'copy', kernels: [kernel] }
    const compiled = engine === 'js' ? compileJs(program) : interpret(program)
    poke(placement, controlBlock, 'rows', 0, rows)
    compiled.link(placement).get(kernel.name)?.()
  }
  return {
    door: new BatchDoor(layout.columns, schema, memory, limits),
    reader: new ResultReader(output, memory, limits.outputRows),
    memory,
    limits,
    copy,
    bytes: () => new Uint8Array(placement.buffer).slice(),
  }
}

function place(sizes: readonly (readonly [Mem, number])[]): Placement {
  const regions = new Map<string, { offset: number; bytes: number }>()
  let end = 0
  for (const [mem, bytes] of sizes) {
    const size = Math.ceil(bytes / 64) * 64
    regions.set(mem.name, { offset: end, bytes: size })
    end += size
  }
  const buffer = new SharedArrayBuffer(end)
  new Uint8Array(buffer).fill(0xa5)
  return { buffer, regions }
}

function copyKernel(out: Mem, output: Output, read: (i: Expr) => ReadonlyMap<string, KernelValue>): Kernel {
  const k = new KernelBuilder('copy')
  k.range('i', i32(0), load(controlBlock, 'rows'), i => {
    const columns = read(i)
    for (const one of output) {
      const value = columns.get(one.column.name)
      if (one.kind === 'computed' && value) store(k, out, one.field, one.column.nullable, i, value)
    }
    k.store(out, 'row', i, i)
  })
  k.return(i32(0))
  return verifyKernel(k.finish())
}

function store(
  k: KernelBuilder,
  out: Mem,
  field: string,
  nullable: boolean,
  i: Expr,
  value: KernelValue,
): void {
  if (nullable) k.store(out, `${field}_null`, i, toInt(value.isNull))
  if (value.kind === 'bytes') {
    k.store(out, `${field}_at`, i, value.offset)
    k.store(out, `${field}_len`, i, value.length)
  } else k.store(out, field, i, value.type === 'bool' ? toInt(value.value) : value.value)
}

/** Takes a batch in through the door, as often as it must be filled, and the results out. */
export function passThrough(
  fixture: Fixture,
  batch: RecordBatch,
  shape?: Partial<BatchShape>,
): RecordBatch[] {
  const accepted = fixture.door.accept(batch)
  const results: RecordBatch[] = []
  for (let from = 0; from < accepted.rows; ) {
    const rows = fixture.door.load(accepted, from)
    if (rows === 0) throw new Error('no row fits')
    fixture.copy({ ...accepted.shape, ...shape }, rows)
    results.push(fixture.reader.take(rows, accepted, from, 'copy'))
    from += rows
  }
  return results
}

export const childOf = (batch: RecordBatch, i = 0): Data => batch.data.children[i]
