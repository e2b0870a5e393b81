/** What a group of an open window takes in state, from the layout of its table, beside what it is there for. */
import { type Columns, PlanCache, type Stream } from '../../compiler/index.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import { fieldWidth } from '../../ir/kernel/node.ts'
import { type Line, type Place, pairLine } from '../lib/pairs.ts'

/** Fields by which the house keeps its entries; the others are the key and what is accumulated. */
const KEEPING = [
  ...['start', 'place', 'next', 'first_time', 'last_time', 'arrival'],
  ...['filled', 'number', 'pane', 'panes', 'until'],
]
/** An index has two extents, of which one is in use. */
const EXTENTS = 2

/** Bytes of a group, and of its slots where the table is full, against the bytes of its key and aggregates. */
export function stateLine(place: Place, stream: Stream<Columns>): Line {
  const { program } = new PlanCache().compile(stream.node, stream.params, {}).plan.compilation
  const groups = program.pipelines[0].growables.find(({ name }) => name === 'groups')
  if (!groups) throw new Error('the plan keeps no groups')
  const [entries, index, ...others] = groups.parts
  const kept = [entries, ...others].reduce(
    (sum, { mem, rowsPerUnit }) => sum + strideOf(mem) * rowsPerUnit,
    0,
  )
  const bytes = kept + (strideOf(index.mem) * index.rowsPerUnit) / EXTENTS
  return pairLine(
    { ...place, subject: 'state of a group', yardstick: 'key and aggregates', unit: 'bytes' },
    [bytes],
    [payloadOf(entries.mem)],
  )
}

const strideOf = ({ fields }: Mem): number => Math.max(...Object.values(fields).map(({ stride }) => stride))

const payloadOf = ({ fields }: Mem): number =>
  Object.entries(fields)
    .filter(([name]) => !KEEPING.includes(name))
    .reduce((sum, [, { type }]) => sum + fieldWidth[type], 0)
