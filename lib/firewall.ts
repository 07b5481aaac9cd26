import type { Command } from './kernel/command.ts'
import type { Host } from './kernel/host.ts'
import { deleteTable, replaceTable } from './kernel/nft.ts'
import { filterBackends, filterRules, surroundings, tableElements } from './kernel/observe.ts'
import { TABLE } from './names.ts'
import { planGate, planRules } from './plan/firewall.ts'
import type { NetworkSpec } from './plan/network.ts'
import { applyPlan, revertPlan } from './plan/plan.ts'
import { createQueue } from './queue.ts'
import type { NetworkStore } from './store/networks.ts'

/** ms after which an endpoint's making looks for the gate again, while none was found */
const GATE_PATIENCE = 5000

/**
 * Our table and the gate in Docker's, which all networks share: changes happen one after another, and both are gone
 * when no network is left.
 */
export interface Firewall {
  /** Puts a network into the rules. @param outward names of the devices that lead out of the host @throws {CommandError} */
  admit(network: NetworkSpec, outward: readonly string[]): Promise<void>
  /** Takes it out; the table and the gate go with the last. @throws {AggregateError} */
  dismiss(network: NetworkSpec): Promise<void>
  /** Sets right what is not as it should be. @returns whether anything was wrong */
  repair(): Promise<boolean>
  /** For calls that come before the engine has set up its chains, as at boot. Costs nothing once a gate was found. */
  expectGate(): Promise<void>
}

export function createFirewall(host: Host, networks: NetworkStore): Firewall {
  const queue = createQueue()
  let gate = { found: false, checked: 0 }

  const setGate = async (wanted: boolean): Promise<boolean> => {
    const backends = await filterBackends(host)
    const changed = await Promise.all(
      backends.map(async (backend) => {
        const rules = await filterRules(host, backend)
        if (wanted && rules.includes('-N DOCKER-USER')) gate = { ...gate, found: true }
        const commands = planGate(backend, rules, wanted)
        await host.run(
          backend,
          commands.map(({ line }) => line),
          'strict',
        )
        return commands.length > 0
      }),
    )
    gate = { found: wanted && gate.found, checked: Date.now() }
    return changed.includes(true)
  }

  const current = (): NetworkSpec[] =>
    networks.networks().flatMap(({ spec, leaving }) => (leaving ? [] : [spec]))

  const repairTable = async (): Promise<boolean> => {
    const wanted = current()
    const found = await tableElements(host, TABLE)
    if (wanted.length === 0) {
      if (found) await run(deleteTable())
      return found !== undefined
    }
    const { outward } = await surroundings(host, { ipv6: wanted.some(({ ipv6 }) => ipv6.length > 0) })
    if (
      holds(
        found?.get('bridges'),
        wanted.map(({ bridge }) => bridge),
      ) &&
      holds(found?.get('outward'), outward)
    )
      return false
    await run(replaceTable(wanted, outward))
    return true
  }

  const run = ({ program, line }: Command) => host.run(program, [line], 'strict')

  return {
    admit: (network, outward) =>
      queue('rules', async () => {
        await Promise.all([
          applyPlan(planRules(network, outward), host),
          gate.found ? undefined : setGate(true),
        ])
      }),
    dismiss: (network) =>
      queue('rules', async () => {
        if (current().some(({ id }) => id !== network.id)) return revertPlan(planRules(network), host)
        await Promise.all([run(deleteTable()), setGate(false)])
      }),
    repair: () =>
      queue('rules', async () => {
        const changed = await Promise.all([repairTable(), setGate(current().length > 0)])
        return changed.includes(true)
      }),
    expectGate: async () => {
      if (gate.found || Date.now() - gate.checked < GATE_PATIENCE) return
      await queue('rules', () => setGate(current().length > 0))
    },
  }
}

/** Whether a set has these names and no others. */
const holds = (found: readonly string[] | undefined, names: readonly string[]): boolean =>
  found?.length === names.length && names.every((name) => found.includes(JSON.stringify(name)))
