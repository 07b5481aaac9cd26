import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { holdPort } from '../../../../../../lib/kernel/sockets/hold.ts'
import { FLOWS } from '../../../../../../lib/kernel/sockets/relay/udp.ts'
import { until } from '../../../../../support/until.ts'

/** Addresses of loopback that nobody else is likely to use. */
const [HOST, INNER] = ['127.83.8.1', '127.83.8.9']
const PORT = 28_280
const TARGET = { address4: INNER, port: PORT }

async function open(t: Test, address: string, port = 0): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(port, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return socket
}

/** Answers with its name and what it got, and says how many clients it has seen. */
async function serve(t: Test, address: string, name: string) {
  const clients = new Set<number>()
  const socket = await open(t, address, PORT)
  socket.on('message', (data, { port, address: from }) => {
    clients.add(port)
    socket.send(`${name} got ${data}`, port, from)
  })
  return clients
}

async function ask(socket: Socket, to: string, text = 'x'): Promise<string> {
  socket.send(text, PORT, to)
  const answer = once(socket, 'message').then(([data]) => String(data))
  return Promise.race([answer, sleep(500, 'silence')])
}

const descriptors = (): number => readdirSync('/proc/self/fd').length

t.test('datagrams go to the container and back, a flow for each client', async (t) => {
  const clients = await serve(t, INNER, 'four')
  const { release } = await holdPort({ proto: 'udp', host: HOST, port: PORT }, TARGET)
  const [one, two] = [await open(t, HOST), await open(t, HOST)]
  t.equal(await ask(one, HOST, 'first'), 'four got first')
  t.equal(await ask(one, HOST, 'second'), 'four got second')
  t.equal(await ask(two, HOST, 'third'), 'four got third')
  t.equal(clients.size, 2)
  const before = descriptors()
  release()
  await until('what it had open to be closed', () => descriptors() <= before - 3, {
    timeout: 2000,
    every: 10,
  })
  t.equal(await ask(one, HOST), 'silence')
})

t.test('a flow stays in its family, where the container has an address of it', async (t) => {
  await serve(t, INNER, 'four')
  await serve(t, '::1', 'six')
  const [four, six] = [await open(t, HOST), await open(t, '::1')]
  const any = { proto: 'udp', host: '::', port: PORT + 1, wide: true } as const
  for (const [addresses, byFour, bySix] of [
    [{ address4: INNER, address6: '::1' }, 'four', 'six'],
    [{ address4: INNER }, 'four', 'four'],
    [{ address6: '::1' }, 'six', 'six'],
  ] as const) {
    const { release } = await holdPort(any, { ...addresses, port: PORT })
    for (const [socket, to, name] of [
      [four, HOST, byFour],
      [six, '::1', bySix],
    ] as const) {
      socket.send('x', any.port, to)
      const [data] = await once(socket, 'message')
      t.equal(String(data), `${name} got x`)
    }
    release()
  }
})

t.test('flows are bounded, and the longest silent goes', async (t) => {
  const clients = await serve(t, INNER, 'four')
  const { release } = await holdPort({ proto: 'udp', host: HOST, port: PORT }, TARGET)
  t.teardown(release)
  const first = await open(t, HOST)
  t.equal(await ask(first, HOST), 'four got x')
  const old = await open(t, HOST)
  t.equal(await ask(old, HOST), 'four got x')
  for (let index = 0; index < FLOWS.port - 1; index++) {
    if (index === FLOWS.port - 2) t.equal(await ask(first, HOST), 'four got x')
    t.equal(await ask(await open(t, HOST), HOST), 'four got x')
  }
  const known = clients.size
  t.equal(known, FLOWS.port + 1)
  await ask(first, HOST)
  t.equal(clients.size, known, 'who was heard of goes on by the same socket')
  await ask(old, HOST)
  t.equal(clients.size, known + 1, 'who was silent begins anew')
})

t.test('a container that refuses is silence, and answers later', async (t) => {
  const { release } = await holdPort({ proto: 'udp', host: HOST, port: PORT }, TARGET)
  t.teardown(release)
  const client = await open(t, HOST)
  for (const _ of [1, 2]) t.equal(await ask(client, HOST), 'silence')
  await serve(t, INNER, 'four')
  t.match(await ask(client, HOST), 'four got x')
})
