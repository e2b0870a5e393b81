/** The schema and parameters of the tests that read functions from text. */
import { runInThisContext } from 'node:vm'
import type { RowFunction } from '../../compiler/frontend/lambda/index.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'

const column = (name: string, type: DataType, nullable = false) => ({ name, type, nullable })

export const flights: Schema = [
  column('delay', 'int64'),
  column('distance', 'int64', true),
  column('price', 'float64'),
  column('weight', 'float64', true),
  column('seats', 'int32'),
  column('stops', 'uint8', true),
  column('symbol', 'utf8'),
  column('note', 'utf8', true),
  column('late', 'bool'),
  column('paid', 'bool', true),
  column('at', 'timestamp[ms]'),
  column('id', 'uint64'),
  column('day', 'date', true),
  column('raw', 'binary', true),
]

export const flightParams = { limit: 15n, ratio: 0.5, name: 'AA', on: true }

/** A function with exactly this text. */
export const functionOf = (text: string): RowFunction => runInThisContext(`(${text})`) as RowFunction
