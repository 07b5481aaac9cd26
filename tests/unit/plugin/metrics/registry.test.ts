import t from 'tap'
import { Findings } from '../../../../lib/engine/findings.ts'
import { repaired, unrepaired } from '../../../../lib/model/finding.ts'
import { METRICS } from '../../../../lib/model/metric.ts'
import { Calls } from '../../../../plugin/metrics/calls.ts'
import { findingSamples, storeSamples } from '../../../../plugin/metrics/collectors.ts'
import { processSamples } from '../../../../plugin/metrics/process.ts'
import { Registry } from '../../../../plugin/metrics/registry.ts'
import { openServer } from '../../fixtures/parts.ts'

const open = (failed: (error: unknown) => void = () => undefined) => new Registry(failed)

t.test('text() is the Prometheus format: help, type and samples of every metric', async (t) => {
  const { store, calls, inject } = await openServer(t)
  await inject('IpamDriver.GetCapabilities')
  await inject('IpamDriver.GetCapabilities')
  await inject('NetworkDriver.Join', '')
  const findings = new Findings()
  findings.report('links', [
    { ...repaired('link sv-1', 'deleted stray link sv-1'), feature: 'link' },
    { ...repaired('link sv-2', 'deleted stray link sv-2'), feature: 'link' },
    { ...unrepaired('link sv-3', 'foreign qdisc'), feature: 'shaping' },
  ])
  const metrics = open((error) => void t.fail(String(error)))
  metrics.add(
    () => storeSamples(store),
    async () => calls.samples(),
    () => findingSamples(findings),
    processSamples,
  )
  const text = await metrics.text()
  for (const line of [
    'sluice_networks 0',
    'sluice_endpoints 0',
    'sluice_calls_total{call="IpamDriver.GetCapabilities",result="ok"} 2',
    'sluice_calls_total{call="NetworkDriver.Join",result="refused"} 1',
    'sluice_repairs_total{feature="link"} 2',
    'sluice_repairs_total{feature="shaping"} 0',
    'sluice_findings{feature="shaping",severity="error"} 1',
    'sluice_findings{feature="shaping",severity="warning"} 0',
    'sluice_findings{feature="link",severity="error"} 0',
    '# TYPE sluice_calls_total counter',
    '# TYPE sluice_networks gauge',
  ])
    t.ok(text.split('\n').includes(line), line)
  const labels = String.raw`\{[a-z]+="[\w./]+"(,[a-z]+="\w+")?\}`
  for (const line of text.trimEnd().split('\n'))
    t.match(line, new RegExp(String.raw`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(${labels})? [\d.e+-]+)$`))
  t.ok(text.endsWith('\n'))
  for (const { name } of Object.values(METRICS)) t.match(text, new RegExp(`^${name}[ {]`, 'm'), name)
})

t.test('the metrics that dashboards know keep their names', async (t) => {
  t.strictSame(
    Object.values(METRICS).map(({ name }) => name),
    [
      'sluice_networks',
      'sluice_endpoints',
      'sluice_calls_total',
      'sluice_repairs_total',
      'sluice_findings',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
    ],
  )
})

t.test('a collector that fails is told of, and keeps no other from its samples', async (t) => {
  const errors: unknown[] = []
  const metrics = open((error) => errors.push(error))
  const broken = new Error('no tc')
  metrics.add(
    () => Promise.reject(broken),
    () => {
      throw broken
    },
    () => [{ metric: METRICS.networks, value: 3 }],
  )
  t.match(await metrics.text(), /^sluice_networks 3$/m)
  t.strictSame(errors, [broken, broken])
})

t.test('no value of a label ends its line or its quotes', async (t) => {
  const metrics = open()
  metrics.add(() => [{ metric: METRICS.findings, labels: { feature: 'a"b\\c\nd' }, value: 1 }])
  t.match(await metrics.text(), String.raw`sluice_findings{feature="a\"b\\c\nd"} 1`)
})

t.test('called() lets no caller write into the text or grow it without end', async (t) => {
  const calls = new Calls()
  const metrics = open()
  metrics.add(() => calls.samples())
  calls.called('x"} 1\nevil 2', 'failed')
  calls.called('é'.repeat(1e6), 'failed')
  t.notMatch(await metrics.text(), /^evil/m)
  for (let n = 0; n < 5000; n += 1) calls.called(`Nothing.${n}`, 'failed')
  t.ok((await metrics.text()).split('\n').length < 250)
  t.ok((await metrics.text()).length < 50_000)
})
