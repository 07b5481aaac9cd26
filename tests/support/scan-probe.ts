// A program: asks every target on stdin, a JSON array of `[protocol, address, port]`, and writes what each
// said, a JSON array in the same order with null for those that said nothing.
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from './scan.ts'

/** ms; whoever answers at all does so within one */
const PATIENCE = 300
/** connections at a time */
const WIDTH = 400

const targets = JSON.parse(await text(process.stdin)) as Target[]
const answers = new Map<string, string>()
const keyOf = (...target: Target): string => target.join(' ')

// Silence is asked again before it is believed: the machine may have been busy.
for (let round = 0; round < 2; round++) {
  const silent = targets.filter((target) => !answers.has(keyOf(...target)))
  await Promise.all([askUdp(silent.filter(([protocol]) => protocol === 'udp')), askTcp(silent)])
}
const said = targets.map((target) => answers.get(keyOf(...target)) || null)
process.stdout.write(JSON.stringify(said), () => process.exit())

async function askTcp(all: readonly Target[]): Promise<void> {
  const waiting = all.filter(([protocol]) => protocol === 'tcp')
  const worker = async () => {
    for (let target = waiting.pop(); target; target = waiting.pop()) await connectTo(target)
  }
  await Promise.all(Array.from({ length: WIDTH }, worker))
}

function connectTo(target: Target): Promise<void> {
  const [, host, port] = target
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let heard = ''
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket.on('data', (chunk) => {
      heard += chunk
    })
    // A refusal is an answer as well: nobody needs to be asked again.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') answers.set(keyOf(...target), '')
    })
    socket.on('connect', () => answers.set(keyOf(...target), 'a connection'))
    socket.on('close', () => {
      if (heard) answers.set(keyOf(...target), heard)
      resolve()
    })
  })
}

async function askUdp(all: readonly Target[]): Promise<void> {
  const sockets = { 4: createSocket('udp4'), 6: createSocket('udp6') }
  for (const socket of Object.values(sockets)) {
    socket.on('message', (message, { address, port }) =>
      answers.set(keyOf('udp', address, port), String(message)),
    )
    socket.on('error', () => undefined)
  }
  for (const [, host, port] of all) sockets[host.includes(':') ? 6 : 4].send('?', port, host, () => undefined)
  await sleep(PATIENCE * 2)
  for (const socket of Object.values(sockets)) socket.close()
}
