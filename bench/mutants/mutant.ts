/** What a planted fault is, and how it is put into the text of its source file. */

/** One fault that a tired engineer could make, as a change of the TypeScript source. */
export interface Fault {
  /** Unique in its room. */
  readonly name: string
  /** Text of the source that is found in it exactly once, and what stands there instead. */
  readonly find: string
  readonly put: string
  /** What a user would see of it. */
  readonly shows: string
  /** Where to look first, if not where the room says. */
  readonly tests?: readonly string[]
  /** Why nobody could ever tell the difference. Such a fault must survive. */
  readonly equivalent?: string
}

/** A source file with its faults. */
export interface Room {
  /** Path from the checkout. */
  readonly file: string
  /** Tests that should find the faults, likeliest first: paths in `test/` without `.ts`. */
  readonly tests: readonly string[]
  readonly faults: readonly Fault[]
}

export interface Mutant extends Omit<Room, 'faults'>, Omit<Fault, 'tests'> {}

export const mutantsOf = (rooms: Readonly<Record<string, Room>>): readonly Mutant[] =>
  Object.entries(rooms).flatMap(([room, { file, tests, faults }]) =>
    faults.map(fault => ({ file, tests, ...fault, name: `${room}/${fault.name}` })),
  )

/** The text of the source with the fault in it. */
export function plant({ name, file, find, put }: Mutant, source: string): string {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`${name}: its text is found ${parts.length - 1} times in ${file}`)
  if (find === put) throw new Error(`${name} changes nothing`)
  return parts.join(put)
}
