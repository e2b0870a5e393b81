/** The tables of the examples, by name: a few airports. */
import { memoryTable } from '../../compiler/index.ts'
import { airports } from './airport-towns.ts'

export const exampleTables = {
  airports: memoryTable(airports, [
    { code: 'ATL', town: 'Atlanta', latitude: 33.64 },
    { code: 'DFW', town: 'Dallas', latitude: 32.9 },
    { code: 'JFK', town: 'New York', latitude: 40.64 },
    { code: 'LAX', town: 'Los Angeles', latitude: 33.94 },
    { code: 'ORD', town: 'Chicago', latitude: 41.98 },
  ]),
}
