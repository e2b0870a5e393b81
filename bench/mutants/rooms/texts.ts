/** Faults of texts as kernels see them: interned ones, ranges of bytes, UTF-8, UTF-16 and case. */
import type { Room } from '../mutant.ts'

export const interner: Room = {
  file: 'compiler/lower/lib/interner.ts',
  tests: ['lower/lib/interner'],
  faults: [
    {
      name: 'bytes-not-reserved',
      find: "any([gt(used, load(this.table.head, 'room')), gt(needBytes, spare)])",
      put: "gt(used, load(this.table.head, 'room'))",
      shows: 'long texts are written over the texts of others',
    },
    {
      name: 'equal-texts-twice',
      find: 'k.if(lt(entry, i32(0)), () => k.set(entry, this.#add(k, range, hash)))',
      put: 'k.set(entry, this.#add(k, range, hash))',
      shows: 'one text has two ids: its group is there twice',
    },
    {
      name: 'heap-forgets-used',
      find: "k.put(this.heap, 'used', add(used, range.length))",
      put: '',
      shows: 'each new text is written over the one before',
    },
    {
      name: 'first-id-is-swept',
      find: 'k.if(ge(id, i32(0)), () => {',
      put: 'k.if(gt(id, i32(0)), () => {',
      shows: 'the first text of a stream becomes another one',
    },
    {
      name: 'marks-stay',
      find: "k.store(this.table.entries, 'mark', at, i32(0))",
      put: '',
      shows: 'no text is ever given back: a stream of many texts meets the limit',
    },
    {
      name: 'code-off-by-one',
      find: "k.store(dictionary.remap, 'remap', dictionary.code, add(id, i32(1)))",
      put: "k.store(dictionary.remap, 'remap', dictionary.code, id)",
      shows: 'a dictionary column has the text of its neighbour',
    },
    {
      name: 'sweep-forgets-used',
      find: "k.put(heap, 'new_used', add(load(heap, 'new_used'), load(table.entries, 'length', entry)))",
      put: '',
      shows: 'a sweep writes all texts to one place',
    },
    {
      name: 'sweep-does-not-switch',
      find: "k.put(heap, 'base', this.#otherExtent())",
      put: '',
      shows: 'new texts are written over those that a sweep has kept',
    },
    {
      name: 'need-of-bytes-not-said',
      find: "k.put(controlBlock, 'need_bytes', needBytes)",
      put: '',
      shows: 'a long text meets the limit though there is room',
    },
    {
      name: 'null-is-an-unknown-text',
      find: 'NULL_TEXT = -2',
      put: 'NULL_TEXT = -1',
      shows: 'rows with new keys are counted as null',
      tests: ['lower/lib/interner', 'property/corpus.test'],
    },
    {
      name: 'step-not-counted',
      find: "k.put(this.heap, 'step', i32(number + 1))",
      put: "k.put(this.heap, 'step', i32(number))",
      shows: 'no text is marked: a sweep takes those in use',
    },
  ],
}

