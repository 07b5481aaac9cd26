import { existsSync } from 'node:fs'
import { setInterval } from 'node:timers/promises'
import { ownedElements } from '../lib/engine/elements.ts'
import { createNetworks } from '../lib/engine/networks.ts'
import { createKeeper, UNREPAIRED } from '../lib/engine/reconcile.ts'
import { createFirewall } from '../lib/features/filter/firewall.ts'
import { watchHost } from '../lib/features/filter/watch.ts'
import { NOTHING, probeCapabilities } from '../lib/kernel/capabilities.ts'
import { realHost } from '../lib/kernel/host.ts'
import { holdPort } from '../lib/kernel/sockets/hold.ts'
import { askTools, toolVersions, unfitTools } from '../lib/kernel/tools.ts'
import { openDatabase } from '../lib/store/database.ts'
import { nameStore } from '../lib/store/names.ts'
import { networkStore } from '../lib/store/networks.ts'
import { overrideStore } from '../lib/store/overrides.ts'
import { poolStore } from '../lib/store/pools.ts'
import { messageOf } from '../lib/values/errors.ts'
import manifest from '../package.json' with { type: 'json' }
import { createRefusals } from './control/refusals.ts'
import type { Condition } from './control/route.ts'
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
import { createMetrics, listenMetrics } from './metrics.ts'
import { readSettings } from './settings.ts'

/** A managed plugin's own /proc/sys is read-only; config.json mounts the part that it needs here. */
const MOUNTED_SYSCTL = '/host/proc/sys/net'
/** A managed plugin has the engine's socket here, or /dev/null where nobody gave it one: the mount `engine` in config.json. */
const MOUNTED_ENGINE = '/run/engine.sock'

async function main(): Promise<void> {
  const settings = readSettings(process.env)
  const log = await createLogger(settings)
  const database = openDatabase(settings.stateDir)
  const store = networkStore(database)
  const pools = poolStore(database)
  const host = realHost(existsSync(MOUNTED_SYSCTL) ? { sysctlRoot: MOUNTED_SYSCTL } : {})
  const firewall = createFirewall({ host, store, ownedElements })
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>()
  const asked = askTools(host, listening)
  const tools = toolVersions(asked)
  void tools.then(unfitTools).then((faults) => {
    if (faults.length > 0) log.warn(faults.join('; '))
  })
  const probing = probeCapabilities(host, asked).catch((error: unknown) => {
    log.warn(`cannot find out what the kernel can do: ${messageOf(error)}`)
    return NOTHING
  })
  const capabilities = () => probing
  const warn = (text: string) => log.warn(text)
  const networks = createNetworks({ host, store, firewall, capabilities, hold: holdPort, warn })
  const keeper = createKeeper({ host, store, pools, networks, firewall, capabilities })
  const metrics = createMetrics(() => ({
    networks: store.networks().length,
    endpoints: store.endpoints().length,
  }))
  const names = nameStore(database)
  const overrides = createOverrides({ networks, store, names, overrides: overrideStore(database), log })
  const follower = createFollower({
    socketPath: existsSync(MOUNTED_ENGINE) ? MOUNTED_ENGINE : settings.engineSocket,
    connect: connectEngine,
    named: (endpoint) => void overrides.restore(endpoint),
    ...{ store, names, log },
  })
  const refusals = createRefusals()
  const drivers = {
    NetworkDriver: networkDriver(networks, { nudge: follower.nudge, refused: refusals.add }),
    IpamDriver: ipamDriver({ host, pools, sources: settings.addressPools }),
  }
  let condition: Condition = { repairs: 0, faults: [] }
  const control = controlRoutes({
    host,
    store,
    networks,
    names,
    overrides,
    follower,
    pools,
    capabilities,
    tools: () => tools,
    condition: () => ({
      ...condition,
      faults: [...condition.faults, ...follower.faults(), ...overrides.faults(), ...refusals.faults()],
    }),
    version: manifest.version,
  })
  const server = createServer({ drivers, control, metrics, watch: watchChanges(store), logger: log })

  /** @returns those that could not be set right */
  const note = (findings: readonly string[]): string[] => {
    for (const finding of findings) log.warn(finding)
    const faults = findings.filter((finding) => finding.startsWith(UNREPAIRED))
    const repairs = findings.length - faults.length
    metrics.repaired(repairs)
    condition = { ...condition, repairs: condition.repairs + repairs }
    return faults
  }
  const report = (findings: readonly string[]): void => {
    const faults = note(findings)
    condition = { ...condition, faults }
  }
  report(await keeper.recover())
  const unlisten = await listenForEngine(server, settings.socket)
  listens()
  log.info(
    { socket: settings.socket, networks: store.networks().length, ms: Math.round(performance.now()) },
    'listening',
  )
  follower.start()

  if (settings.metricsListen)
    await listenMetrics(metrics, settings.metricsListen).catch((error: unknown) =>
      log.warn(`METRICS_LISTEN: cannot listen: ${messageOf(error)}; going on without /metrics`),
    )
  const reconcileForever = async (): Promise<void> => {
    for await (const _ of setInterval(settings.reconcileInterval, undefined, { ref: false }))
      await keeper.reconcile().then(report, (error: unknown) => log.error(error, 'cannot reconcile'))
  }
  void reconcileForever()
  const noted = (pass: () => Promise<readonly string[]>) => async (): Promise<boolean> => {
    const findings = await pass()
    note(findings)
    return findings.length > 0
  }
  const unwatch = watchHost({
    host,
    check: noted(keeper.reconcileRules),
    checkUntold: noted(keeper.reconcileLegacy),
    checkBridges: noted(keeper.reconcileBridges),
    checkForwarding: noted(keeper.reconcileForwarding),
    warn: (text) => log.warn(text),
  })

  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    unwatch()
    await unlisten()
    database.close()
    process.exit(0)
  }
  // PID 1 in a managed plugin: without a handler the kernel does not even deliver these. For as long as the process lives:
  // execa, which ends our children with us, ends at once a process that listens no more.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
}

main().catch((error: unknown) => {
  process.stderr.write(`sluice: ${messageOf(error)}\n`)
  process.exit(1)
})
