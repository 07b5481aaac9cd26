import t from 'tap'
import {
  ConflictError,
  Failures,
  InvalidRequestError,
  messageOf,
  NotFoundError,
  OptionError,
  UnsupportedError,
} from '../../../../lib/values/errors.ts'

t.test('an error says what it is, by its name, a status and a code', async (t) => {
  for (const [error, name, status, code] of [
    [new InvalidRequestError('x'), 'InvalidRequestError', 400, 'invalid'],
    [new OptionError('rate', 'x'), 'OptionError', 400, 'invalid_option'],
    [new UnsupportedError('rate', 'x'), 'UnsupportedError', 422, 'unsupported'],
    [new NotFoundError('x'), 'NotFoundError', 404, 'not_found'],
    [new ConflictError('x'), 'ConflictError', 409, 'conflict'],
  ] as const) {
    t.strictSame([error.name, error.status, error.code], [name, status, code])
    t.ok(error instanceof InvalidRequestError, name)
  }
  const error = new OptionError('rate', 'expected a number')
  t.strictSame([error.option, error.message], ['rate', 'rate: expected a number'])
})

t.test('Failures says what each of its errors says, or what it is told to', async (t) => {
  const errors = [new Error('one'), 'two']
  const all = new Failures(errors)
  t.strictSame([all.name, all.message, all.errors], ['Failures', 'one; two', errors])
  t.ok(all instanceof AggregateError)
  t.equal(new Failures(errors, 'three').message, 'three')
})

t.test('messageOf() reads anything that is thrown', async (t) => {
  t.strictSame([messageOf(new Error('x')), messageOf('y'), messageOf(undefined)], ['x', 'y', 'undefined'])
})
