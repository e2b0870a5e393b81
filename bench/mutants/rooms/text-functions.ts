/** Faults of functions of texts: parts, replacements, formats of times and regular expressions. */
import type { Room } from '../mutant.ts'

export const parts: Room = {
  file: 'compiler/lower/expr/parts.ts',
  tests: ['frontend/functions.test'],
  faults: [
    {
      name: 'last-place-left-out',
      find: 'gt(at, last)',
      put: 'ge(at, last)',
      shows: 'a delimiter at the end of a text is not seen',
    },
    {
      name: 'part-behind-the-last',
      find: 'k.if(gt(wanted, i32(1)), () => k.set(begin, end))',
      put: '',
      shows: 'a part that is not there is the last one',
    },
    {
      name: 'rest-not-copied',
      find: 'put({ offset: copied, length: sub(add(text.offset, text.length), copied) })',
      put: '',
      shows: 'what stands behind the last replacement is some other text',
    },
  ],
}

export const dateFormat: Room = {
  file: 'compiler/lower/expr/date-format.ts',
  tests: ['frontend/functions.test'],
  faults: [
    {
      name: 'years-of-five-digits',
      find: 'gt(year, i32(YEAR_MAX))',
      put: 'gt(year, i32(YEAR_MAX * 10))',
      shows: 'the year 12345 reads 2345',
    },
    {
      name: 'fraction-of-the-day',
      find: 'mul(rem(rest, i64(perSecond)), ',
      put: 'mul(rest, ',
      shows: 'fractions of a second are those of the day',
    },
  ],
}

export const regexpKernels: Room = {
  file: 'compiler/lower/expr/regexp.ts',
  tests: ['frontend/regexp.test', 'frontend/functions.test'],
  faults: [
    {
      name: 'last-match-first',
      find: 'k.set(first, select(begins, reader.at, first))',
      put: 'k.set(first, select(and(begins, lt(first, i32(0))), reader.at, first))',
      shows: 'the last match of a text is found, not the first',
    },
    {
      name: 'start-inside-of-the-text',
      find: "const way = k.let('way', select(eq(at, text.offset), i32(AT_START), i32(INSIDE)))",
      put: "const way = k.let('way', i32(INSIDE))",
      shows: 'a pattern with ^ finds garbage',
    },
    {
      name: 'end-not-marked',
      find: 'k.if(ne(and(step, i32(Mark.ends)), i32(0)), () => k.set(to, at))',
      put: '',
      shows: 'every group is empty',
    },
  ],
}

export const automaton: Room = {
  file: 'compiler/lower/regexp/automaton.ts',
  tests: ['frontend/regexp.test', 'frontend/functions.test'],
  faults: [
    {
      name: 'second-choice-first',
      find: 'this.leads(place.first) ? place.first : place.second',
      put: 'this.leads(place.second) ? place.second : place.first',
      shows: 'repetitions that should take much take little',
    },
    {
      name: 'end-everywhere',
      find: 'return this.#state.isEnd && this.leads(place.next)',
      put: 'return this.leads(place.next)',
      shows: 'a pattern with $ matches inside of the text',
    },
  ],
}

export const bytes: Room = {
  file: 'compiler/lower/regexp/bytes.ts',
  tests: ['frontend/regexp.test'],
  faults: [
    {
      name: 'low-tail-not-cut',
      find: 'lowTail.some(byte => byte !== TAIL[0])',
      put: 'false',
      shows: 'a class takes code points that come before its first',
    },
  ],
}

export const matching: Room = {
  file: 'ir/expr/regexp/match.ts',
  tests: ['frontend/regexp.test'],
  faults: [
    {
      name: 'lazy-is-greedy',
      find: 'greedy ? [...more, enough] : [enough, ...more]',
      put: '[...more, enough]',
      shows: 'a lazy repetition takes all it can',
    },
  ],
}
