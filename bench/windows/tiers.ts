/** The engines that are timed. */
import { nativeTarget } from '../../codegen/llvm/target.ts'

export const timedTiers = (): readonly ('js' | 'native')[] =>
  nativeTarget().available ? ['js', 'native'] : ['js']
