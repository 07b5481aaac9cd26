export type Variables = Readonly<Record<string, string | undefined>>

const NAME = /^[A-Za-z_]\w*/

/**
 * Puts variables in, as Compose does: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`,
 * `${NAME:?error}`, `${NAME?error}`, `${NAME:+other}`, `${NAME+other}`, where the last part may have
 * variables itself; `$$` is a dollar.
 *
 * @throws {Error} a variable that has to be set is not, or the text is none of these
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function interpolate(text: string, variables: Variables): string {
  let result = ''
  let rest = text
  for (let at = rest.indexOf('$'); at >= 0; at = rest.indexOf('$')) {
    const behind = rest.slice(at + 1)
    const [value, taken] = behind.startsWith('$') ? ['$', 1] : substitute(behind, text, variables)
    result += rest.slice(0, at) + value
    rest = behind.slice(taken)
  }
  return result + rest
}

/** @param behind what follows a dollar @returns the value, and how many characters stand for it */
function substitute(behind: string, whole: string, variables: Variables): readonly [string, number] {
  const invalid = (): never => {
    throw new Error(`invalid interpolation format: "${whole.slice(0, 80)}"; a dollar sign is written $$`)
  }
  const bare = NAME.exec(behind)?.[0]
  if (bare !== undefined) return [variables[bare] ?? '', bare.length]
  const end = behind.startsWith('{') ? closing(behind) : -1
  if (end < 0) return invalid()
  const inside = behind.slice(1, end)
  const name = NAME.exec(inside)?.[0] ?? invalid()
  const [, operator = '', other = ''] = /^(:?[-?+]|)([\s\S]*)$/.exec(inside.slice(name.length)) ?? []
  if (operator === '' && other !== '') return invalid()
  const value = variables[name]
  const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined
  const instead = (): string => interpolate(other, variables)
  switch (operator.at(-1)) {
    case '-':
      return [isSet ? (value as string) : instead(), end + 1]
    case '+':
      return [isSet ? instead() : '', end + 1]
    case '?':
      if (!isSet) throw new Error(`required variable ${name} is missing a value: ${instead()}`)
      return [value as string, end + 1]
    default:
      return [value ?? '', end + 1]
  }
}

/** Where the brace is closed that the text begins with; -1 where it is not. */
function closing(text: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}' && --depth === 0) return at
  }
  return -1
}
