/**
 * A regular expression as tables. A text is read twice. Backward, by a deterministic automaton: its state at a position says
 * from which places the rest of the text leads to a match. Then forward from the first position that has one: of the ways to
 * go on the first that leads to a match is the one that backtracking would end up with, so that nothing is ever taken back
 * (Frisch and Cardelli, "Greedy Regular Expression Matching"). The work is two steps for each byte.
 */
import type { Place, RegexpProgram } from './program.ts'
import { tooLarge } from './program.ts'

/** States are written down in a byte for each position. */
export const STATES_MAX = 256

export interface Automaton {
  /** That at the end of the text. */
  readonly end: number
  /** From this state on a match may begin, anywhere but at the start of the text. */
  readonly beginsFrom: number
  /** Of each state and byte the state one byte before. */
  readonly before: readonly Uint8Array[]
  /**
   * Where a way may begin: at the start of a match inside of the text, at one at the start of the text, and behind each byte.
   * For each of them and each state what to do there, as `step` has it.
   */
  readonly steps: readonly Int32Array[]
}

export const INSIDE = 0
export const AT_START = 1
/** No way leads to a match from here. */
export const DEAD = -1

/** What is done at a position: the marks that are passed, and where the way begins behind the next byte. */
const stepOf = (next: number, marks: number): number => (next << 2) | marks

/** A set of places that take the byte at hand and lead to a match. */
interface State {
  readonly live: ReadonlySet<number>
  readonly isEnd: boolean
  /** Is it inside of a code point? No match ends there, which saves most states. */
  readonly isSplit: boolean
}

export function automatonOf({ places, start }: RegexpProgram): Automaton {
  const bytePlaces = [...places.keys()].filter(at => places[at].kind === 'byte')
  const classes = classesOf(places)
  const samples = Array.from({ length: Math.max(...classes) + 1 }, (_, cls) => classes.indexOf(cls))
  const states: State[] = [{ live: new Set(), isEnd: true, isSplit: false }]
  const known = new Map<string, number>()
  const before: Uint8Array[] = []
  for (let n = 0; n < states.length; n++) {
    const ways = new Ways(places, states[n], false)
    const leading = bytePlaces.filter(at => ways.leads(nextOf(places[at])))
    const ofClass = samples.map(byte => {
      const live = leading.filter(at => takes(places[at], byte))
      const isSplit = isTail(byte)
      const key = `${isSplit} ${live.join()}`
      const found = known.get(key) ?? states.push({ live: new Set(live), isEnd: false, isSplit }) - 1
      if (states.length > STATES_MAX) throw tooLarge(`more than ${STATES_MAX} states`)
      known.set(key, found)
      return found
    })
    before[n] = classes.map(cls => ofClass[cls])
  }
  return sorted(before, stepsOf(places, start, states))
}

/** Those states come last at which a match may begin: one comparison tells them from the others. */
function sorted(before: readonly Uint8Array[], steps: readonly Int32Array[]): Automaton {
  const begins = (state: number): number => Number(steps[INSIDE][state] !== DEAD)
  const order = [...before.keys()].toSorted((a, b) => begins(a) - begins(b))
  const numbers = order.map((_, state) => order.indexOf(state))
  return {
    end: numbers[0],
    beginsFrom: order.filter(state => begins(state) === 0).length,
    before: order.map(state => before[state].map(next => numbers[next])),
    steps: steps.map(row => Int32Array.from(order, state => row[state])),
  }
}

function stepsOf(places: readonly Place[], start: number, states: readonly State[]): readonly Int32Array[] {
  const behind = [...new Set(places.flatMap(place => (place.kind === 'byte' ? [place.next] : [])))]
  const rows = new Map(behind.map((at, i) => [at, i + 2]))
  const row = (from: number, isStart: boolean): Int32Array =>
    Int32Array.from(states, state => {
      const end = new Ways(places, state, isStart).from(from)
      if (!end) return DEAD
      const place = places[end.at]
      const next = place.kind === 'byte' ? rows.get(place.next) : behind.length + 2
      return stepOf(next ?? DEAD, end.marks)
    })
  return [row(start, false), row(start, true), ...behind.map(at => row(at, false))]
}

/** Ways from one place to another that take no byte, at a position in some state. */
class Ways {
  readonly #places: readonly Place[]
  readonly #state: State
  readonly #isStart: boolean
  readonly #known = new Map<number, boolean>()

  constructor(places: readonly Place[], state: State, isStart: boolean) {
    this.#places = places
    this.#state = state
    this.#isStart = isStart
  }

  /** Does a way from there lead to a match? No way comes to one place twice: what may be empty is not repeated. */
  leads(at: number): boolean {
    const known = this.#known.get(at)
    if (known !== undefined) return known
    const found = this.#leads(at)
    this.#known.set(at, found)
    return found
  }

  #leads(at: number): boolean {
    const place = this.#places[at]
    switch (place.kind) {
      case 'match':
        return !this.#state.isSplit
      case 'byte':
        return this.#state.live.has(at)
      case 'split':
        return this.leads(place.first) || this.leads(place.second)
      case 'mark':
        return this.leads(place.next)
      case 'start':
        return this.#isStart && this.leads(place.next)
      case 'end':
        return this.#state.isEnd && this.leads(place.next)
    }
  }

  /** The place that the preferred way stops at, and the marks it passes. */
  from(start: number): { readonly at: number; readonly marks: number } | undefined {
    if (!this.leads(start)) return undefined
    let marks = 0
    for (let at = start; ; ) {
      const place = this.#places[at]
      if (place.kind === 'byte' || place.kind === 'match') return { at, marks }
      if (place.kind === 'mark') marks |= place.mark
      at = place.kind === 'split' ? (this.leads(place.first) ? place.first : place.second) : place.next
    }
  }
}

const nextOf = (place: Place): number => (place.kind === 'byte' ? place.next : DEAD)
const takes = (place: Place, byte: number): boolean =>
  place.kind === 'byte' && place.span[0] <= byte && byte <= place.span[1]

/** The bytes of a code point behind its first. */
const TAIL_BORDERS = [0x80, 0xc0] as const
const isTail = (byte: number): boolean => byte >= TAIL_BORDERS[0] && byte < TAIL_BORDERS[1]

/** Bytes between the same borders of ranges are of one class. */
function classesOf(places: readonly Place[]): Uint8Array {
  const borders = new Set<number>(TAIL_BORDERS)
  for (const place of places) {
    if (place.kind === 'byte') borders.add(place.span[0]).add(place.span[1] + 1)
  }
  const classes = new Uint8Array(256)
  for (let byte = 1; byte < 256; byte++) classes[byte] = classes[byte - 1] + Number(borders.has(byte))
  return classes
}
