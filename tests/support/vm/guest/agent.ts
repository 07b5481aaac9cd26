// Runs in the virtual machine, on its Node: starts programs for the tests outside. Requests and answers are
// lines of JSON on a virtio serial port; several programs may run at a time.
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, read, writeSync } from 'node:fs'
import type { Answer, Request } from '../channel.ts'

const port = openSync('/dev/vport0p1', 'r+')
const running = new Map<number, ChildProcess>()

function answer(message: Answer): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  // The driver takes 32 KiB at a time.
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(port, bytes, sent)
}

function handle(request: Request): void {
  const { id } = request
  if (request.kind === 'signal') {
    const pid = running.get(id)?.pid
    if (pid !== undefined) process.kill(-pid, request.signal)
    return
  }
  const [file = '', ...args] = request.argv
  // A group of its own, so that a signal reaches what the program has started.
  const child = spawn(file, args, {
    env: { ...process.env, ...request.env },
    cwd: request.cwd,
    detached: true,
  })
  running.set(id, child)
  child.stdout.setEncoding('utf8').on('data', (text: string) => answer({ id, kind: 'stdout', text }))
  child.stderr.setEncoding('utf8').on('data', (text: string) => answer({ id, kind: 'stderr', text }))
  // A program may end without having read its input.
  child.stdin.on('error', () => {}).end(request.input)
  child.once('error', (error) => answer({ id, kind: 'end', status: error.message }))
  child.once('close', (code, signal) => {
    running.delete(id)
    answer({ id, kind: 'end', status: code ?? signal ?? 'unknown' })
  })
}

const buffer = Buffer.alloc(65_536)
let rest = Buffer.alloc(0)

function listen(): void {
  read(port, buffer, 0, buffer.length, null, (error, length) => {
    if (error) throw error
    rest = Buffer.concat([rest, buffer.subarray(0, length)])
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      handle(JSON.parse(rest.toString('utf8', 0, end)))
      rest = rest.subarray(end + 1)
    }
    // Nothing is read as long as nobody is at the other end.
    setTimeout(listen, length === 0 ? 20 : 0)
  })
}

answer({ id: 0, kind: 'ready' })
listen()
