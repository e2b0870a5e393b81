/** Changes put into a multiset, which is what they are for. */
import assert from 'node:assert/strict'
import type { Outcome } from './outcome.ts'

/** What a changelog has handed out and not taken back. Each row is there once at most, at any time. */
export function replay(changes: Outcome['found']): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const { $op, ...columns } of changes) {
    const text = Object.values(columns).join(';')
    const weight = (weights.get(text) ?? 0) + ($op === 1 || $op === 2 ? -1 : 1)
    assert.ok(weight === 0 || weight === 1, `${text} is there ${weight} times`)
    if (weight === 0) weights.delete(text)
    else weights.set(text, weight)
  }
  return weights
}
