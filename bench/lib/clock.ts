/** What time is taken with: the wall, or the processor where others keep it busy, too. */

/** Milliseconds since any moment. */
export type Clock = () => number

export const wallClock: Clock = () => performance.now()

/** Time that the threads of this process were on a processor. Its child processes are not part of it. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
