/** A hint for a name that does not exist. */
import { closest, distance } from 'fastest-levenshtein'

/** Edits at most between what was written and what is proposed. */
const EDITS_MAX = 2

export function didYouMean(name: string, names: readonly string[]): string {
  const near =
    names.length > 0
      ? closest(
          name.toLowerCase(),
          names.map(one => one.toLowerCase()),
        )
      : undefined
  const proposal = names.find(one => one.toLowerCase() === near)
  if (proposal !== undefined && distance(name.toLowerCase(), proposal.toLowerCase()) <= EDITS_MAX) {
    return `did you mean '${proposal}'?`
  }
  return names.length > 0 ? `there are ${names.join(', ')}` : 'there are none'
}
