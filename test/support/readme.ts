/** The README's code, for the test and for the check of the package that run it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './golden.ts'

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')

/** The code blocks of a language, without their fences. */
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(/^```(\w*)\n(.*?)\n```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text)

/** Three flights from LAX and one from JFK, an hour later. */
const rows = `
const at = (hour: number, minute: number) => BigInt(Date.UTC(2001, 0, 1, hour, minute)) * 1000n
const rows = [
  { date: at(0, 5), delay: 16n, distance: 300n, origin: 'LAX' },
  { date: at(0, 10), delay: 3n, distance: 2500n, origin: 'LAX' },
  { date: at(0, 50), delay: 42n, distance: 800n, origin: 'LAX' },
  { date: at(1, 20), delay: 17n, distance: 700n, origin: 'JFK' },
]
`

/** A program, and what it prints. */
export const readmeExample = `${rows}${blocks('ts')[0]}\n`
export const readmeOutput = blocks('')[0]

/** The program with the aggregate of one's own behind it, and what that prints. */
export const readmeFold = `${readmeExample}${blocks('ts')[1]}\n`
export const readmeFoldOutput = blocks('')[3]

/** The program with a join behind it, and what that prints. */
export const readmeJoin = `${readmeExample}${blocks('ts')[2]}\n`
export const readmeJoinOutput = blocks('')[4]

/** The error that the README shows. */
export const readmeError = blocks('')[1]
