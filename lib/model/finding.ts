/** What findings are about: a label of the metrics and a field of log lines, so a name here is a contract. */
export const FEATURES = [
  'network',
  'link',
  'shaping',
  'filter',
  'ports',
  'addressing',
  'overrides',
  'refusals',
  'follower',
  'tools',
] as const
export type Feature = (typeof FEATURES)[number]

/**
 * `error`: something that was asked for is not in force. `warning`: all of it is, yet somebody should look.
 */
export const SEVERITIES = ['warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

/** A difference between what is wanted and what the host has, as the check that found it describes it. */
export interface Found {
  /** what it is about, with its kind: `link sv-3f2a…`, `bridge sl-c1…`, `address 10.9.0.9` */
  readonly object: string
  /** a sentence, without a stop; says what was done where it was repaired */
  readonly fault: string
  readonly severity: Severity
  readonly repaired: boolean
  /** Docker's ids, where it concerns one network, or one attachment */
  readonly network?: string
  readonly endpoint?: string
  /** when it was first found, ms since 1970, where the check knows */
  readonly since?: number
}

export interface Finding extends Found {
  readonly feature: Feature
}

type About = Pick<Found, 'network' | 'endpoint'>

/** @param fault what was wrong, and what was done about it */
export const repaired = (object: string, fault: string, about: About = {}): Found => ({
  object,
  fault,
  severity: 'warning',
  repaired: true,
  ...about,
})

/** Something that was asked for is not in force, and we cannot change that. */
export const unrepaired = (object: string, fault: string, about: About = {}): Found => ({
  object,
  fault,
  severity: 'error',
  repaired: false,
  ...about,
})
