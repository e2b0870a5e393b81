/**
 * The functions that generated code calls: the meaning of each op with an effect, under the name that its spelling
 * uses (`upper.text` is `host.upper_text`). One table for all programs, captured as a constant.
 */
import { type Effect, opNames, opRow } from '../../ir/kernel/ops.ts'

export const hostFunctions: Readonly<Record<string, Effect>> = Object.fromEntries(
  opNames.flatMap(name => {
    const { effect } = opRow(name)
    return effect ? [[name.replace('.', '_'), effect]] : []
  }),
)
