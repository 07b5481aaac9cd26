import type { Group } from './behaviour.ts'
import { addresses } from './groups/addresses.ts'
import { anywhere } from './groups/anywhere.ts'
import { away } from './groups/away.ts'
import { conflicts } from './groups/conflicts.ts'
import { containers } from './groups/containers.ts'
import { flows } from './groups/flows.ts'
import { forms } from './groups/forms.ts'
import { inspect } from './groups/inspect.ts'
import { isolation } from './groups/isolation.ts'
import { leftovers } from './groups/leftovers.ts'
import { machines } from './groups/machines.ts'
import { modes } from './groups/modes.ts'
import { names } from './groups/names.ts'
import { networks, pruning } from './groups/networks.ts'
import { oddSubnets } from './groups/odd-subnets.ts'
import { options } from './groups/options.ts'
import { otherModes } from './groups/other-modes.ts'
import { ports } from './groups/ports.ts'
import { reach } from './groups/reach.ts'
import { releases } from './groups/releases.ts'
import { crash, ending } from './groups/restart.ts'
import { several } from './groups/several.ts'
import { tunnels, wideTunnels } from './groups/tunnels.ts'
import { optionValues } from './groups/values.ts'

/**
 * Everything that is compared, in the order in which it is. Names of behaviours differ across groups as well.
 */
export const groups: readonly Group[] = [
  ...[reach, isolation, modes],
  ...[anywhere, away, flows, forms, ports, conflicts, releases],
  ...[otherModes, options, optionValues],
  ...[machines, oddSubnets, tunnels],
  ...[addresses, names, several, networks, inspect, containers],
  ...[wideTunnels, pruning, leftovers, ending, crash],
]
