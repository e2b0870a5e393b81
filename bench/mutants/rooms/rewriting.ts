/** Faults of the walks over kernels that passes share. */
import type { Room } from '../mutant.ts'

export const rewrite: Room = {
  file: 'ir/kernel/rewrite.ts',
  tests: ['passes/kernel-passes.test', 'kernel/programs.test'],
  faults: [
    {
      name: 'same-begin-lost',
      find: 'out = list.slice(0, i)',
      put: 'out = []',
      shows: 'some plans do not compile: operands that stay are lost',
    },
    {
      name: 'replaced-one-by-one-lost',
      find: 'changed.length !== 1 || changed[0] !== block[i]',
      put: 'changed.length !== 1',
      shows: 'what a pass makes of a statement is thrown away',
    },
    {
      name: 'unreachable-stays',
      find: 'block.slice(0, last + 1)',
      put: 'block',
      shows: 'some plans do not compile: code that cannot be reached',
    },
  ],
}
