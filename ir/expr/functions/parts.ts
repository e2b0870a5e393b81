/** Parts of texts: what stands between delimiters, and what is put in place of others. */
import { isInteger } from '../../types.ts'
import type { Expr } from '../expr.ts'
import { castTo } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse, takes } from './row.ts'

function resolveSplitPart(args: readonly Expr[]): Resolved {
  const [text, delimiter, number] = args
  const fits = args.length === 3 && text.type === 'utf8' && delimiter.type === 'utf8'
  if (!fits || !isInteger(number.type) || number.type === 'uint64') {
    return refuse('split_part', args, 'a text, a delimiter and the number of a part')
  }
  return { type: 'utf8', args: [text, delimiter, castTo(number, 'int64')] }
}

/** An empty delimiter stands nowhere. */
function splitPart(text: string, delimiter: string, number: bigint): string {
  const parts = delimiter === '' ? [text] : text.split(delimiter)
  const at = number > 0n ? number - 1n : BigInt(parts.length) + number
  return number !== 0n && at >= 0n && at < BigInt(parts.length) ? parts[Number(at)] : ''
}

export const parts = {
  /** The part of that number, from 1; negative ones count from the end; '' where there is none. */
  split_part: {
    resolve: resolveSplitPart,
    evaluate: ([text, delimiter, number]) => splitPart(text as string, delimiter as string, number as bigint),
  },
  /** The text with each occurrence of the second one replaced by the third; nothing is replaced where that is empty. */
  replace: {
    resolve: takes('replace', ['utf8', 'utf8', 'utf8'], 'utf8'),
    evaluate: ([text, from, to]) =>
      from === '' ? text : (text as string).split(from as string).join(to as string),
  },
} as const satisfies Record<string, FunctionRow>
