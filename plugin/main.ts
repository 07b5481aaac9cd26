import { existsSync } from 'node:fs'
import { ownedElements } from '../lib/engine/elements.ts'
import { Findings } from '../lib/engine/findings.ts'
import { createNetworks } from '../lib/engine/networks.ts'
import {
  type ReconcileParts,
  reconcile,
  reconcileBridges,
  reconcileForwarding,
  reconcileLegacy,
  reconcileRules,
  recover,
} from '../lib/engine/reconcile.ts'
import { Firewall } from '../lib/features/filter/firewall.ts'
import { watchHost } from '../lib/features/filter/watch.ts'
import { NOTHING, probeCapabilities } from '../lib/kernel/capabilities.ts'
import { realHost } from '../lib/kernel/host.ts'
import { holdPort } from '../lib/kernel/sockets/hold.ts'
import { askTools, toolVersions } from '../lib/kernel/tools.ts'
import type { Finding } from '../lib/model/finding.ts'
import { openDatabase } from '../lib/store/database.ts'
import { nameStore } from '../lib/store/names.ts'
import { networkStore } from '../lib/store/networks.ts'
import { overrideStore } from '../lib/store/overrides.ts'
import { poolStore } from '../lib/store/pools.ts'
import { Background, pause } from '../lib/values/background.ts'
import { messageOf } from '../lib/values/errors.ts'
import manifest from '../package.json' with { type: 'json' }
import { createRefusals } from './control/refusals.ts'
import { controlRoutes } from './control/routes.ts'
import { ipamDriver } from './docker/ipam-driver.ts'
import { networkDriver } from './docker/network-driver.ts'
import { watchChanges } from './docker/observers.ts'
import { createServer } from './docker/server.ts'
import { listenForEngine } from './docker/socket.ts'
import { connectEngine } from './follower/engine.ts'
import { createFollower } from './follower/follower.ts'
import { createOverrides } from './follower/overrides.ts'
import { createLogger } from './logger.ts'
import { Calls } from './metrics/calls.ts'
import { findingSamples, storeSamples } from './metrics/collectors.ts'
import { listenMetrics } from './metrics/listen.ts'
import { processSamples } from './metrics/process.ts'
import { Registry } from './metrics/registry.ts'
import { readSettings, type Settings } from './settings.ts'
import { toolFindings } from './tool-findings.ts'

/** A managed plugin's own /proc/sys is read-only; config.json mounts the part that it needs here. */
const MOUNTED_SYSCTL = '/host/proc/sys/net'
/**
 * Where a managed plugin finds the engine's socket, or /dev/null if the user gave it none: the mount `engine`
 * in config.json.
 */
const MOUNTED_ENGINE = '/run/engine.sock'

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const log = await createLogger(settings)
  const parts = openParts(settings, log)
  const followed = openFollower(parts, settings)
  const { server, metrics } = wireServer(parts, followed)

  await recover(parts)
  const unlisten = await listenForEngine(server, settings.socket)
  parts.listens()
  log.info(
    { socket: settings.socket, networks: parts.store.networks().length, ms: Math.round(performance.now()) },
    'listening',
  )
  followed.follower.start()
  if (settings.metricsListen)
    await listenMetrics(metrics, settings.metricsListen).catch((error: unknown) =>
      log.warn(`METRICS_LISTEN: cannot listen: ${messageOf(error)}; going on without /metrics`),
    )
  keepRepaired(parts, settings)

  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    await unlisten()
    await parts.background.stop()
    parts.database.close()
    process.exit(0)
  }
  // A managed plugin is PID 1: without a handler the kernel does not even deliver these signals. The handlers
  // stay until the process ends: execa, which ends our children when we end, ends a process at once if it has
  // no handler of its own left.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
}

