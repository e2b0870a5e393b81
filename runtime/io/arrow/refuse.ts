/** How a column that cannot be taken is refused: what it is, what is wrong, and where. */
import { MillraceError } from '../../../ir/errors.ts'
import type { DataType } from '../../../ir/types.ts'

/** A column, or the dictionary of one: what messages call it, and the type that it must have. */
export interface Site {
  readonly label: string
  readonly type: DataType
}

/** The buffers break the rules of the Arrow layout. */
export const broken = (site: Site, what: string): MillraceError =>
  new MillraceError('LDB-7004', `${site.label} ${what}`)

/** Throws where a buffer has fewer elements than it must. */
export function checkRoom(
  site: Site,
  what: string,
  have: ArrayLike<unknown> | undefined,
  need: number,
  perElement = 1,
): void {
  const room = (have?.length ?? 0) * perElement
  if (room >= need) return
  const why = isDetached(have) ? `; its buffer was transferred away` : ''
  throw broken(site, `has ${room} ${what} and needs ${need}${why}`)
}

/** A view over a detached buffer looks like an empty one. */
export function isDetached(view: unknown): boolean {
  if (!ArrayBuffer.isView(view) || view.byteLength > 0 || view.buffer.byteLength > 0) return false
  try {
    new Uint8Array(view.buffer)
    return false
  } catch {
    return true
  }
}

/** Texts of one column together may be as long as i32 offsets reach. */
export const TEXT_BYTES_MAX = 2 ** 31 - 1

export function checkTextBytes(bytes: number): void {
  if (bytes <= TEXT_BYTES_MAX) return
  throw new MillraceError('LDB-8014', 'the texts of one column are longer than 2 GiB together', {
    fix: 'push smaller batches',
  })
}
