/** The back ends that a test runs on. No test picks one: it asks for all that this machine has. */
import type { CompiledProgram, Program } from '../../codegen/backend.ts'
import { interpret } from '../../codegen/interp/interpret.ts'
import { compileJs } from '../../codegen/js/link.ts'

export interface TestBackend {
  readonly name: 'interp' | 'js' | 'native'
  compile(program: Program): Promise<CompiledProgram>
}

/** The interpreter comes first: it is the specification. */
export const backends: readonly TestBackend[] = [
  { name: 'interp', compile: async program => interpret(program) },
  { name: 'js', compile: async program => compileJs(program) },
]
