/** Runs tasks of one key one after another, and those of different keys side by side. */
export type Queue = <T>(key: string, task: () => Promise<T>) => Promise<T>

export function createQueue(): Queue {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const before = tails.get(key)
    const running = before === undefined ? task() : before.then(task)
    const tail = running.catch(() => undefined)
    tails.set(key, tail)
    try {
      return await running
    } finally {
      if (tails.get(key) === tail) tails.delete(key)
    }
  }
}
