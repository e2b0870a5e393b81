/** The plan hash: sha256 of canonical text. Whoever looks a plan up by it compares the text as well. */
import { createHash } from 'node:crypto'

export const hashText = (text: string): string => createHash('sha256').update(text).digest('hex')
