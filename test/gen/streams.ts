/** Random schemas, and rows for them: disorder, ties, rows far behind, few or many different values in a column. */
import fc from 'fast-check'
import type { Value } from '../../ir/expr/expr.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, dataTypes, isFloat, isTimestamp } from '../../ir/types.ts'
import type { ModelRow } from '../model/model.ts'
import { hugeTexts, MAX64, MIN64, types, valuesOf } from './values.ts'

type Arb<T> = fc.Arbitrary<T>

/** Name of the event time column. */
export const TIME = 'ts'
export const ROWS_MAX = 40
const COLUMNS_MAX = 4

const columnOf = (name: string, of: Arb<DataType>): Arb<Column> =>
  fc.tuple(of, fc.boolean()).map(([type, nullable]) => ({ name, type, nullable }))

/** A time column, and one to four others. */
export const schemas: Arb<Schema> = fc
  .integer({ min: 1, max: COLUMNS_MAX })
  .chain(count =>
    fc.tuple(
      columnOf(TIME, fc.constantFrom(...dataTypes.filter(isTimestamp))),
      ...Array.from({ length: count }, (_, i) => columnOf(`c${i}`, types)),
    ),
  )

/** What fills a column: anything, or a few values again and again. */
function fillings({ type, nullable }: Column): Arb<Arb<Value>> {
  const few = fc.array(valuesOf(type), { minLength: 1, maxLength: 4 }).map(pool => fc.constantFrom(...pool))
  const filling = fc.oneof(
    { weight: 6, arbitrary: fc.constant(valuesOf(type)) },
    { weight: 4, arbitrary: few },
    ...(isFloat(type) ? [{ weight: 3, arbitrary: fc.constant(fc.constantFrom(0, -0, Number.NaN)) }] : []),
    ...(type === 'utf8' ? [{ weight: 1, arbitrary: fc.constant(withHuge(type, text => text)) }] : []),
    ...(type === 'binary' ? [{ weight: 1, arbitrary: fc.constant(withHuge(type, encode)) }] : []),
  )
  return nullable ? filling.map(values => fc.option(values, { freq: 4 })) : filling
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const withHuge = (type: DataType, of: (text: string) => Value): Arb<Value> =>
  fc.oneof({ weight: 5, arbitrary: valuesOf(type) }, { weight: 1, arbitrary: hugeTexts.map(of) })

/** Times that mostly grow, with ties, disorder and rows far behind. */
const timeSteps: Arb<bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 4n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -9n, max: -1n }) },
  { weight: 1, arbitrary: fc.constantFrom(-1500n, 1200n, 100_000n) },
)

const starts: Arb<bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0n, -25n, 1_000_000_000_000n, (1n << 62n) + 5n) },
  { weight: 1, arbitrary: fc.constantFrom(MIN64 + 30n, MAX64 - 30n) },
)

/** The last tick of all is left out: it stands for the end of the input. */
const clamp = (time: bigint): bigint => (time < MIN64 ? MIN64 : time > MAX64 ? MAX64 : time)

export function rowsOf(schema: Schema): Arb<readonly ModelRow[]> {
  const others = schema.filter(({ name }) => name !== TIME)
  const isTimed = schema.some(({ name, nullable }) => name === TIME && nullable)
  const times = fc.record({
    step: timeSteps,
    isNull: fc.integer({ max: 9, min: 0 }).map(n => isTimed && n === 0),
  })
  const rows = fc
    .tuple(...others.map(fillings))
    .chain(values => fc.array(fc.tuple(times, ...values), { maxLength: ROWS_MAX, size: 'max' }))
  return fc.tuple(starts, rows).map(([start, drawn]) => {
    let time = start
    return drawn.map(([{ step, isNull }, ...values]): ModelRow => {
      time = clamp(time + step)
      const columns = others.map(({ name }, i) => [name, values[i]])
      return { [TIME]: isNull ? null : time, ...Object.fromEntries(columns) }
    })
  })
}
