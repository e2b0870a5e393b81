/**
 * Other libraries that a TypeScript programmer would reach for, on the same question. They get their rows as they
 * like them before anything is timed: row objects, or a table of columns. Every pass starts from nothing.
 */
import type { Answer, Cell } from '../lib/answer.ts'
import { cellOf, type Data } from '../lib/data.ts'
import type { KernelCase } from '../lib/kernel-case.ts'
import type { Subject } from '../lib/subject.ts'

/** A row object; 64-bit integers come as numbers, which is what these libraries add up. */
export type RowOf<K extends string> = Readonly<Record<K, number>>

export interface Peer {
  readonly name: string
  /** Rows that it is fed with, where all of them would take too long. */
  readonly rowsMax?: number
  readonly open: (data: Data) => Pick<Subject, 'pass' | 'answer'>
}

export interface PeerCase {
  /** The plan and the rows. */
  readonly spec: KernelCase
  readonly peers: readonly Peer[]
}

interface RowPeer<K extends string> {
  readonly name: string
  readonly rowsMax?: number
  /** Answers over row objects. */
  readonly run: (rows: readonly RowOf<K>[]) => readonly object[]
}

/** A peer that takes row objects and gives row objects. */
export const rowPeer = <K extends string>({ name, rowsMax, run }: RowPeer<K>): Peer => ({
  name,
  ...(rowsMax && { rowsMax }),
  open(data) {
    const rows = rowObjects<K>(data)
    return {
      pass: () => void run(rows),
      answer: async () => run(rows).map(row => Object.values(row) as Cell[]),
    }
  },
})

interface TablePeer<T> {
  readonly name: string
  /** Takes the columns over; makes what answers. */
  readonly open: (columns: Readonly<Record<string, readonly number[]>>) => () => T
  readonly answer: (result: T) => Answer
}

/** A peer that takes columns. */
export const tablePeer = <T>({ name, open, answer }: TablePeer<T>): Peer => ({
  name,
  open(data) {
    const run = open(columnArrays(data))
    return { pass: () => void run(), answer: async () => answer(run()) }
  },
})

const rowObjects = <K extends string>({ rows, columns }: Data): readonly RowOf<K>[] =>
  Array.from({ length: rows }, (_, i) => {
    const entries = columns.map(column => [column.name, Number(cellOf(column, i))] as const)
    return Object.fromEntries(entries) as RowOf<K>
  })

const columnArrays = ({ rows, columns }: Data): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    columns.map(column => [column.name, Array.from({ length: rows }, (_, i) => Number(cellOf(column, i)))]),
  )
