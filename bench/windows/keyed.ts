/** Tumbling and hopping windows by key. */
import { hop, tumble } from '../../compiler/index.ts'
import { type CodedCase, erase } from '../lib/kernel-case.ts'
import { paneRival } from './pane-rival.ts'
import { LAG_MS, paymentsData, paymentsWith } from './payments.ts'

export interface KeyedOptions {
  readonly name: string
  readonly keys: number
  readonly rows: number
  /** A tumbling window has one pane. */
  readonly slideMs: number
  readonly perWindow: number
  readonly sums: boolean
  /** Does the watermark never close a window? Then rows are taken, and nothing else is done. */
  readonly onlyTakes: boolean
}

/** Room for the panes under way: that of the lag, the next, and one for the row at hand. */
const PANES_MORE = 4

export function keyedWindows(options: KeyedOptions): CodedCase {
  const { name, keys, rows, slideMs, perWindow, sums, onlyTakes } = options
  const slides = Math.ceil((rows + LAG_MS) / slideMs)
  const sizeMs = slideMs * perWindow
  const lagMs = onlyTakes ? sizeMs + slides * slideMs : LAG_MS
  return {
    name,
    about: `${keys.toLocaleString('en')} keys, windows of ${perWindow} x ${slideMs} ms`,
    rows,
    data: paymentsData(keys),
    ...(!onlyTakes && { time: { column: 'ts', ticks: BigInt(slides * slideMs) } }),
    stream: streamOf(options, sizeMs, lagMs),
    rival: paneRival({
      slideMs,
      perWindow,
      panes: perWindow + PANES_MORE + (onlyTakes ? slides : 0),
      room: 2 ** Math.ceil(Math.log2(keys)),
      lagMs,
      sums,
    }),
  }
}

function streamOf({ slideMs, perWindow, sums }: KeyedOptions, sizeMs: number, lagMs: number) {
  const payments = paymentsWith(`${lagMs}ms`)
  const size = `${sizeMs}ms` as const
  const grouped =
    perWindow === 1
      ? payments.window(tumble('ts', size)).groupBy('key')
      : payments.window(hop('ts', size, `${slideMs}ms`)).groupBy('key')
  return sums
    ? erase(grouped.agg((p, a) => ({ rows: a.count(), total: a.sum(p.amount) })))
    : erase(grouped.agg((_p, a) => ({ rows: a.count() })))
}
