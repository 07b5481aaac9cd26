import type { Findings } from '../../lib/engine/findings.ts'
import type { Networks } from '../../lib/engine/networks.ts'
import type { Capabilities } from '../../lib/kernel/capabilities.ts'
import type { Host } from '../../lib/kernel/host.ts'
import type { Tools } from '../../lib/kernel/tools.ts'
import type { NameStore } from '../../lib/store/names.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'
import type { PoolStore } from '../../lib/store/pools.ts'
import type { Queue } from '../../lib/values/queue.ts'
import type { Follower } from '../follower/follower.ts'
import type { Overrides } from '../follower/overrides.ts'
import type { Look } from './reading/look.ts'
import type { Component, Schema } from './schema/schema.ts'
import type { Naming } from './view/naming.ts'

export interface ControlParts {
  readonly host: Host
  readonly store: NetworkStore
  readonly networks: Networks
  readonly names: NameStore
  readonly overrides: Overrides
  readonly follower: Pick<Follower, 'state' | 'nameOf'>
  readonly pools: PoolStore
  readonly capabilities: () => Promise<Capabilities>
  readonly tools: () => Promise<Tools>
  readonly findings: Pick<Findings, 'standing' | 'repairs'>
  readonly version: string
}

/** The parts that the routes use. */
export interface Control extends ControlParts {
  readonly naming: Naming
  readonly look: Look
  /** Runs one change of a network's options at a time: the next starts from the result of this one. */
  readonly queue: Queue
}

/** The parts of a request that routes read. */
export interface ControlRequest<Sent = unknown> {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Sent
  /** Records a change for the log. */
  readonly note: (what: string, fields: Readonly<Record<string, unknown>>) => void
}

/** How clients call a route, and the source of its OpenAPI description. */
export interface RouteForm<Sent = unknown, Answered = unknown> {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST'
  /** with parameters in braces, as OpenAPI writes them */
  readonly path: string
  readonly summary: string
  readonly query?: Readonly<Record<string, Schema>>
  readonly body?: Component<Sent>
  readonly answer?: Component<Answered>
}

/** A route of the control interface. It answers with a value, or with that value as JSON. */
export interface Resource<Sent = unknown, Answered = unknown> extends RouteForm<Sent, Answered> {
  handle(control: Control, request: ControlRequest<Sent>): Answered | Promise<Answered | Buffer>
}

/** A route bound to the parts that it uses. */
export interface Route extends RouteForm {
  readonly handle: (request: ControlRequest) => unknown
}

/** Makes the compiler check a route's function against the schemas of its request and answer. */
export const resource = <Sent, Answered>(one: Resource<Sent, Answered>): Resource => one