/** The stores, the host, and the parts that act on both. */
function openParts(settings: Settings, log: Awaited<ReturnType<typeof createLogger>>) {
  const database = openDatabase(settings.stateDir)
  const [store, pools] = [networkStore(database), poolStore(database)]
  const host = realHost(existsSync(MOUNTED_SYSCTL) ? { sysctlRoot: MOUNTED_SYSCTL } : {})
  const warn = (text: string) => log.warn(text)
  const background = new Background(warn)
  const firewall = new Firewall({ host, store, background, ownedElements })
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>()
  const asked = askTools(host, listening)
  const tools = toolVersions(asked)
  const probing = probeCapabilities(host, asked).catch((error: unknown) => {
    warn(`cannot find out what the kernel can do: ${messageOf(error)}`)
    return NOTHING
  })
  const capabilities = () => probing
  const networks = createNetworks({
    ...{ host, store, firewall, capabilities, background, warn },
    hold: holdPort,
  })
  const findings = new Findings({
    found: ({ fault, ...finding }) => log.warn(finding, fault),
    gone: ({ fault, feature, object }) => log.info({ feature, object }, `no longer: ${fault}`),
  })
  // Not awaited: a tool that hangs must not keep the process from ending.
  void tools.then((found) => findings.report('tools', toolFindings(found)))
  return {
    ...{ log, database, store, pools, host, background, firewall, listens, tools },
    ...{ capabilities, networks, findings, warn },
  }
}

type Opened = ReturnType<typeof openParts>

/**
 * The follower, which starts once the plugin listens, and the overrides, which give a container the options
 * kept for its name.
 */
function openFollower(parts: Opened, settings: Settings) {
  const { database, networks, store, background, log } = parts
  const names = nameStore(database)
  const overrides = createOverrides({ networks, store, names, overrides: overrideStore(database), log })
  const follower = createFollower({
    socketPath: existsSync(MOUNTED_ENGINE) ? MOUNTED_ENGINE : settings.engineSocket,
    connect: connectEngine,
    named: (endpoint) =>
      background.start('setting what is kept for a container', () => overrides.restore(endpoint)),
    ...{ store, names, log },
  })
  return { names, overrides, follower, addressPools: settings.addressPools }
}

function wireServer(parts: Opened, followed: ReturnType<typeof openFollower>) {
  const { host, store, pools, networks, findings, tools, log } = parts
  const { follower, overrides, addressPools } = followed
  const refusals = createRefusals()
  for (const one of [follower, overrides, refusals]) findings.follow(() => one.faults())
  const drivers = {
    NetworkDriver: networkDriver(networks, { nudge: (id) => follower.nudge(id), refused: refusals.add }),
    IpamDriver: ipamDriver({ host, pools, sources: addressPools }),
  }
  const control = controlRoutes({ ...parts, ...followed, tools: () => tools, version: manifest.version })
  const calls = new Calls()
  const metrics = new Registry((error) => log.error(error, 'cannot read some metrics'))
  metrics.add(
    () => storeSamples(store),
    () => calls.samples(),
    () => findingSamples(findings),
    processSamples,
  )
  const server = createServer({ drivers, control, calls, watch: watchChanges(store), logger: log })
  return { server, metrics }
}

/**
 * Checks and repairs the host every RECONCILE_INTERVAL, and soon after someone changes something that
 * concerns us.
 */
function keepRepaired(parts: Opened, { reconcileInterval }: Settings): void {
  const { host, background, log, warn } = parts
  background.start('reconciling', async (signal) => {
    while (await pause(reconcileInterval, signal))
      await reconcile(parts).catch((error: unknown) => log.error(error, 'cannot reconcile'))
  })
  const finds =
    (pass: (parts: ReconcileParts) => Promise<readonly Finding[]>) => async (): Promise<boolean> =>
      (await pass(parts)).length > 0
  watchHost({
    ...{ host, background, warn },
    check: finds(reconcileRules),
    checkUntold: finds(reconcileLegacy),
    checkBridges: finds(reconcileBridges),
    checkForwarding: finds(reconcileForwarding),
  })
}

main().catch((error: unknown) => {
  process.stderr.write(`sluice: ${messageOf(error)}\n`)
  process.exit(1)
})
