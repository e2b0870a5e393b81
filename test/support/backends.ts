/** The back ends that a test runs on. No test picks one: it asks for all that this machine has. */
import './no-cache.ts'
import type { CompiledProgram, Program } from '../../codegen/backend.ts'
import { interpret } from '../../codegen/interp/interpret.ts'
import { compileJs } from '../../codegen/js/link.ts'
import { compileNative } from '../../codegen/llvm/backend.ts'
import { nativeTarget } from '../../codegen/llvm/target.ts'

export interface TestBackend {
  readonly name: 'interp' | 'js' | 'native'
  compile(program: Program): Promise<CompiledProgram>
}

const target = nativeTarget()

/** Why native code is not tested here; `false` where it is. Made for the `skip` option of a test. */
export const nativeUnavailable: string | false = target.available ? false : `no native code: ${target.reason}`

const native: TestBackend = { name: 'native', compile: program => compileNative(program) }

/** The interpreter comes first: it is the specification. */
export const backends: readonly TestBackend[] = [
  { name: 'interp', compile: async program => interpret(program) },
  { name: 'js', compile: async program => compileJs(program) },
  ...(nativeUnavailable ? [] : [native]),
]

if (nativeUnavailable) console.warn(`tests run without the native back end: ${nativeUnavailable}`)
