/** The libraries that kernels are built from. One process: the native compiler starts once. */
import './lib/bytes.ts'
import './lib/clashes.ts'
import './lib/hash.ts'
import './lib/heap.ts'
import './lib/interner.ts'
import './lib/open-windows.ts'
import './lib/points.ts'
import './lib/table.ts'
