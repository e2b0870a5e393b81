/** Times as text: the format is known, so that every text it makes is of one length. */
import {
  type FormatField,
  type FormatPiece,
  formatOf,
  YEAR_MAX,
} from '../../../ir/expr/functions/date-format.ts'
import { add, div, gt, i32, i64, low, lt, mul, or, rem } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isTimestamp, ticksPerSecond, unitOf } from '../../../ir/types.ts'
import { bytesRegion } from '../lib/bytes.ts'
import type { ExprScope } from '../scope.ts'
import { local, scalarOf } from '../value.ts'
import { type CallLowering, fault, strict } from './call.ts'
import { type Civil, civilOf, clockField, dayOfYear, splitTime } from './time.ts'

const ASCII_ZERO = 48

type NumberPiece = Extract<FormatPiece, { readonly field: FormatField }>

/** A time taken apart; what no piece asks for is removed with all that nobody reads. */
interface Moment {
  readonly days: Expr
  readonly rest: Expr
  readonly civil: Civil
  readonly type: DataType
}

function numberOf(cx: ExprScope, { days, rest, civil, type }: Moment, { field, digits }: NumberPiece): Expr {
  switch (field) {
    case 'year':
    case 'month':
    case 'day':
      return civil[field]
    case 'doy':
      return dayOfYear(cx, days, civil.year)
    case 'hour':
    case 'minute':
    case 'second':
      return low(clockField(field, rest, type))
    case 'fraction': {
      const perSecond = isTimestamp(type) ? ticksPerSecond[unitOf(type)] : 1n
      return low(div(mul(rem(rest, i64(perSecond)), i64(10n ** BigInt(digits))), i64(perSecond)))
    }
  }
}

const bytesOfPiece = (piece: FormatPiece): number =>
  'text' in piece ? Buffer.byteLength(piece.text) : piece.digits

const format = strict((cx, [arg], call) => {
  const { k } = cx
  const pieces = formatOf(call.args[1])
  const { value: x, type } = scalarOf(arg)
  const { days, rest, faults } = splitTime(cx, x, type)
  const moment = { days, rest, civil: civilOf(cx, days), type }
  const length = pieces.map(bytesOfPiece).reduce((a, b) => a + b, 0)
  const offset = cx.scratch.allocate(i32(length))
  let at = 0
  const put = (byte: Expr): void => k.store(bytesRegion, 'u8', add(offset, i32(at++)), byte)
  for (const piece of pieces) {
    if ('text' in piece) for (const byte of Buffer.from(piece.text)) put(i32(byte))
    else putDigits(local(k, piece.field, numberOf(cx, moment, piece)), piece.digits, put)
  }
  const { year } = moment.civil
  const beyond = or(lt(year, i32(0)), gt(year, i32(YEAR_MAX)))
  return { offset, length: i32(length), faults: [...faults, fault('LDB-2005', beyond)] }
})

function putDigits(value: Expr, digits: number, put: (byte: Expr) => void): void {
  for (let power = 10 ** (digits - 1); power >= 1; power /= 10) {
    put(add(rem(div(value, i32(power)), i32(10)), i32(ASCII_ZERO)))
  }
}

export const dateFormat = { date_format: format } as const satisfies Record<string, CallLowering>
