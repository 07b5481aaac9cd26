import { readFileSync } from 'node:fs'
import t from 'tap'
import { SETTINGS } from '../../plugin/settings.ts'

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Config {
  readonly entrypoint: readonly string[]
  readonly linux: { readonly capabilities: readonly string[] }
  readonly mounts: readonly { readonly description: string; readonly options: readonly string[] }[]
  readonly env: readonly {
    readonly name: string
    readonly value: string
    readonly settable: readonly string[]
  }[]
}

const config = JSON.parse(text('config.json')) as Config
const flags = (words: readonly string[]): string[] => words.filter((word) => word.startsWith('--'))

t.test('config.json has every setting, with its default, for `docker plugin set`', async (t) => {
  t.strictSame(
    config.env.map(({ name, value, settable }) => ({ name, value, settable })),
    SETTINGS.map(({ name, value }) => ({ name, value, settable: ['value'] })),
  )
})

t.test('config.json asks for no more than it says the reason of', async (t) => {
  t.strictSame(config.linux.capabilities, ['CAP_NET_ADMIN'])
  for (const { description, options } of config.mounts) {
    t.ok(description.length > 40, description)
    t.notOk(options.includes('rbind'), 'a recursive mount would pin the layers of containers')
  }
})

t.test('plugin, service and `npm start` run with the same flags', async (t) => {
  const service = /^ExecStart=(.*)$/m.exec(text('rootfs/systemd/sluice.service'))?.[1] ?? ''
  const { scripts } = JSON.parse(text('package.json')) as { scripts: { start: string } }
  t.ok(flags(config.entrypoint).length > 0)
  t.strictSame(flags(service.split(' ')), flags(config.entrypoint))
  t.strictSame(flags(scripts.start.split(' ')), flags(config.entrypoint))
})

t.test('the service may bind low ports, and systemd never gives it up', async (t) => {
  const service = text('rootfs/systemd/sluice.service')
  t.match(service, /^CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE$/m)
  t.match(service, /^StartLimitIntervalSec=0$/m)
  t.match(service, /^Restart=always$/m)
})
