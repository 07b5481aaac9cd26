declare const described: unique symbol

/**
 * A JSON Schema (2020-12). Its type parameter is the type of the values that it describes; the builders below
 * keep the two together.
 */
export interface Schema<T = unknown> {
  readonly [keyword: string]: unknown
  readonly [described]?: T
}

/** A named schema, to which other schemas and the routes refer by name. */
export interface Component<T = unknown> {
  readonly name: string
  readonly schema: Schema<T>
}

/** The values that a schema or a component describes. */
export type Value<S> = S extends Component<infer T> ? T : S extends Schema<infer T> ? T : never

type Properties = Readonly<Record<string, Schema>>
type Flat<T> = { readonly [K in keyof T]: T[K] }
type ObjectOf<P extends Properties, O extends keyof P> = Flat<
  { readonly [K in Exclude<keyof P, O>]: Value<P[K]> } & { readonly [K in O]?: Value<P[K]> }
>

const describe = (description: string | undefined): { readonly description?: string } =>
  description === undefined ? {} : { description }

export const text = (description: string): Schema<string> => ({ type: 'string', description })
export const number = (description: string): Schema<number> => ({ type: 'number', description })
export const flag = (description?: string): Schema<boolean> => ({
  type: 'boolean',
  ...describe(description),
})
export const textOrNull = (description: string): Schema<string | null> => ({
  type: ['string', 'null'],
  description,
})
export const numberOrNull = (description: string): Schema<number | null> => ({
  type: ['number', 'null'],
  description,
})

export const oneOf = <const T extends string>(values: readonly T[], description?: string): Schema<T> => ({
  type: 'string',
  enum: values,
  ...describe(description),
})

export const list = <T>(items: Schema<T>, description?: string): Schema<readonly T[]> => ({
  type: 'array',
  items,
  ...describe(description),
})

/** Values by key. */
export const record = <T>(values: Schema<T>, description?: string): Schema<Readonly<Record<string, T>>> => ({
  type: 'object',
  additionalProperties: values,
  ...describe(description),
})

/** @param optional keys that may be absent */
export const object = <P extends Properties, const O extends keyof P = never>(
  properties: P,
  optional: readonly O[] = [],
): Schema<ObjectOf<P, O>> => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key as O)),
})

/** An object that clients send to the plugin: an unknown field is an error. */
export const request = <P extends Properties, const O extends keyof P = never>(
  properties: P,
  optional: readonly O[] = [],
): Schema<ObjectOf<P, O>> => ({ ...object(properties, optional), additionalProperties: false })

export const component = <T>(name: string, schema: Schema<T>): Component<T> => ({ name, schema })

export const ref = <T>({ name }: Component<T>, description?: string): Schema<T> => ({
  $ref: `#/components/schemas/${name}`,
  ...describe(description),
})
