import type { Host } from '../host.ts'

/**
 * A line of `ip monitor link netconf` about a device that may be a foreign bridge: neither a link of ours nor
 * a veth.
 */
const LINK = /^(?:Deleted )?\d+: (?!s[lvpieq]-|veth)/
const FORWARDING_OFF = /^inet6? all forwarding off/

/** Events of the kernel about the host, except for its rules. */
export interface HostEvents {
  /** a device that may be a bridge was added, removed or changed */
  readonly link: () => void
  /** somebody has switched off the forwarding of a family */
  readonly forwardingOff: () => void
}

/** Watches devices and forwarding until the monitor ends. @returns why it ended */
export const followHost = (host: Host, events: HostEvents, signal: AbortSignal): Promise<string> =>
  host.watch(
    'ip',
    ['monitor', 'link', 'netconf'],
    (line) => {
      if (LINK.test(line)) events.link()
      else if (FORWARDING_OFF.test(line)) events.forwardingOff()
    },
    signal,
  )
