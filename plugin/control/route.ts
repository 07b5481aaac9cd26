import type { Schema } from './schemas.ts'

/** A request, as far as a route reads it. */
export interface ControlRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  /** Notes what was changed, for the log. */
  readonly note: (what: string, fields: Readonly<Record<string, unknown>>) => void
}

/** A route of the control interface, and what its description is made of. */
export interface Route {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST'
  /** with parameters in braces, as OpenAPI writes them */
  readonly path: string
  readonly summary: string
  readonly query?: Readonly<Record<string, Schema>>
  /** names in SCHEMAS */
  readonly body?: string
  readonly answer?: string
  readonly handle: (request: ControlRequest) => unknown
}
