/** JSON for people, as the formatter of the project has it: on one line what fits there, else a line for each part. */

const COLUMNS_MAX = 110

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** `value` holds nothing that JSON does not have. */
export const prettyJson = (value: Json): string => `${print(value, 0, '', '')}\n`

/** Between what stands before it on its first line and after it on its last; `indent`: of its lines. */
function print(value: Json, indent: number, before: string, after: string): string {
  const line = `${before}${printLine(value)}${after}`
  if (indent + line.length <= COLUMNS_MAX || typeof value !== 'object' || value === null) return line
  const keys: readonly string[] = Array.isArray(value) ? value.map(() => '') : Object.keys(value).map(keyOf)
  const last = keys.length - 1
  const lines = Object.values(value).map(
    (part, i) => `${' '.repeat(indent + 2)}${print(part, indent + 2, keys[i], i < last ? ',' : '')}`,
  )
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  return [`${before}${open}`, ...lines, `${' '.repeat(indent)}${close}${after}`].join('\n')
}

/** What is not plain to see is written as its code. */
const quote = (text: string): string =>
  JSON.stringify(text).replaceAll(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const keyOf = (key: string): string => `${quote(key)}: `

function printLine(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printLine).join(', ')}]`
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return String(value).replace('e+', 'e')
  const parts = Object.entries(value).map(([key, item]) => `${keyOf(key)}${printLine(item)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}
