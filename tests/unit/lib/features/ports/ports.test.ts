import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Claim } from '../../../../../lib/features/ports/claims.ts'
import { createPorts } from '../../../../../lib/features/ports/ports.ts'
import { holdPort } from '../../../../../lib/kernel/sockets/hold.ts'
import { listens } from '../../../fixtures/listens.ts'

/** Ports of an address of loopback that nobody else is likely to use. */
const HOST = '127.83.7.1'
const OTHER = '127.83.7.2'

const open = (range?: string) =>
  createPorts({
    host: { read: async () => range },
    hold: holdPort,
    nameOf: (id) => `container ${id}`,
  })
const at = (id: string) => ({ id, address4: '127.83.7.9' })
const claim = (change: Partial<Claim> = {}): Claim => ({
  proto: 'tcp',
  port: 80,
  first: 28080,
  last: 28080,
  hosts: [HOST],
  open: [],
  ...change,
})
t.test('a port is held until it is released', async (t) => {
  const ports = open()
  t.strictSame(await ports.claim(at('web'), [claim()]), [
    { proto: 'tcp', host: HOST, hostPort: 28080, port: 80 },
  ])
  t.notOk(await listens(HOST, 28080), 'nobody else can have it')
  ports.release('web')
  t.ok(await listens(HOST, 28080), 'now they can')
})

t.test('a port of another container is refused with its name, and nothing is kept', async (t) => {
  const ports = open()
  await ports.claim(at('web'), [claim()])
  await t.rejects(ports.claim(at('shop'), [claim({ first: 28079, last: 28079 }), claim()]), {
    name: 'InvalidRequestError',
    message: `-p ${HOST}:28080/tcp: port is already allocated (address already in use): container web has it`,
  })
  t.ok(await listens(HOST, 28079), 'the first one is free again')
  t.ok(
    (await ports.claim(at('shop'), [claim({ hosts: [OTHER] })])).length === 1,
    'another address is another port',
  )
  ports.release('web')
  ports.release('shop')
})

t.test('a port of a process is refused', async (t) => {
  const ports = open()
  const server = createServer().listen({ host: HOST, port: 28080 })
  await once(server, 'listening')
  t.teardown(() => server.close())
  await t.rejects(ports.claim(at('web'), [claim()]), {
    message: /already allocated .*: a process of the host has it$/,
  })
  const socket = createSocket('udp4').bind(28080, HOST)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  await t.rejects(ports.claim(at('web'), [claim({ proto: 'udp' })]), {
    message: /28080\/udp: port is already/,
  })
})

t.test('an address that the host does not have is refused', async (t) => {
  await t.rejects(open().claim(at('web'), [claim({ hosts: ['192.0.2.77'] })]), {
    message: '-p 192.0.2.77:28080/tcp: expected an address that the host has',
  })
})

t.test('TCP, UDP and SCTP have ports of their own', async (t) => {
  const ports = open()
  for (const proto of ['tcp', 'udp', 'sctp'] as const) await ports.claim(at(proto), [claim({ proto })])
  await t.rejects(ports.claim(at('more'), [claim({ proto: 'sctp' })]), { message: /container sctp has it/ })
  for (const id of ['tcp', 'udp', 'sctp']) ports.release(id)
})

t.test('of a range, the first port that is free on all addresses', async (t) => {
  const ports = open()
  await ports.claim(at('web'), [claim({ hosts: [OTHER] })])
  const got = await ports.claim(at('shop'), [claim({ last: 28082, hosts: [HOST, OTHER] })])
  t.strictSame(
    got.map(({ host, hostPort }) => `${host}:${hostPort}`),
    [`${HOST}:28081`, `${OTHER}:28081`],
  )
  await t.rejects(ports.claim(at('more'), [claim({ last: 28081, hosts: [OTHER] })]), {
    message: /28081\/tcp/,
  })
  ports.release('web')
  ports.release('shop')
})

t.test('a port that nobody named is any that is free of the range of the kernel', async (t) => {
  const ports = open('40000\t40002\n')
  const ask = async (id: string) =>
    (await ports.claim(at(id), [claim({ first: 0, last: 0 })])).map(({ hostPort }) => hostPort)
  const got = [await ask('one'), await ask('two'), await ask('three')].flat()
  t.strictSame(got.toSorted(), [40000, 40001, 40002])
  await t.rejects(ask('four'), { message: /already allocated/ })
  ports.release('two')
  t.strictSame(await ask('four'), [got[1]])
  for (const id of ['one', 'three', 'four']) ports.release(id)
})

t.test('ports that nobody named do not begin where Docker begins to look', async (t) => {
  const starts = new Set<number>()
  for (let round = 0; round < 8; round++) {
    const ports = open('40000\t49999\n')
    starts.add((await ports.claim(at('web'), [claim({ first: 0, last: 0 })]))[0]?.hostPort ?? 0)
    ports.release('web')
  }
  t.ok(starts.size > 4, [...starts].join())
})

