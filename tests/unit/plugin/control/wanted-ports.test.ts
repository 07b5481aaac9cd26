import t from 'tap'
import { examplePorts, parsePorts } from '../../../../plugin/control/explain/wanted-ports.ts'

const one = { proto: 'tcp', port: 80, first: 0, last: 0 }

t.test('parsePorts() reads what docker run -p takes', async (t) => {
  for (const [text, requests] of [
    ['80', [one]],
    [':80/TCP', [one]],
    ['8080:80/udp', [{ ...one, proto: 'udp', first: 8080, last: 8080 }]],
    ['0:80', [one]],
    ['127.0.0.1::80', [{ ...one, host: '127.0.0.1' }]],
    ['127.0.0.1:1:65535/sctp', [{ proto: 'sctp', port: 65_535, host: '127.0.0.1', first: 1, last: 1 }]],
    ['[FD00::1]:53:53', [{ ...one, port: 53, host: 'FD00::1', first: 53, last: 53 }]],
    ['8000-8009:80', [{ ...one, first: 8000, last: 8009 }]],
    [
      '8000-8001:80-81',
      [
        { ...one, first: 8000, last: 8000 },
        { ...one, port: 81, first: 8001, last: 8001 },
      ],
    ],
    ['80-81', [one, { ...one, port: 81 }]],
  ] as const)
    t.strictSame(parsePorts(text), requests, text)
})

t.test('parsePorts() refuses the rest briefly and at once', async (t) => {
  const million = 1e6
  for (const text of [
    '',
    ' ',
    'http',
    '0',
    '65536',
    '65536:80',
    '80:',
    '80:80:80',
    '127.0.0.1:80',
    '999.0.0.1:80:80',
    '[g::]:80:80',
    '::1:80:80',
    '81-80',
    '8001-8000:80',
    '8000-8001:80-82',
    '8000:80-81',
    '80/icmp',
    '80/tcp; reboot',
    '-80',
    '80\n',
    '８０',
    '9'.repeat(million),
    '1:'.repeat(million / 2),
    '🥔'.repeat(million / 2),
  ]) {
    const started = process.cpuUsage()
    t.throws(
      () => parsePorts(text),
      { name: 'InvalidRequestError', message: /^.{1,200}$/s },
      text.slice(0, 20),
    )
    t.ok(process.cpuUsage(started).user < 300_000, 'fast')
  }
})

t.test('examplePorts() gives everyone another port, and opens those without NAT', async (t) => {
  const dual = { address4: '10.9.0.2', address6: 'fd09::2' }
  const taken = new Set<string>()
  const example = (text: string, place: Parameters<typeof examplePorts>[1]) =>
    examplePorts(parsePorts(text), place, taken).map(
      ({ host, hostPort, port }) => `${host} ${hostPort} ${port}`,
    )
  t.strictSame(example('8000-8001:80', dual), ['0.0.0.0 8000 80', ':: 8000 80'])
  t.strictSame(example('8000-8001:81', { address4: '10.9.0.3' }), ['0.0.0.0 8001 81', ':: 8001 81'])
  t.strictSame(example('80-81/udp', { address4: '10.9.0.2' }), [
    ...['0.0.0.0 32768 80', ':: 32768 80'],
    ...['0.0.0.0 32769 81', ':: 32769 81'],
  ])
  t.strictSame(example('80-81/sctp', { address4: '10.9.0.2' }), ['0.0.0.0 32768 80', '0.0.0.0 32769 81'])
  t.strictSame(example('127.0.0.1:8000:80', dual), ['127.0.0.1 8000 80'])
  t.strictSame(example('8080:80', { ...dual, passage: { mode6: 'routed' } }), ['0.0.0.0 8080 80', ':: 0 80'])
  t.strictSame(example('9000:80', { ...dual, passage: { binding4: '192.0.2.9' } }), ['192.0.2.9 9000 80'])
})
