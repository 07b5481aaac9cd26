import t from 'tap'
import { type Flow, parseFlows, planForgetting } from '../../../../lib/kernel/conntrack.ts'

const [HOST, LAN, OTHER] = ['203.0.113.1', '203.0.113.2', '203.0.113.3']

const flow = (client: string, port: number, change: Partial<Flow> = {}): Flow => ({
  ...{ client, port, to: HOST, from: HOST, isAnswered: false },
  ...change,
})
const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index)
const ports = new Set(range(20_000, 1000))

t.test('parseFlows() reads what conntrack prints, with counters and without', async (t) => {
  const flows = parseFlows(`
udp      17 29 src=203.0.113.2 dst=203.0.113.1 sport=5 dport=514 [UNREPLIED] src=203.0.113.1 dst=203.0.113.2 sport=514 dport=5 mark=0 use=1
udp      17 170 src=203.0.113.2 dst=203.0.113.1 sport=6 dport=514 packets=2 bytes=60 src=10.9.0.2 dst=203.0.113.2 sport=80 dport=6 packets=1 bytes=9 [ASSURED] mark=0 use=2
udp      17 29 src=fe80::2 dst=fe80::1 sport=7 dport=53 src=fe80::1 dst=fe80::2 sport=53 dport=7 mark=0 use=1
`)
  t.strictSame(flows, [
    flow(LAN, 514),
    flow(LAN, 514, { from: '10.9.0.2', isAnswered: true }),
    flow('fe80::2', 53, { to: 'fe80::1', from: 'fe80::1', isAnswered: true }),
  ])
  t.strictSame(parseFlows(''), [])
})

t.test('a thousand ports of one client are one process', async (t) => {
  const flows = [...ports].map((port) => flow(LAN, port))
  t.strictSame(planForgetting(flows, ports), [['-s', LAN, '-d', HOST, '--reply-src', HOST]])
})

t.test('a thousand clients of one port are one process', async (t) => {
  const flows = range(0, 1000).map((index) => flow(`10.1.${index >> 8}.${index & 255}`, 20_000))
  t.strictSame(planForgetting(flows, ports), [['--orig-port-dst', '20000']])
})

t.test('what is translated, or goes to other ports, is no stray', async (t) => {
  t.strictSame(planForgetting([flow(LAN, 20_000, { from: '10.9.0.2' }), flow(LAN, 53)], ports), [])
})

t.test('a client that something else answers loses no more than its strays', async (t) => {
  const busy = [flow(LAN, 53, { isAnswered: true }), flow(LAN, 20_000), flow(LAN, 20_001)]
  t.strictSame(planForgetting(busy, ports), [
    ['--orig-port-dst', '20000'],
    ['--orig-port-dst', '20001'],
  ])
  const calm = range(20_100, 10).map((port) => flow(OTHER, port))
  t.strictSame(planForgetting([...busy, ...calm], ports), [
    ['-s', OTHER, '-d', HOST, '--reply-src', HOST],
    ['--orig-port-dst', '20000'],
    ['--orig-port-dst', '20001'],
  ])
})
