/** A class of an htb as tc shows it. Rates in bit/s. */
export interface SeenClass {
  readonly rate: number
  readonly ceil: number
  readonly priority: number
}

interface ClassJson {
  readonly class: string
  readonly handle: string
  /** bytes per second */
  readonly rate: number
  readonly ceil: number
  /** absent on classes that have child classes */
  readonly prio?: number
}

/** Reads the output of `tc -j class show`, by class id. */
export const parseClasses = (text: string): ReadonlyMap<string, SeenClass> =>
  new Map([...parseJsonClasses(text), ...parseTextClassesBefore615(text)])

const parseJsonClasses = (text: string): [string, SeenClass][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('[{"class"'))
    .flatMap((line) => JSON.parse(line) as ClassJson[])
    .map(({ handle, rate, ceil, prio = 0 }) => [handle, { rate: rate * 8, ceil: ceil * 8, priority: prio }])

const TEXT_CLASS = /^class htb (\S+) .*?(?:prio (\d+) )?rate (\d+)([KMGT]?)bit ceil (\d+)([KMGT]?)bit/gm
const bits = (number = '', unit = ''): number => Number(number) * 10 ** (3 * ' KMGT'.indexOf(unit || ' '))

/** iproute2 older than 6.15 ignores `-j` for htb classes and prints text. */
const parseTextClassesBefore615 = (text: string): [string, SeenClass][] =>
  [...text.matchAll(TEXT_CLASS)].map(([, id = '', prio = '0', rate, rateUnit, ceil, ceilUnit]) => [
    id,
    { rate: bits(rate, rateUnit), ceil: bits(ceil, ceilUnit), priority: Number(prio) },
  ])
