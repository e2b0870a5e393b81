/**
 * Run by no-llvm.test.ts, from a copy of the engine beside which llvm-bindings is not installed: says what the
 * machine can do, and runs the sample on what lies in the folder of its first argument.
 */
import { compileNative, findNative } from '../../codegen/llvm/backend.ts'
import { nativeRuntime, nativeTarget } from '../../codegen/llvm/target.ts'
import { cacheAt } from './kit.ts'
import { otherProgram, sampleMemory, sampleProgram, samplesTaken } from './programs.ts'

export interface Report {
  readonly target: ReturnType<typeof nativeTarget>
  readonly runtime: ReturnType<typeof nativeRuntime>
  /** How often the kernel ran; nothing where no native code was found. */
  readonly taken?: number
  readonly hits: number
  readonly otherFound: boolean
  /** How compiling ends. */
  readonly compiling: string
}

const cache = cacheAt(process.argv[2])

function runSample(): number | undefined {
  const step = findNative(sampleProgram(), cache)
  const memory = sampleMemory()
  const kernels = step?.link(memory)
  kernels?.get('step')?.()
  kernels?.get('step')?.()
  return kernels && Number(samplesTaken(memory))
}

const taken = runSample()
const report: Report = {
  target: nativeTarget(),
  runtime: nativeRuntime(),
  ...(taken !== undefined && { taken }),
  hits: cache.counters.hits,
  otherFound: findNative(otherProgram(), cache) !== undefined,
  compiling: await compileNative(sampleProgram(), undefined, cache).then(
    () => 'done',
    error => error.code,
  ),
}
process.stdout.write(JSON.stringify(report))
