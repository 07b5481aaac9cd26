import { TABLE } from '../../values/names.ts'
import { type Command, nft } from '../command.ts'

/** An element of a set, or of a map where it has a value; concatenations part by part. */
export interface Element {
  /** a set's name, in our table of family inet unless it is `alone` */
  readonly set: string
  readonly key: readonly Part[]
  readonly value?: readonly Part[]
}

/** A device's name, as `{ device }`, or a number, an address or a subnet. */
export type Part = number | string | { readonly device: string }

/** nft reads an element as text: nothing but what a name or an address is made of may get in. */
const word = (part: Part): string => {
  const text = typeof part === 'object' ? part.device : String(part)
  if (!/^[\w.:/-]+$/.test(text))
    throw new RangeError(`nft: not a name or an address: ${JSON.stringify(text)}`)
  return typeof part === 'object' ? `"${text}"` : text
}

/** An element as nft's JSON shows it, in words: no quotes. */
export const elementWords = ({ key, value }: Element): string =>
  [key, ...(value ? [value] : [])]
    .map((parts) => parts.map((part) => (typeof part === 'object' ? part.device : String(part))).join(' . '))
    .join(' : ')

/** The same with its set's name. */
export const placedWords = (element: Element): string => `${element.set} { ${elementWords(element)} }`

const sentence = (parts: readonly Part[]): string => parts.map(word).join(' . ')
const place = ({ set }: Element): string => `${set === 'alone' ? 'bridge' : 'inet'} ${TABLE} ${set}`
const keyed = (element: Element): string => `${place(element)} { ${sentence(element.key)} }`
const whole = (element: Element): string =>
  element.value
    ? `${place(element)} { ${sentence(element.key)} : ${sentence(element.value)} }`
    : keyed(element)

/** Lines that add elements to tables that are there, or come before them. */
export const addLines = (elements: readonly Element[]): string[] =>
  elements.map((element) => `add element ${whole(element)}`)

/** Adds to tables that are there. */
export const addElements = (elements: readonly Element[]): Command => nft(addLines(elements).join('\n'))

/** Adds first: nft refuses to delete what is gone, and the versions in use do not know `destroy`. */
export const deleteElements = (elements: readonly Element[]): Command =>
  nft([...addLines(elements), ...elements.map((one) => `delete element ${keyed(one)}`)].join('\n'))
