/**
 * The LLVM text that every module starts from. It says what llvm-bindings cannot: the data layout, loads and
 * stores at any address (its loads are always aligned), and the intrinsics with their types. Typed pointers are
 * on purpose: LLVM 14, 15 and 19 read them.
 */

const DATA_LAYOUT = 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-f80:128-n8:16:32:64-S128'

export const TRIPLE = 'x86_64-pc-linux-gnu'

/** Types of more than one byte that a field can have. */
const unaligned = ['i16', 'i32', 'i64', 'float', 'double'] as const
export type UnalignedType = (typeof unaligned)[number]

export const unalignedLoad = (type: UnalignedType): string => `load.${type}`
export const unalignedStore = (type: UnalignedType): string => `store.${type}`

const accessTo = (type: UnalignedType): string => `
define internal ${type} @${unalignedLoad(type)}(i8* %at) alwaysinline nounwind {
  %typed = bitcast i8* %at to ${type}*
  %value = load ${type}, ${type}* %typed, align 1
  ret ${type} %value
}
define internal void @${unalignedStore(type)}(i8* %at, ${type} %value) alwaysinline nounwind {
  %typed = bitcast i8* %at to ${type}*
  store ${type} %value, ${type}* %typed, align 1
  ret void
}`

const overflows = ['sadd', 'ssub', 'smul', 'uadd', 'umul'].flatMap(name =>
  ['i32', 'i64'].map(type => `declare { ${type}, i1 } @llvm.${name}.with.overflow.${type}(${type}, ${type})`),
)

const intrinsics = [
  ...overflows,
  ...['fabs', 'sqrt', 'floor', 'ceil', 'trunc'].map(name => `declare double @llvm.${name}.f64(double)`),
  'declare i32 @llvm.fptosi.sat.i32.f64(double)',
  'declare i64 @llvm.fptosi.sat.i64.f64(double)',
  'declare i64 @llvm.fptoui.sat.i64.f64(double)',
  'declare void @llvm.prefetch.p0i8(i8*, i32, i32, i32)',
  'declare i1 @llvm.expect.i1(i1, i1)',
  'declare double @llvm.arithmetic.fence.f64(double)',
]

export const seedText = [
  `target datalayout = "${DATA_LAYOUT}"`,
  `target triple = "${TRIPLE}"`,
  ...unaligned.map(accessTo),
  ...intrinsics,
  '',
].join('\n')
