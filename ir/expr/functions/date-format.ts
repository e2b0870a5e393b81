/** Times as text, by a pattern of letters as Java and Flink have it. */
import { MillraceError } from '../../errors.ts'
import { type DataType, isTimestamp, ticksPerSecond, unitOf } from '../../types.ts'
import { civilOfDays, daysOfCivil } from '../calendar.ts'
import { type Expr, isLiteral, RowFault } from '../expr.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'
import { splitTime } from './time.ts'

export type FormatField = 'year' | 'month' | 'day' | 'doy' | 'hour' | 'minute' | 'second' | 'fraction'

/** A text, or a number with leading zeros in so many digits. */
export type FormatPiece = { readonly text: string } | { readonly field: FormatField; readonly digits: number }

const fields: Readonly<Record<string, FormatField>> = {
  yyyy: 'year',
  MM: 'month',
  dd: 'day',
  DDD: 'doy',
  HH: 'hour',
  mm: 'minute',
  ss: 'second',
}
const FRACTION_DIGITS_MAX = 9
/** The largest year of four digits. */
export const YEAR_MAX = 9999

/** A quoted text, two quotes for one, a run of one letter, or anything else. */
const pieces = /'((?:[^']|'')+)'|('')|([A-Za-z])\3*|[^A-Za-z']+|(')/g

/** The pieces of the literal format that an argument is. */
export function formatOf(arg: Expr): readonly FormatPiece[] {
  if (isLiteral(arg) && typeof arg.value === 'string') return piecesOf(arg.value)
  throw new MillraceError('LDB-1200', 'a format is a text that is known when the plan is made', {
    fix: "write the format as a literal, such as 'yyyy-MM-dd'",
  })
}

const piecesOf = (format: string): readonly FormatPiece[] => [...format.matchAll(pieces)].map(pieceOf)

function pieceOf([whole, quoted, quote, letter, open]: RegExpMatchArray): FormatPiece {
  if (open) throw unknown('a quote that nothing closes')
  if (quote) return { text: "'" }
  if (quoted) return { text: quoted.replaceAll("''", "'") }
  if (!letter) return { text: whole }
  if (letter === 'S' && whole.length <= FRACTION_DIGITS_MAX)
    return { field: 'fraction', digits: whole.length }
  if (Object.hasOwn(fields, whole)) return { field: fields[whole], digits: whole.length }
  throw unknown(`'${whole}'`)
}

const unknown = (what: string): MillraceError =>
  new MillraceError('LDB-1200', `the format has ${what}`, {
    fix: `there are ${Object.keys(fields).join(', ')} and S to SSSSSSSSS; letters that stand for themselves are 'quoted'`,
  })

function resolveFormat(args: readonly Expr[]): Resolved {
  const [time, format] = args
  const fits = args.length === 2 && (isTimestamp(time.type) || time.type === 'date') && format.type === 'utf8'
  if (!fits) return refuse('date_format', args, 'a timestamp or date and a format')
  formatOf(format)
  return { type: 'utf8', args }
}

/** Values of all fields at day `days` and `rest` ticks into it. */
function numbersAt(
  days: number,
  rest: bigint,
  type: DataType,
): (piece: { field: FormatField; digits: number }) => bigint {
  const { year, month, day } = civilOfDays(days)
  if (year < 0 || year > YEAR_MAX) throw new RowFault('LDB-2005')
  const perSecond = isTimestamp(type) ? ticksPerSecond[unitOf(type)] : 1n
  const seconds = rest / perSecond
  return ({ field, digits }) => {
    switch (field) {
      case 'year':
        return BigInt(year)
      case 'month':
        return BigInt(month)
      case 'day':
        return BigInt(day)
      case 'doy':
        return BigInt(days - daysOfCivil(year, 1, 1) + 1)
      case 'hour':
        return seconds / 3600n
      case 'minute':
        return (seconds / 60n) % 60n
      case 'second':
        return seconds % 60n
      case 'fraction':
        return ((rest % perSecond) * 10n ** BigInt(digits)) / perSecond
    }
  }
}

export const dateFormat = {
  /** The time as a text. A year that has not four digits is LDB-2005. */
  date_format: {
    resolve: resolveFormat,
    faults: () => true,
    evaluate: ([value, format], _type, [type]) => {
      const { days, rest } = splitTime(value, type)
      const numberOf = numbersAt(days, rest, type)
      return piecesOf(format as string)
        .map(piece => ('text' in piece ? piece.text : String(numberOf(piece)).padStart(piece.digits, '0')))
        .join('')
    },
  },
} as const satisfies Record<string, FunctionRow>
