/**
 * The areas that findings concern. They are a label of the metrics and a field of log lines, so a name here
 * is a contract.
 */
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
 * `error`: something that the user asked for is not in force. `warning`: all of it is in force, but somebody
 * should look.
 */
export const SEVERITIES = ['warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

/** A difference between what is wanted and what the host has, as the check that found it describes it. */
export interface Found {
  /** the object concerned, with its kind: `link sv-3f2a…`, `bridge sl-c1…`, `address 10.9.0.9` */
  readonly object: string
  /** a sentence without a full stop; for a repaired fault it also says what we did */
  readonly fault: string
  readonly severity: Severity
  readonly repaired: boolean
  /** Docker's ids, if it concerns one network or one attachment */
  readonly network?: string
  readonly endpoint?: string
  /** when it was first found, ms since 1970, if the check knows */
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

/** Something that the user asked for is not in force, and we cannot repair it. */
export const unrepaired = (object: string, fault: string, about: About = {}): Found => ({
  object,
  fault,
  severity: 'error',
  repaired: false,
  ...about,
})
