// What must be undone before this process ends, even when a test throws or tap loses patience. Everything in
// here is synchronous, since nothing else runs in an exit hook.
const pending = new Map<symbol, () => void>()

/** Registers `undo` for the end of the process. The function returned runs it now, once, and forgets it. */
export function atExit(undo: () => void): () => void {
  if (!process.listeners('exit').includes(runAll)) hook()
  const key = Symbol()
  pending.set(key, undo)
  return () => {
    if (pending.delete(key)) undo()
  }
}

function hook(): void {
  process.on('exit', runAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      runAll()
      process.kill(process.pid, signal)
    })
}

// Last first: what was made later may stand on what was made before.
function runAll(): void {
  for (const [key, undo] of [...pending].reverse()) {
    pending.delete(key)
    try {
      undo()
    } catch (error) {
      console.error('clean-up failed:', error)
    }
  }
}
