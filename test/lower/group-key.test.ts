/** Keys of groups: what is guessed of a row to come is what its key will be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpret } from '../../codegen/interp/interpret.ts'
import { layoutInput, readInput } from '../../compiler/lower/input.ts'
import { GroupKey } from '../../compiler/lower/operators/group-key.ts'
import type { RowScope } from '../../compiler/lower/scope.ts'
import { all, bool, eq, i32, KernelBuilder, toInt } from '../../ir/kernel/build.ts'
import { regionBytes } from '../../ir/layout.ts'
import type { Column } from '../../ir/schema.ts'
import { type DataType, dataTypes, isBytes } from '../../ir/types.ts'
import { resolveLimits } from '../../runtime/memory/limits.ts'

const ROWS = 64

/** Are the words of the key of a row those that are guessed of it, whatever lies in memory? */
function guesses(columns: readonly Column[], dense: boolean): readonly (number | undefined)[] {
  const input = layoutInput(columns, { ...resolveLimits(), batchRows: ROWS })
  const key = new GroupKey(columns, undefined)
  const kernels = Array.from({ length: ROWS }, (_, i) => {
    const k = new KernelBuilder(`row_${i}`)
    const row = readInput(input, { dense, dictionaries: [] }, i32(i))
    const words = key.words(key.read({ k } as unknown as RowScope, row))
    const guessed = key.guess(row, row) ?? []
    const isSame = guessed.length === words.length
    k.return(toInt(all([bool(isSame), ...(isSame ? words.map((word, n) => eq(word, guessed[n])) : [])])))
    return k.finish()
  })
  const data = regionBytes(input.data, ROWS + 1)
  const bytes = Uint8Array.from({ length: data + regionBytes(input.meta, 1) }, (_, i) =>
    i < data ? (i * 37) >> 3 : 0,
  )
  const linked = interpret({ name: 'keys', kernels }).link({
    buffer: bytes.buffer,
    regions: new Map([
      ['in', { offset: 0, bytes: data }],
      ['in_meta', { offset: data, bytes: bytes.length - data }],
    ]),
  })
  return kernels.map(({ name }) => linked.get(name)?.())
}

const column = (name: string, type: DataType, nullable: boolean): Column => ({ name, type, nullable })

test('what is guessed of a row to come is what its key will be, nulls included', () => {
  const same = Array.from({ length: ROWS }, () => 1)
  for (const type of dataTypes.filter(type => !isBytes(type))) {
    for (const nullable of [false, true]) {
      for (const dense of [false, true])
        assert.deepEqual(
          guesses([column('a', type, nullable), column('b', 'int64', false)], dense),
          same,
          type,
        )
    }
  }
})