t.test('holders() are those who have ports', async (t) => {
  const ports = open()
  await ports.claim(at('web'), [claim(), claim({ first: 28081, last: 28081 })])
  t.strictSame(ports.holders(), ['web'])
  ports.release('web')
  t.strictSame(ports.holders(), [])
})

t.test('a hundred ports at once', async (t) => {
  const ports = open()
  const claims = Array.from({ length: 100 }, (_, index) =>
    claim({ first: 20_000 + index, last: 20_000 + index }),
  )
  t.equal((await ports.claim(at('web'), claims)).length, 100)
  ports.release('web')
  t.ok(await listens(HOST, 20_050))
})

const ANY = claim({ hosts: ['0.0.0.0', '::'] })

t.test('any address of both families is one socket, and keeps both', async (t) => {
  let sockets = 0
  const hold: typeof holdPort = (wanted, target) => {
    sockets += 1
    return holdPort(wanted, target)
  }
  const ports = createPorts({ host: { read: async () => undefined }, hold, nameOf: String })
  const published = await ports.claim(at('web'), [ANY])
  t.strictSame(
    published.map(({ host }) => host),
    ['::', '0.0.0.0'],
  )
  t.equal(sockets, 1)
  for (const host of [HOST, '0.0.0.0', '::1', '::']) t.notOk(await listens(host, 28080), host)
  for (const host of [HOST, '::1'])
    await t.rejects(ports.claim(at('shop'), [claim({ hosts: [host] })]), { message: /: web has it/ })
  ports.release('web')
  for (const host of [HOST, '::1']) t.ok(await listens(host, 28080), host)
  await ports.restore(at('web'), published)
  t.strictSame(await ports.retry(), [])
  t.equal(sockets, 2, 'one again')
  for (const host of [HOST, '::1']) t.notOk(await listens(host, 28080), host)
  ports.release('web')
})

t.test('a port that one family lacks is refused for both, by the address that people know', async (t) => {
  for (const [host, options] of [
    [HOST, {}],
    ['::1', { ipv6Only: true }],
  ] as const) {
    const server = createServer().listen({ host, port: 28080, ...options })
    await once(server, 'listening')
    await t.rejects(open().claim(at('web'), [ANY]), {
      message: /^-p 0\.0\.0\.0:28080\/tcp: port is already allocated .* a process of the host has it$/,
    })
    await new Promise((resolve) => server.close(resolve))
  }
})

t.test('a host without IPv6 keeps IPv4', async (t) => {
  const hold: typeof holdPort = (wanted, target) =>
    wanted.host === '::'
      ? Promise.reject(Object.assign(new Error('no IPv6'), { code: 'EAFNOSUPPORT' }))
      : holdPort(wanted, target)
  const ports = createPorts({ host: { read: async () => undefined }, hold, nameOf: String })
  t.match(await ports.claim(at('web'), [ANY]), [{ host: '0.0.0.0' }])
  t.notOk(await listens(HOST, 28080))
  ports.release('web')
  t.strictSame(await ports.claim(at('web'), [claim({ hosts: ['::'] })]), [])
})

t.test('no translation, no port of the host', async (t) => {
  const ports = open()
  t.strictSame(await ports.claim(at('web'), [claim({ hosts: [], open: ['0.0.0.0'] })]), [
    { proto: 'tcp', host: '0.0.0.0', hostPort: 0, port: 80 },
  ])
  t.ok(await listens(HOST, 28080))
})

t.test('restore() holds what was published before, and says what it cannot', async (t) => {
  const ports = open()
  const server = createServer().listen({ host: HOST, port: 28080 })
  await once(server, 'listening')
  t.teardown(() => server.close())
  const published = [28080, 28081, 0].map((hostPort) => ({
    proto: 'tcp' as const,
    host: HOST,
    hostPort,
    port: 80,
  }))
  await ports.restore(at('web'), published)
  t.strictSame(await ports.retry(), ['127.83.7.1:28080/tcp: a process of the host has it'])
  await t.rejects(ports.claim(at('shop'), [claim({ first: 28081, last: 28081 })]), {
    message: /container web/,
  })
  ports.release('web')
})

t.test('what comes to a port that is held is relayed, both ways, until it is released', async (t) => {
  const ports = open()
  const inner = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (data) => socket.write(`got ${data}`)).on('end', () => socket.end('bye'))
  }).listen({ host: '127.83.7.9', port: 28090 })
  await once(inner, 'listening')
  t.teardown(() => inner.close())
  await ports.claim(at('web'), [claim({ port: 28090 })])
  const socket = connect({ host: HOST, port: 28080, allowHalfOpen: true })
  let answer = ''
  socket.on('data', (data) => {
    answer += String(data)
  })
  socket.end('hello')
  await once(socket, 'end')
  t.equal(answer, 'got hellobye')

  const lasting = connect({ host: HOST, port: 28080 }).on('error', () => undefined)
  await once(lasting, 'connect')
  lasting.write('x')
  await once(lasting, 'data')
  ports.release('web')
  await once(lasting, 'close')
  t.pass('it ends with the port')
})

