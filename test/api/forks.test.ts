/** What many plans reserve does not keep the compiler from being started. */
import assert from 'node:assert/strict'
import { totalmem } from 'node:os'
import { test } from 'node:test'
import { compile, PlanCache } from '../../compiler/index.ts'
import { nativeUnavailable } from '../support/backends.ts'
import { eventsFrom, sums } from './kit.ts'

const MiB = 1 << 20
/** Together they reserve twice what the machine has. */
const INSTANCES = 16
const memoryBytes = Math.floor(totalmem() / 8 / MiB) * MiB

test('native code can be made while many plans are open', { skip: nativeUnavailable }, async () => {
  const rows = eventsFrom(0, 5)
  const options = { limits: { memoryBytes }, cache: new PlanCache(0) }
  const others = Array.from({ length: INSTANCES }, () =>
    compile(sums, options).open(() => {}, { tier: 'js' }),
  )
  const codes: string[] = []
  const onDiagnostic = ({ code, message }: { code: string; message: string }) =>
    codes.push(`${code} ${message}`)
  const live = compile(sums, options).open(() => {}, { tier: 'native', onDiagnostic })
  assert.equal(await live.warm(rows), 'native', codes.join())
  for (const open of [live, ...others]) {
    open.push(rows)
    assert.equal(open.counters.rowsIn, 5n)
  }
})
