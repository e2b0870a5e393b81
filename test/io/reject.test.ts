/** Every batch that is refused names what is wrong, and leaves memory as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Binary,
  Bool,
  Data,
  Decimal,
  Dictionary,
  Int8,
  Int16,
  Int32,
  LargeUtf8,
  makeData,
  type RecordBatch,
  TimestampMillisecond,
  Uint32,
  Utf8,
  Utf8View,
  Vector,
} from 'apache-arrow'
import { type LdbCode, MillraceError } from '../../ir/errors.ts'
import type { DataType } from '../../ir/types.ts'
import { arrange, batchOf, column, dictionaryVector, plainArrangement, type Value } from './arrow-columns.ts'
import { makeFixture } from './fixture.ts'

interface Refused {
  readonly name: string
  readonly type: DataType
  readonly data: () => Data
  readonly code: LdbCode
  readonly message: RegExp
  readonly nullable?: boolean
}

const text = (bytes: readonly number[], offsets: readonly number[], more: object = {}): Data =>
  makeData({
    type: new Utf8(),
    length: offsets.length - 1,
    valueOffsets: Int32Array.from(offsets),
    data: Uint8Array.from(bytes),
    ...more,
  })
const ints = (more: object): Data =>
  makeData({ type: new Int32(), length: 2, data: Int32Array.of(1, 2), ...more })
const coded = (codes: readonly number[], values: readonly Value[], more: object = {}): Data =>
  makeData({
    type: new Dictionary(new Utf8(), new Int32()),
    length: codes.length,
    data: Int32Array.from(codes),
    dictionary: dictionaryVector('utf8', values, plainArrangement),
    ...more,
  } as never) as Data
const detached = <T extends Int32Array | Uint8Array>(array: T): T => {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] })
  return array
}
const views = (...words: number[]): Data =>
  makeData({
    type: new Utf8View(),
    length: words.length / 4,
    views: new Uint8Array(Int32Array.from(words).buffer),
    variadicBuffers: [new Uint8Array(20)],
  } as never) as Data
const large = (...offsets: bigint[]): Data =>
  makeData({
    type: new LargeUtf8(),
    length: offsets.length - 1,
    valueOffsets: BigInt64Array.from(offsets),
    data: new Uint8Array(4),
  })

const refusals: readonly Refused[] = [
  {
    name: 'another type',
    type: 'int64',
    data: () => arrange('int32', [1], plainArrangement),
    code: 'LDB-0006',
    message:
      /column 'x' is declared int64 \(Arrow Int64\), the batch has Int32\n {2}fix: declare the column int32/,
  },
  {
    name: 'another unit',
    type: 'timestamp[us]',
    data: () => makeData({ type: new TimestampMillisecond(), data: BigInt64Array.of(1n) }),
    code: 'LDB-0006',
    message: /timestamp\[us\].*has Timestamp<MILLISECOND>(?:.|\n)*never converted/,
  },
  {
    name: 'a type that is not supported',
    type: 'int64',
    data: () => makeData({ type: new Decimal(2, 19), data: new Uint32Array(4) }),
    code: 'LDB-0006',
    message: /has Decimal(?:.|\n)*cast the data to one of Bool, Int8/,
  },
  {
    name: 'a decimal with more digits than its type',
    type: 'decimal(6,2)',
    data: () => makeData({ type: new Decimal(2, 6), data: Uint32Array.of(1_000_000, 0, 0, 0) }),
    code: 'LDB-7004',
    message: /row 0 with more digits than decimal\(6,2\)/,
  },
  {
    name: 'a decimal whose lower half looks small',
    type: 'decimal(6,2)',
    data: () => makeData({ type: new Decimal(2, 6), data: Uint32Array.of(1, 0, 0, 1) }),
    code: 'LDB-7004',
    message: /row 0 with more digits/,
  },
  {
    name: 'a decimal of another scale',
    type: 'decimal(6,2)',
    data: () => makeData({ type: new Decimal(3, 6), data: new Uint32Array(4) }),
    code: 'LDB-0006',
    message: /declared decimal\(6,2\).*has Decimal(?:.|\n)*declare the column decimal\(6,3\)/,
  },
  {
    name: 'a dictionary of another type',
    type: 'binary',
    data: () => coded([0], ['a']),
    code: 'LDB-0006',
    message: /declared binary.*has Dictionary<Int32, Utf8>/,
  },
  {
    name: 'a null in a column that is not null',
    type: 'int32',
    nullable: false,
    data: () => arrange('int32', [1, 2, null], { ...plainArrangement, before: 5 }),
    code: 'LDB-0006',
    message: /not null and has a null in row 2/,
  },
  {
    name: 'a null of the dictionary in a column that is not null',
    type: 'utf8',
    nullable: false,
    data: () => coded([1, 0], [null, 'a']),
    code: 'LDB-0006',
    message: /not null and has a null in row 1/,
  },
  {
    name: 'too few values',
    type: 'int32',
    data: () => ints({ length: 3 }),
    code: 'LDB-7004',
    message: /has 2 values and needs 3/,
  },
  {
    name: 'too few bits',
    type: 'bool',
    data: () => makeData({ type: new Bool(), length: 9, data: Uint8Array.of(1) }),
    code: 'LDB-7004',
    message: /has 8 values and needs 9/,
  },
  {
    name: 'values of another width',
    type: 'int16',
    data: () => new Data(new Int16(), 0, 1, 0, [undefined, Int32Array.of(1) as never]),
    code: 'LDB-7004',
    message: /values of 4 bytes, they must have 2/,
  },
  {
    name: 'no values at all',
    type: 'int16',
    data: () => new Data(new Int16(), 0, 1, 0),
    code: 'LDB-7004',
    message: /has 0 values and needs 1/,
  },
  {
    name: 'a detached buffer',
    type: 'int32',
    data: () => ints({ data: detached(Int32Array.of(1, 2)) }),
    code: 'LDB-7004',
    message: /has 0 values and needs 2; its buffer was transferred away/,
  },
  {
    name: 'a detached bitmap',
    type: 'int32',
    data: () => {
      const data = ints({ nullBitmap: Uint8Array.of(1) })
      detached(data.nullBitmap)
      return data
    },
    code: 'LDB-7004',
    message: /has a validity bitmap whose buffer was transferred away/,
  },
  {
    name: 'a bitmap that is too short',
    type: 'int32',
    data: () =>
      makeData({ type: new Int32(), data: new Int32Array(17), nullBitmap: Uint8Array.of(255, 255) }),
    code: 'LDB-7004',
    message: /has 2 bytes of validity bitmap and needs 3/,
  },
  {
    name: 'nulls without a bitmap',
    type: 'int32',
    data: () => ints({ nullCount: 1 }),
    code: 'LDB-7004',
    message: /says it has 1 nulls and has no validity bitmap/,
  },
  {
    name: 'too few offsets',
    type: 'utf8',
    data: () => text([65], [0, 1], { length: 2 }),
    code: 'LDB-7004',
    message: /has 2 offsets and needs 3/,
  },
  {
    name: 'offsets that fall',
    type: 'utf8',
    data: () => text([65, 66, 67], [0, 2, 1, 3]),
    code: 'LDB-7004',
    message: /offsets that fall in row 1: 2, then 1/,
  },
  {
    name: 'an offset below zero',
    type: 'binary',
    data: () => text([65], [-1, 1], { type: new Binary() }),
    code: 'LDB-7004',
    message: /has the offset -1/,
  },
  {
    name: 'an offset past the end',
    type: 'utf8',
    data: () => text([65], [0, 1, 2]),
    code: 'LDB-7004',
    message: /has 1 bytes of values and needs 2/,
  },
  {
    name: 'a code past the dictionary',
    type: 'utf8',
    data: () => coded([0, 1, 2], ['a', 'b']),
    code: 'LDB-7004',
    message: /has the code 2 in row 2, its dictionary has 2 values/,
  },
  {
    name: 'a code below zero',
    type: 'utf8',
    data: () => coded([-1], ['a', 'b']),
    code: 'LDB-7004',
    message: /has the code -1 in row 0/,
  },
  {
    name: 'codes without a dictionary',
    type: 'utf8',
    data: () => new Data(new Dictionary(new Utf8(), new Int8()), 0, 1, 0, [undefined, Int8Array.of(0)]),
    code: 'LDB-7004',
    message: /holds codes and has no dictionary/,
  },
  {
    name: 'a dictionary that is not of its type',
    type: 'utf8',
    data: () => coded([0], [], { dictionary: new Vector([ints({})]) }),
    code: 'LDB-7004',
    message: /the dictionary of column 'x' holds Int32, not utf8/,
  },
  {
    name: 'bytes that are not UTF-8',
    type: 'utf8',
    data: () => text([65, 0xff, 66], [0, 1, 2, 3]),
    code: 'LDB-7005',
    message: /column 'x' holds bytes in row 1 that are not UTF-8/,
  },
  {
    name: 'a cut through a code point',
    type: 'utf8',
    data: () => text([0xc3, 0x9f], [0, 1, 2]),
    code: 'LDB-7005',
    message: /in row 0/,
  },
  {
    name: 'a dictionary that is not UTF-8',
    type: 'utf8',
    data: () => coded([0], [], { dictionary: new Vector([text([0xff], [0, 1])]) }),
    code: 'LDB-7005',
    message: /the dictionary of column 'x' holds bytes in row 0/,
  },
  {
    name: 'a view past its buffer',
    type: 'utf8',
    data: () => views(13, 0, 0, 8),
    code: 'LDB-7004',
    message: /outside of its buffers in row 0/,
  },
  {
    name: 'a view into a buffer that is not there',
    type: 'utf8',
    data: () => views(1, 0, 0, 0, 13, 0, 1, 0),
    code: 'LDB-7004',
    message: /outside of its buffers in row 1/,
  },
  {
    name: 'a view of a length below zero',
    type: 'utf8',
    data: () => views(-1, 0, 0, 0),
    code: 'LDB-7004',
    message: /the length of row 0/,
  },
  {
    name: 'large offsets past 31 bits',
    type: 'utf8',
    data: () => large(0n, 1n << 40n),
    code: 'LDB-7004',
    message: /the offset of row 1 does not fit 31 bits/,
  },
  {
    name: 'large offsets that fall',
    type: 'utf8',
    data: () => large(0n, 3n, 2n),
    code: 'LDB-7004',
    message: /offsets that fall in row 1/,
  },
  {
    name: 'a value that no area holds',
    type: 'utf8',
    data: () => arrange('utf8', ['a', 'x'.repeat(200), 'b'], plainArrangement),
    code: 'LDB-8014',
    message:
      /column 'x' has a value of 200 bytes in row 1\n {2}fix: raise the limit columnBytes, which is 128/,
  },
]

function refuse(batch: RecordBatch, type: DataType, nullable: boolean, code: LdbCode, message: RegExp): void {
  const fixture = makeFixture([column('ok', 'utf8'), column('x', type, nullable)], { columnBytes: 128 })
  const before = fixture.bytes()
  assert.throws(
    () => fixture.door.accept(batch),
    (error: unknown) => {
      assert.ok(error instanceof MillraceError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    },
  )
  assert.deepEqual(fixture.bytes(), before)
}

for (const { name, type, data, code, message, nullable = true } of refusals) {
  test(`${code}: ${name}`, () => {
    const x = data()
    const ok = arrange('utf8', Array<string>(x.length).fill('y'), plainArrangement)
    refuse(batchOf({ ok, x }, x.length), type, nullable, code, message)
  })
}

test('LDB-0006: a column that is missing', () => {
  const ok = arrange('utf8', ['y'], plainArrangement)
  refuse(batchOf({ ok, y: ok }, 1), 'utf8', true, 'LDB-0006', /the batch has no column 'x'; it has ok, y/)
})

test('LDB-7004: a column of another length than its batch', () => {
  const ok = arrange('utf8', ['y', 'y'], plainArrangement)
  const batch = batchOf({ ok, x: ok }, 2)
  batch.data.children[1] = ok.slice(0, 1)
  refuse(batch, 'utf8', true, 'LDB-7004', /column 'x' has 1 rows, its batch 2/)
})

test('LDB-7004: rows that Arrow made up to fill a column that is too short', () => {
  const ok = arrange('utf8', ['y', 'y'], plainArrangement)
  const x = makeData({ type: new Uint32(), data: Uint32Array.of(1) })
  refuse(batchOf({ ok, x }, 2), 'uint32', true, 'LDB-7004', /has 1 values and needs 2/)
})
