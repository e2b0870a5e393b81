/** Several processes on one folder: nobody ever sees half an entry or another one's, and nobody is disturbed. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { diskUnavailable, filesIn, temporary } from './kit.ts'
import type { Report } from './processes-child.ts'

const skip = diskUnavailable
const child = fileURLToPath(new URL('./processes-child.js', import.meta.url))

async function runAll(folder: string, rounds: number, roles: readonly string[]): Promise<readonly Report[]> {
  const reports = roles.map(async (role, i) => {
    const args = [child, folder, String(i + 1), String(rounds), role]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as Report
  })
  return Promise.all(reports)
}

const sum = (reports: readonly Report[], counter: keyof Report): number =>
  reports.reduce((total, report) => total + report[counter], 0)

test('readers, writers and evictors do not disturb each other', { skip }, async t => {
  const folder = temporary(t)
  const reports = await runAll(folder, 2000, Array(5).fill('reader'))
  assert.deepEqual([sum(reports, 'wrong'), sum(reports, 'rejected'), sum(reports, 'failed')], [0, 0, 0])
  assert.ok(sum(reports, 'hits') > 100 && sum(reports, 'evicted') > 100)
  assert.ok(filesIn(folder).every(name => name.endsWith('.sample')))
})

test('nobody believes what a vandal left behind', { skip }, async t => {
  const reports = await runAll(temporary(t), 2000, ['reader', 'vandal', 'reader', 'vandal'])
  assert.equal(sum(reports, 'wrong'), 0)
  assert.ok(sum(reports, 'rejected') > 10 && sum(reports, 'hits') > 100)
})
