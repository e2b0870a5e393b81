/** What changes come to. */
import assert from 'node:assert/strict'

/** What a changelog has handed out and not taken back; throws where it takes back what is not there, or adds what is. */
export function replay(changes: readonly Readonly<Record<string, unknown>>[]): ReadonlySet<string> {
  const there = new Set<string>()
  for (const { $op, ...columns } of changes) {
    const text = textOfColumns(columns)
    const isTaken = $op === 1 || $op === 2
    assert.equal(there.has(text), isTaken, `${$op} ${text}`)
    if (isTaken) there.delete(text)
    else there.add(text)
  }
  return there
}

export const textOfColumns = (columns: object): string => Object.entries(columns).join(';')
