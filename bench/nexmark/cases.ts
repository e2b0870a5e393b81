/** All queries of the bench, in the order of their numbers. */
import type { NexmarkCase } from './case.ts'
import { groupCases } from './groups.ts'
import { joinCases } from './joins.ts'
import { rankCases } from './ranks.ts'
import { rowCases } from './rows.ts'

const numberOf = ({ name }: NexmarkCase): number => Number(name.slice(1))

export const nexmarkCases: readonly NexmarkCase[] = [
  ...rowCases,
  ...groupCases,
  ...joinCases,
  ...rankCases,
].toSorted((a, b) => numberOf(a) - numberOf(b))
