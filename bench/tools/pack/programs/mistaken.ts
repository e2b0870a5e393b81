/** A mistake of a user's: prints the stack of what the package says to it. */
import { source, t } from 'millrace'

const limit = 15n
try {
  source('flights', { delay: t.int64 }).filter(f => f.delay > limit)
} catch (error) {
  console.log(error instanceof Error ? error.stack : error)
}