t.test('what is relayed stays in its family, where the container has an address of it', async (t) => {
  const ports = open()
  for (const [host, name] of [
    ['127.83.7.9', 'four'],
    ['::1', 'six'],
  ] as const) {
    const inner = createServer((socket) => socket.end(name)).listen({ host, port: 28090 })
    await once(inner, 'listening')
    t.teardown(() => inner.close())
  }
  const ask = async (host: string): Promise<string> =>
    text(connect({ host, port: 28080 }).on('error', () => undefined))
  for (const [addresses, four, six] of [
    [{ address4: '127.83.7.9', address6: '::1' }, 'four', 'six'],
    [{ address4: '127.83.7.9' }, 'four', 'four'],
    [{ address6: '::1' }, 'six', 'six'],
  ] as const) {
    await ports.claim({ id: 'web', ...addresses }, [{ ...ANY, port: 28090 }])
    t.equal(await ask(HOST), four)
    t.equal(await ask('::1'), six)
    ports.release('web')
  }
})

t.test('a relay to nobody ends the connection', async (t) => {
  const ports = open()
  await ports.claim(at('web'), [claim({ port: 28091 })])
  const socket = connect({ host: HOST, port: 28080 }).on('error', () => undefined)
  await once(socket, 'close')
  t.ok(socket.destroyed)
  ports.release('web')
})

for (const proto of ['tcp', 'udp'] as const)
  for (const [name, host] of [
    ['IPv4', HOST],
    ['IPv6', '::1'],
  ] as const)
    t.test(
      `a port at an ${name} address that is gone stays its owner’s, and is held when it is back, ${proto}`,
      async (t) => {
        let isGone = true
        const hold: typeof holdPort = (wanted, target) =>
          isGone && wanted.host === host
            ? Promise.reject(Object.assign(new Error('bind'), { code: 'EADDRNOTAVAIL' }))
            : holdPort(wanted, target)
        const ports = createPorts({
          host: { read: async () => undefined },
          hold,
          nameOf: (id) => `container ${id}`,
        })
        const published = [28080, 28081].map((hostPort) => ({ proto, host, hostPort, port: 80 }))
        await ports.restore(at('web'), published)
        const words = host === '::1' ? '[::1]' : host
        t.strictSame(
          await ports.retry(),
          [28080, 28081].map((port) => `${words}:${port}/${proto}: the host does not have this address now`),
        )
        t.strictSame(ports.holders(), ['web'])
        for (const hosts of [[host], ['0.0.0.0', '::']])
          await t.rejects(ports.claim(at('shop'), [claim({ proto, hosts })]), {
            message: /container web has it$/,
          })
        isGone = false
        t.strictSame(await ports.retry(), [])
        if (proto === 'tcp') t.notOk(await listens(host, 28080), 'it is held')
        ports.release('web')
        await ports.claim(at('shop'), [claim({ proto, hosts: [host] })])
        ports.release('shop')
      },
    )

t.test('what is released while it is missing is not held later', async (t) => {
  const ports = open()
  const server = createServer().listen({ host: HOST, port: 28080 })
  await once(server, 'listening')
  await ports.restore(at('web'), [{ proto: 'tcp', host: HOST, hostPort: 28080, port: 80 }])
  await new Promise((resolve) => server.close(resolve))
  const trying = ports.retry()
  ports.release('web')
  t.strictSame(await trying, [])
  t.strictSame(ports.holders(), [])
  t.ok(await listens(HOST, 28080))
})

t.test('what was published for both families is restored for one where the host has lost IPv6', async (t) => {
  const hold: typeof holdPort = (wanted, target) =>
    wanted.host === '::'
      ? Promise.reject(Object.assign(new Error('no IPv6'), { code: 'EAFNOSUPPORT' }))
      : holdPort(wanted, target)
  const ports = createPorts({ host: { read: async () => undefined }, hold, nameOf: String })
  const published = ['::', '0.0.0.0'].map((host) => ({
    proto: 'tcp' as const,
    host,
    hostPort: 28080,
    port: 80,
  }))
  await ports.restore(at('web'), published)
  t.strictSame(await ports.retry(), ['[::]:28080/tcp: no IPv6'])
  t.notOk(await listens(HOST, 28080))
  await t.rejects(ports.claim(at('shop'), [claim({ hosts: ['::'] })]), { message: /web has it/ })
  ports.release('web')
})
