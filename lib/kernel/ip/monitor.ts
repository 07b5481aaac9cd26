import type { Host } from '../host.ts'

/**
 * What `ip monitor link netconf` prints of a device that may be a bridge of somebody else's: not of ours, and
 * of no container's end.
 */
const LINK = /^(?:Deleted )?\d+: (?!s[lvpieq]-|veth)/
const FORWARDING_OFF = /^inet6? all forwarding off/

/** What the kernel tells of the host beside its rules. */
export interface HostEvents {
  /** a device has come, gone or changed that may be a bridge */
  readonly link: () => void
  /** somebody has switched off the forwarding of a family */
  readonly forwardingOff: () => void
}

/** Follows devices and forwarding until that is no longer possible. @returns why it ended */
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
