/** The cases of the kernel benches. */
import type { KernelCase } from '../lib/kernel-case.ts'
import { filterProject } from './filter-project.ts'
import { filterSum } from './filter-sum.ts'
import { groupBy1m, groupBy10k } from './group-by.ts'
import { groupByText } from './group-by-text.ts'
import { textEqual } from './text-equal.ts'
import { tumblingWindow } from './tumble.ts'

export const kernelCases: readonly KernelCase[] = [
  filterProject,
  filterSum,
  textEqual,
  tumblingWindow,
  groupByText,
  groupBy10k,
  groupBy1m,
]
