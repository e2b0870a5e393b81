/** State layouts as people read them: one line for each region, with its fields and where they lie. */
import type { Mem } from '../../ir/kernel/node.ts'

export function printLayout(mem: Mem): string {
  const fields = Object.entries(mem.fields).map(([name, { type, offset, interned }]) => {
    const kind = interned ? 'text id' : type
    return `${name} ${kind} @${offset}`
  })
  const [first] = Object.values(mem.fields)
  const isRow = Object.values(mem.fields).every(field => field.stride === first.stride)
  return `${mem.name} (${isRow ? `${first.stride} bytes a row` : 'columns'}): ${fields.join(', ')}`
}
