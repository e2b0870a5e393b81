/** Where the checkout lies that this build came from: C sources are not part of the build. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** dist/bench/lib -> the checkout. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

export const inCheckout = (...path: readonly string[]): string => join(root, ...path)
