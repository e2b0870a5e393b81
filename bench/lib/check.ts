/** Before anything is timed every subject answers; afterwards all must have put out the same number of rows. */
import { type Answer, difference } from './answer.ts'
import type { Subject } from './subject.ts'

/** @throws Error where a subject answers something else than the first */
export async function checkAnswers(name: string, subjects: readonly Subject[]): Promise<void> {
  let expected: { readonly of: string; readonly answer: Answer } | undefined
  for (const subject of subjects) {
    const answer = await subject.answer()
    if (answer.length === 0) throw new Error(`${name}: the answer of ${subject.name} has no rows`)
    const wrong = expected && difference(expected.answer, answer)
    if (wrong) throw new Error(`${name}: unlike ${expected?.of}, ${subject.name} ${wrong}`)
    expected ??= { of: subject.name, answer }
  }
}

/** In the last pass as in the first: who dropped rows by then would look fast. */
export function checkEmitted(name: string, subjects: readonly Subject[]): void {
  const known = subjects.filter(({ emitted }) => emitted !== undefined)
  const [first] = known
  const other = known.find(({ emitted }) => emitted !== first.emitted)
  if (other)
    throw new Error(
      `${name}: in its last pass ${other.name} put out ${other.emitted} rows, ${first.name} ${first.emitted}`,
    )
}
