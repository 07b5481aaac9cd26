// Runs in a container's network namespace in the virtual machine, on the machine's Node: sends numbered
// datagrams, or says which arrived. Every process there reads the same monotonic clock, so one-way delays
// need no second one.
//
// usage: probe.mjs receive PORT              until SIGTERM, then writes an Arrivals
//        probe.mjs send ADDRESS PORT PACKETS PER_SECOND BYTES     writes a Sent
//        probe.mjs lumps ADDRESS PORT LUMP PAUSE BYTES     until SIGTERM, then writes a Sent
//        probe.mjs echo PORT
//        probe.mjs ping ADDRESS PORT COUNT BYTES     writes a RoundTrips
import { createSocket, type Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Arrivals, RoundTrips, Sent } from '../probe.ts'

/** ns */
const now = (): bigint => process.hrtime.bigint()

// A datagram: CRC of the rest (4 bytes), number (4), time it was sent (8), filler.
const HEAD = 16

function datagram(bytes: number): Buffer {
  const packet = Buffer.alloc(Math.max(bytes, HEAD))
  for (let i = HEAD; i < packet.length; i++) packet[i] = i & 0xff
  return packet
}

function stamp(packet: Buffer, sequence: number): void {
  packet.writeUInt32BE(sequence, 4)
  packet.writeBigUInt64BE(now(), 8)
  packet.writeUInt32BE(crc32(packet.subarray(4)), 0)
}

const isWhole = (packet: Buffer): boolean =>
  packet.length >= HEAD && packet.readUInt32BE(0) === crc32(packet.subarray(4))

async function bound(port: number): Promise<Socket> {
  // Takes IPv4 as well. The buffer holds a whole run of small datagrams.
  const socket = createSocket({ type: 'udp6', recvBufferSize: 2 ** 26 })
  await new Promise<void>((resolve) => socket.bind(port, resolve))
  return socket
}

async function connected(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', sendBufferSize: 2 ** 22 })
  await new Promise<void>((resolve) => socket.connect(port, address, resolve))
  return socket
}

/**
 * What the kernel of this network namespace has thrown away of UDP over IPv4 and of IPv4: counters since it
 * was made.
 */
function discarded(): { checksum: number; buffer: number; header: number } {
  const lines = readFileSync('/proc/net/snmp', 'utf8').split('\n')
  const counter = (protocol: string, name: string) => {
    const [names = '', values = ''] = lines.filter((line) => line.startsWith(`${protocol}: `))
    return Number(values.split(' ')[names.split(' ').indexOf(name)])
  }
  return {
    checksum: counter('Udp', 'InCsumErrors'),
    buffer: counter('Udp', 'RcvbufErrors'),
    header: counter('Ip', 'InHdrErrors'),
  }
}

async function receive(port: number): Promise<void> {
  const socket = await bound(port)
  const before = discarded()
  const order: number[] = []
  const delays: number[] = []
  let corrupt = 0
  socket.on('message', (packet) => {
    const arrived = now()
    if (!isWhole(packet)) {
      corrupt++
      return
    }
    order.push(packet.readUInt32BE(4))
    delays.push(Number((arrived - packet.readBigUInt64BE(8)) / 1000n))
  })
  process.once('SIGTERM', () => {
    const after = discarded()
    const report: Arrivals = {
      order,
      delays,
      corrupt,
      badChecksum: after.checksum - before.checksum,
      badHeader: after.header - before.header,
      overrun: after.buffer - before.buffer,
    }
    process.stdout.write(JSON.stringify(report), () => process.exit())
  })
  process.stdout.write('listening\n')
}

async function send(
  address: string,
  port: number,
  packets: number,
  perSecond: number,
  bytes: number,
): Promise<void> {
  const socket = await connected(address, port)
  const start = now()
  // What is late by more than 10 ms stays late: caught up with, it would be a burst that no queue on the way
  // expects.
  const most = Math.ceil(perSecond / 100)
  let failed = 0
  let skipped = 0
  for (let sent = 0; sent < packets; ) {
    const elapsed = (Number(now() - start) / 1e9) * perSecond
    skipped = Math.max(skipped, elapsed - sent - most)
    const due = Math.min(packets, Math.ceil(elapsed - skipped))
    for (; sent < due; sent++) {
      const packet = datagram(bytes)
      stamp(packet, sent)
      socket.send(packet, (error) => {
        if (error) failed++
      })
    }
    // Lets what was queued go out, and sleeps when there is time to.
    await (perSecond > 2000 ? new Promise(setImmediate) : sleep(1))
  }
  const seconds = Number(now() - start) / 1e9
  socket.close(() => process.stdout.write(JSON.stringify({ sent: packets, seconds, failed } satisfies Sent)))
}

/**
 * Sends so many at once, and pauses for so long (ms) from when the last of them has gone: whatever else the
 * processor has to do, no two lumps come closer.
 */
async function lumps(
  address: string,
  port: number,
  lump: number,
  pause: number,
  bytes: number,
): Promise<void> {
  const socket = await connected(address, port)
  const one = (sequence: number) =>
    new Promise<number>((resolve) => {
      const packet = datagram(bytes)
      stamp(packet, sequence)
      socket.send(packet, (error) => resolve(error ? 1 : 0))
    })
  const start = now()
  let over = false
  process.once('SIGTERM', () => {
    over = true
  })
  process.stdout.write('sending\n')
  let failed = 0
  let sent = 0
  for (; !over; sent += lump) {
    const results = await Promise.all(Array.from({ length: lump }, (_, index) => one(sent + index)))
    failed += results.reduce((sum, result) => sum + result, 0)
    await sleep(pause)
  }
  const seconds = Number(now() - start) / 1e9
  socket.close(() => process.stdout.write(JSON.stringify({ sent, seconds, failed } satisfies Sent)))
}

async function echo(port: number): Promise<void> {
  const socket = await bound(port)
  socket.on('message', (packet, from) => socket.send(packet, from.port, from.address))
  process.stdout.write('listening\n')
}

/** One at a time; an answer that takes more than two seconds is lost. */
async function ping(address: string, port: number, count: number, bytes: number): Promise<void> {
  const socket = await connected(address, port)
  const times: number[] = []
  let lost = 0
  for (let sequence = 0; sequence < count; sequence++) {
    const packet = datagram(bytes)
    const took = new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(() => {
        socket.off('message', hear)
        resolve(undefined)
      }, 2000)
      const hear = (answer: Buffer) => {
        if (answer.length < HEAD || answer.readUInt32BE(4) !== sequence) return
        clearTimeout(timer)
        socket.off('message', hear)
        resolve(Number((now() - answer.readBigUInt64BE(8)) / 1000n))
      }
      socket.on('message', hear)
    })
    stamp(packet, sequence)
    socket.send(packet)
    const time = await took
    if (time === undefined) lost++
    else times.push(time)
  }
  socket.close()
  process.stdout.write(JSON.stringify({ times, lost } satisfies RoundTrips))
}

const [role, ...args] = process.argv.slice(2)
const [first = '', ...others] = args
const [a = 0, b = 0, c = 0, d = 0] = others.map(Number)
if (role === 'receive') await receive(Number(first))
else if (role === 'echo') await echo(Number(first))
else if (role === 'send') await send(first, a, b, c, d)
else if (role === 'lumps') await lumps(first, a, b, c, d)
else if (role === 'ping') await ping(first, a, b, c)
else throw new Error(`no such role: ${role}`)
