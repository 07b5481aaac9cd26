import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './host.ts'
import { ensurePackages } from './packages.ts'
import { inNetns } from './power.ts'
import { killNow } from './processes.ts'
import { hold } from './run.ts'
import { until } from './until.ts'

const address = '127.0.0.1:5000'

/**
 * Starts a registry on the loopback of the host's network and gives its address, which engines accept without
 * TLS.
 */
export async function startRegistry(host: Host): Promise<string> {
  await ensurePackages(['docker-registry', 'busybox-static'])
  const storage = join(host.dir, 'registry')
  mkdirSync(storage, { recursive: true })
  const file = join(host.dir, 'registry.yml')
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: address },
  }
  writeFileSync(file, JSON.stringify(config)) // JSON is YAML
  const log = join(host.dir, 'registry.log')
  const child = hold([...inNetns(host.name), 'docker-registry', 'serve', file], log)
  host.onPowerOff(() => killNow(child.pid ?? 0))
  const catalogue = ['busybox', 'wget', '-q', '-O-', `http://${address}/v2/_catalog`]
  await until('the registry to answer', () => host.sh(catalogue))
  return address
}
