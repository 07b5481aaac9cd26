import t from 'tap'
import { type Flags, parseFlags } from '../../../../plugin/cli/flags.ts'

const flags: Flags = {
  format: { short: 'f', value: 'string', oneOf: ['table', 'json'], meaning: '' },
  count: { value: 'int', meaning: '' },
  all: { short: 'a', meaning: '' },
}

t.test('parseFlags() takes every form that pflag does, before and after arguments', async (t) => {
  for (const [args, values, rest] of [
    [['--format', 'json', 'x'], { format: 'json' }, ['x']],
    [['x', '--format=json', 'y'], { format: 'json' }, ['x', 'y']],
    [['-f', 'json'], { format: 'json' }, []],
    [['-fjson'], { format: 'json' }, []],
    [['-f=json'], { format: 'json' }, []],
    [['--count=1', '--count', '2'], { count: '2' }, []],
    [['--count='], { count: '' }, []],
    [['-a', 'x'], { all: 'true' }, ['x']],
    [['-af', 'json', 'x'], { all: 'true', format: 'json' }, ['x']],
    [['-afjson'], { all: 'true', format: 'json' }, []],
    [['-a=false'], { all: 'false' }, []],
    [['--all=false'], { all: 'false' }, []],
    [['--', '--all', '-x'], {}, ['--all', '-x']],
    [['-', 'x'], {}, ['-', 'x']],
  ] as const)
    t.strictSame(parseFlags(flags, args), { values, lists: {}, rest }, args.join(' '))
})

t.test('parseFlags() keeps all values of a flag that may be given again and again', async (t) => {
  const many: Flags = { ...flags, filter: { short: 'F', value: 'filter', many: true, meaning: '' } }
  t.strictSame(parseFlags(many, ['--filter', 'a=b', '-F', 'c=d', '-aFe=f']), {
    values: { all: 'true' },
    lists: { filter: ['a=b', 'c=d', 'e=f'] },
    rest: [],
  })
})

t.test('parseFlags() leaves everything after the first argument alone when told to', async (t) => {
  t.strictSame(parseFlags(flags, ['-a', 'ls', '--nonsense'], { stopEarly: true }), {
    values: { all: 'true' },
    lists: {},
    rest: ['ls', '--nonsense'],
  })
})

t.test('parseFlags() refuses in the words of pflag', async (t) => {
  for (const [args, message] of [
    [['--nonsense'], 'unknown flag: --nonsense'],
    [['--toString'], 'unknown flag: --toString'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-ax'], "unknown shorthand flag: 'x' in -ax"],
    [['--format'], 'flag needs an argument: --format'],
    [['-f'], 'flag needs an argument: -f, --format'],
    [['--format', 'xml'], 'invalid argument "xml" for "--format" flag: expected table or json'],
    [['--all=x'], 'invalid argument "x" for "--all" flag: expected true or false'],
  ] as const)
    t.throws(() => parseFlags(flags, args), { name: 'UsageError', message }, args.join(' '))
})
