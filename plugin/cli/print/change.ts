import type { Change, Endpoint, Options } from '../../control/schema/components.ts'
import { PROFILES } from '../../options/profiles.ts'
import { fullName, isOption, OPTIONS } from '../../options/table.ts'

/** What a target has: its own options, those of its network, and what comes of them. */
export interface Layers {
  /** the network's, for an attachment */
  readonly inherited?: Options
  readonly own: Options
  readonly effective: Options
}

export const ofNetwork = ({ options }: { readonly options: Options }): Layers => ({
  own: options,
  effective: options,
})
export const ofEndpoint = (
  { options, effective }: Pick<Endpoint, 'options' | 'effective'>,
  network: { readonly options: Options },
): Layers => ({ inherited: network.options, own: options, effective })

const bare = (key: string): string => key.replace(/\.(up|down)$/, '')

/** Whether a set of options says something of a key, itself or by a profile. @returns in which words */
function saidBy(options: Options, key: string): string | undefined {
  if (key in options || bare(key) in options) return ''
  const profile = Object.hasOwn(PROFILES, options.link ?? '')
    ? PROFILES[options.link as keyof typeof PROFILES]
    : undefined
  return profile && (key in profile.options || bare(key) in profile.options)
    ? `link=${options.link}`
    : undefined
}

/** A value in force, and where it is from if not from the target itself. */
function valueText({ own, inherited, effective }: Layers, key: string): string {
  const option = isOption(key) ? OPTIONS[key] : undefined
  const value = effective[key] ?? option?.default.replaceAll('`', '') ?? 'none'
  const mine = saidBy(own, key)
  const theirs = inherited && saidBy(inherited, key)
  if (mine === '' || (key in own && inherited === undefined)) return value
  if (mine) return `${value} (${mine})`
  return theirs === undefined ? value : `${value} (${['network', theirs].filter(Boolean).join(', ')})`
}

/**
 * A line for each option that a change was about, and each that came out otherwise: `rate.up  10mbit
 * (network) → 5mbit`. Pure.
 *
 * @param change as it was asked for
 */
export function changeLines(change: Change, before: Layers, after: Layers): readonly string[] {
  const asked = Object.keys(change).map(fullName)
  const differing = Object.keys({ ...before.effective, ...after.effective }).filter(
    (key) => before.effective[key] !== after.effective[key],
  )
  // Of an attachment both directions are told, of a network what was written.
  const directions = (key: string): string[] =>
    [`${key}.up`, `${key}.down`].filter((one) => one in before.effective || one in after.effective)
  const told = asked.flatMap((key) => (directions(key).length > 0 ? directions(key) : [key]))
  const keys = [...new Set([...told, ...differing])]
  const width = Math.max(...keys.map((key) => key.length))
  return keys.map((key) => {
    const [was, is] = [valueText(before, key), valueText(after, key)]
    return `  ${key.padEnd(width)}  ${was === is ? `${is} (as before)` : `${was} → ${is}`}`
  })
}
