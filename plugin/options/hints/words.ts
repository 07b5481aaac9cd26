import { nearest } from './nearest.ts'

/*
 * Words that people know from other tools, and our names for them. From tc(8), tc-netem(8), tc-tbf(8),
 * tc-htb(8); pumba, docker-tc, toxiproxy, comcast, tcconfig, wondershaper; CNI's bandwidth plugin and
 * Kubernetes' annotations for it; network devices of Incus and LXD; <bandwidth> of libvirt.
 */

/** The parts of option names, each with its synonyms. */
const PARTS: Readonly<Record<string, string>> = {
  rate: 'bandwidth bw throughput speed ceil ceiling shape shaping throttle average peak peakrate maxrate bps',
  limit: 'limits max maximum cap quota',
  delay: 'latency lag rtt ping',
  jitter: 'variation variance delayjitter',
  loss: 'lost drop drops dropping dropped plr',
  correlation: 'corr',
  distribution: 'distro dist',
  model: 'gemodel state gilbert',
  duplicate: 'duplicates duplication dup',
  corrupt: 'corruption corrupted tamper',
  reorder: 'reordering reordered',
  gap: '',
  burst: 'buffer cburst maxburst',
  queue: 'qdisc aqm scheduler backlog txqueuelen qlen',
  min: 'minimum guarantee guaranteed floor committed',
  priority: 'prio',
  link: 'profile preset',
  seed: '',
  mtu: '',
  masquerade: 'masq ipmasq',
  icc: '',
}

const WAYS: Readonly<Record<'up' | 'down', string>> = {
  up: 'upload uploading upstream egress out outgoing outbound tx transmit send sent',
  down: 'download downloading downstream downlink ingress in incoming inbound rx receive received',
}

/** Words that do not tell one option from another. */
const FILLERS =
  'com docker io org net kubernetes k8s tc netem tbf htb sluice network driver opt option bridge interface iface container target default packet packets pkt percent time size length enable ip random value'

/** Parts that add little to another part: a loss rate is a loss. */
const VAGUE = new Set(['rate', 'limit'])

const table = (words: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(words).flatMap(([part, others]) =>
      [part, ...others.split(' ')].map((word) => [word, part] as const),
    ),
  )
const partOf = table(PARTS)
const wayOf = table(WAYS)
const fillers = new Set(FILLERS.split(' '))

/**
 * Our possible names for a key of another tool. Reads the key word by word, and must know every word.
 *
 * @param written such as `latency`, `ingressRate`, `packet-loss`, `com.docker-tc.limit`,
 * `kubernetes.io/egress-bandwidth`
 * @returns names to try, the best first
 */
export function translations(written: string): readonly string[] {
  const words = written
    .slice(0, 80)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
  const [first = '', ...rest] = words
  if (first === 'uplink') return rest.length === 0 ? ['uplink.rate'] : below('uplink', read(rest))
  const names = read(words)
  return first === 'network' ? [...below('network', names), ...names] : names
}

const below = (first: string, names: readonly string[]): string[] => names.map((name) => `${first}.${name}`)

const known = [...partOf.keys(), ...wayOf.keys(), ...fillers]
const isKnown = (word: string): boolean => partOf.has(word) || wayOf.has(word) || fillers.has(word)

/** Resolves a known word, two joined words such as `packetloss`, or a long word that is misspelt. */
function recognise(word: string): readonly string[] | undefined {
  if (isKnown(word)) return [word]
  for (let at = 2; at < word.length - 1; at += 1) {
    const halves = [word.slice(0, at), word.slice(at)]
    if (halves.every(isKnown)) return halves
  }
  const near = word.length > 5 ? nearest(word, known) : undefined
  return near === undefined ? undefined : [near]
}

function read(written: readonly string[]): readonly string[] {
  const recognised = written.map(recognise)
  if (recognised.includes(undefined)) return []
  const words = recognised.flatMap((some) => some ?? [])
  const parts = words.flatMap((word) => partOf.get(word) ?? [])
  const ways = new Set(words.flatMap((word) => wayOf.get(word) ?? []))
  if (parts.length === 0 && ways.size === 0) return []
  const clear = parts.filter((part) => !VAGUE.has(part))
  const names = [[...new Set(parts)].join('.'), clear.at(-1) ?? 'rate']
  // Names without a direction follow, for options that have none.
  return [...(ways.size === 1 ? names.map((name) => [name, ...ways].join('.')) : []), ...names]
}
