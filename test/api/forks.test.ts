/** The memory of many plans does not keep the host program from starting other processes. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { nativeRuntime } from '../../codegen/llvm/target.ts'
import { compile } from '../../compiler/index.ts'
import { eventsFrom, settle, sums } from './kit.ts'

/** Together they reserve several times what the machine has. */
const INSTANCES = 16

const runtime = nativeRuntime()

test('a program with many open queries can start a process', {
  skip: !runtime.available && runtime.reason,
}, async () => {
  const query = compile(sums)
  const open = Array.from({ length: INSTANCES }, () => query.open(() => {}))
  for (const live of open) live.push(eventsFrom(0, 5))
  await settle()
  const printed = execFileSync(process.execPath, ['-p', '6 * 7'], { encoding: 'utf8' })
  assert.equal(printed.trim(), '42')
  for (const live of open) assert.equal(live.counters.rowsIn, 5n)
})
