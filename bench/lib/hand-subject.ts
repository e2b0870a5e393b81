/** What was written by hand, as a subject: the loop in JavaScript, or the same in C. */

import type { Answer } from './answer.ts'
import { loadC } from './c-code.ts'
import { copyData, type Data } from './data.ts'
import type { Buffers, CodedCase, HandKernel } from './kernel-case.ts'
import type { Subject } from './subject.ts'
import { shiftData } from './time-shift.ts'

export const handJs = (spec: CodedCase, data: Data, batchRows: number): Subject =>
  handSubject('hand-js', spec, data, batchRows, spec.rival.hand)

/** undefined where there is no C compiler. */
export function handC(spec: CodedCase, data: Data, batchRows: number): Subject | undefined {
  const open = loadC(spec.rival.cFile)
  return open && handSubject('c', spec, data, batchRows, open)
}

function handSubject(
  name: string,
  { rival, time }: CodedCase,
  shared: Data,
  batchRows: number,
  open: (buffers: Buffers) => HandKernel,
): Subject {
  const data = time ? copyData(shared) : shared
  const buffers = rival.buffers(data)
  const kernel = open(buffers)
  const { out } = buffers
  let emitted = 0
  /** `take` sees the results of every batch before the next one. */
  const feed = (take: () => void): void => {
    emitted = 0
    for (let from = 0; from < data.rows; from += batchRows) {
      out[0] = 0
      kernel.run(from, from + batchRows)
      emitted += Number(out[0])
      take()
    }
  }
  return {
    name,
    rows: data.rows,
    async answer() {
      const rows: Answer[number][] = []
      const take = (): void => {
        for (const row of rival.results(buffers)) rows.push(row)
      }
      feed(take)
      out[0] = 0
      kernel.end()
      take()
      return rows
    },
    pass: () => feed(nothing),
    rewind: () => shiftData(data, time),
    get emitted() {
      return emitted
    },
  }
}

const nothing = (): void => {}