export const bytes: Room = {
  file: 'compiler/lower/lib/bytes.ts',
  tests: ['lower/lib/bytes'],
  faults: [
    {
      name: 'last-word-too-far',
      find: "'last_word', sub(length, i32(4))",
      put: "'last_word', sub(length, i32(3))",
      shows: 'texts are compared over their end',
    },
    {
      name: 'shorter-comes-later',
      find: 'sub(a.length, b.length)',
      put: 'sub(b.length, a.length)',
      shows: "'ab' comes before 'a'",
    },
    {
      name: 'copy-too-short',
      find: "k.range('at', i32(0), from.length, at => {",
      put: "k.range('at', i32(1), from.length, at => {",
      shows: 'copied texts begin with what lay there before',
    },
    {
      name: 'lengths-wrap',
      find: 'select(ge(a, sub(i32(0x7fffffff), b)), i32(0x7fffffff), add(a, b))',
      put: 'add(a, b)',
      shows: 'a text of more than 2 GB is asked for as a negative length',
    },
    {
      name: 'prefix-is-equal',
      find: 'k.if(ne(a.length, b.length), leave)',
      put: 'k.if(lt(b.length, a.length), leave)',
      shows: "'a' equals 'ab'",
    },
    {
      name: 'points-by-the-top-bit',
      find: 'ne(and(byte, i32(0xc0)), i32(0x80))',
      put: 'ne(and(byte, i32(0x80)), i32(0x80))',
      shows: 'letters beyond ASCII have no length',
    },
    {
      name: 'last-word-of-equals-too-far',
      find: "'last_word', sub(a.length, i32(4))",
      put: "'last_word', sub(a.length, i32(3))",
      shows: 'equal texts with other bytes behind them differ',
    },
    {
      name: 'three-bytes-as-a-word',
      find: 'lt(last, i32(0))',
      put: 'lt(last, i32(-1))',
      shows: 'texts of three bytes differ by the byte before them',
    },
    {
      name: 'difference-forgotten',
      find: '        compare(at)\n',
      put: '',
      shows: 'texts with the same end are equal',
    },
    {
      name: 'fixed-last-word-left-out',
      find: 'max32(sub(length, i32(4)), i32(0))',
      put: 'max32(sub(length, i32(8)), i32(0))',
      shows: 'a text equals a literal with another end',
    },
    {
      name: 'one-of-two-words',
      find: 'differs.reduce((x, y) => or(x, y))',
      put: 'differs.reduce((x, y) => and(x, y))',
      shows: 'a text equals a literal with the same end, or the same beginning',
    },
    {
      name: 'mask-of-three',
      find: 'select(ge(bytes, i32(4))',
      put: 'select(ge(bytes, i32(3))',
      shows: 'a text of three bytes equals a literal only if the same byte lies behind',
    },
    {
      name: 'mask-in-bytes',
      find: 'mul(bytes, i32(8))',
      put: 'bytes',
      shows: 'short texts are equal by their first bits',
    },
    {
      name: 'middle-not-read',
      find: 'gt(length, i32(8))',
      put: 'gt(length, i32(12))',
      shows: 'a text of twelve bytes equals a literal with another middle',
    },
    {
      name: 'middle-begins-late',
      find: "const at = k.let('at', i32(4))",
      put: "const at = k.let('at', i32(8))",
      shows: 'a text equals a literal that differs in its second word',
    },
  ],
}

export const utf8: Room = {
  file: 'compiler/lower/lib/utf8.ts',
  tests: ['lower/lib/points', 'lower/lib/bytes'],
  faults: [
    {
      name: 'lead-loses-a-bit',
      find: 'shru(i32(0x7f), length)',
      put: 'shru(i32(0x3f), length)',
      shows: 'upper half of each alphabet becomes the lower',
    },
    {
      name: 'border-of-three-bytes',
      find: '[0x80, 0x800, 0x10000]',
      put: '[0x80, 0x800, 0xffff]',
      shows: 'U+FFFF is written as a code point of four bytes',
    },
    {
      name: 'border-of-two-bytes',
      find: '[0xc0, 0xe0, 0xf0]',
      put: '[0xc0, 0xe1, 0xf0]',
      shows: 'code points from U+0800 on are cut',
    },
    {
      name: 'skips-over-the-end',
      find: 'k.breakIf(ge(at, end), label)',
      put: '',
      shows: 'substring reads behind the text',
    },
  ],
}

export const utf16: Room = {
  file: 'compiler/lower/lib/utf16.ts',
  tests: ['lower/lib/bytes'],
  faults: [
    {
      name: 'three-bytes-are-a-pair',
      find: 'ge(first, i32(0xf0))',
      put: 'ge(first, i32(0xe0))',
      shows: "'€'.length is 2",
    },
    {
      name: 'order-of-bytes',
      find: 'i32(0xee)), i32(0x10), i32(0))',
      put: 'i32(0xee)), i32(0), i32(0))',
      shows: 'U+FFFF comes before emoji, where JavaScript has it behind',
    },
    {
      name: 'space-without-width',
      find: '[0x2000, 0x200a]',
      put: '[0x2000, 0x200b]',
      shows: 'trim takes what JavaScript leaves',
    },
  ],
}

export const caseMap: Room = {
  file: 'compiler/lower/lib/case-map.ts',
  tests: ['lower/lib/points'],
  faults: [
    {
      name: 'end-of-the-first-plane',
      find: 'CASED_END = 0x20000',
      put: 'CASED_END = 0x10000',
      shows: 'Deseret and Adlam have no upper case',
    },
    {
      name: 'last-of-a-page',
      find: 'and(point, i32(PAGE - 1))',
      put: 'and(point, i32(PAGE - 2))',
      shows: 'every second letter has the case of its neighbour',
    },
  ],
}
