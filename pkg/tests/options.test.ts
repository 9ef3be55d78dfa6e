/* What a host may choose, at the limit and one beyond it. */
import { expect, test } from 'vitest';
import { check } from '../src/options';

const endpoint = '/api/sessions';
const given = (option: string, value: unknown) => () => check({ endpoint, [option]: value } as never);
const takes = (option: string, ...values: unknown[]) => values.forEach((value) => expect(given(option, value), String(value)).not.toThrow());
const refuses = (option: string, ...values: unknown[]) =>
  values.forEach((value) => expect(given(option, value), String(value)).toThrow(`option \`${option}\` must be `));

test('the endpoint is a URL or a path', () => {
  takes('endpoint', endpoint, '/', 'https://a.example/api', 'http://[::1]:8787/', `/${'x'.repeat(2047)}`);
  refuses('endpoint', null, undefined, '', 5, 'api/sessions', '//a.example', 'ftp://a.example', 'javascript:alert(1)');
  refuses('endpoint', 'https://', 'https:///x', 'https://[', '/a?b', '/a#b', '/a b', '/a\u007f', `/${'x'.repeat(2048)}`);
});

test('a user id has 1 to 128 characters', () => {
  takes('userId', 'a', 'ü'.repeat(128), '😀'.repeat(128));
  refuses('userId', '', 'ü'.repeat(129), 'a\nb', 'a\u007f', 7);
});

test('durations have ends', () => {
  takes('heartbeatSeconds', 5, 3600);
  refuses('heartbeatSeconds', 4.999, 3600.1, -1, NaN, Infinity, '30');
  takes('debounceMilliseconds', 0, 60_000);
  refuses('debounceMilliseconds', -1, 60_001);
  takes('flushSeconds', 0, 0.25, 600);
  refuses('flushSeconds', -0.1, 600.5);
  takes('inactivityMinutes', 6, 30, 1440);
  refuses('inactivityMinutes', 5.9, 1441, '30');
});

test('words are words', () => {
  for (const option of ['platform', 'namespace']) {
    takes(option, 'ios-internal', 'a.b_c', 'x'.repeat(200));
    refuses(option, '', 'a b', 'ü', 'a/b', 'a\n', 'x'.repeat(201));
  }
  takes('replace', 'device', 'user', 'none');
  refuses('replace', 'all', '', ['user']);
  takes('persistence', 'local', 'none');
  refuses('persistence', 'cookie', true);
});

test('a section has 1 to 200 characters', () => {
  takes('section', 'a', 'ü'.repeat(200), ` ${'😀'.repeat(200)} `, 'a\nb');
  refuses('section', '', ' ', 'x'.repeat(201), 1);
});

test('metadata is an object of at most eight kibibytes', () => {
  const object = (bytes: number) => ({ a: 'x'.repeat(bytes - 8) });
  takes('metadata', object(8192), {}, { a: 'ü'.repeat(4092) });
  refuses('metadata', object(8193), { a: 'ü'.repeat(4093) }, '{}', [], 1n, { a: 1n }, () => {});
});

test('functions are functions, and a logger is an object', () => {
  for (const option of ['getToken', 'pathToSection', 'onError']) {
    takes(option, () => {});
    refuses(option, 'abc', {});
  }
  takes('logger', console);
  refuses('logger', true, 'console', {}, console.log);
});

test('null and undefined are no choice', () => {
  for (const option of ['userId', 'getToken', 'metadata', 'flushSeconds', 'logger']) takes(option, null, undefined);
});

test('the error names the option, what it must be and what was given', () => {
  const sentence = 'SessionTracker.create: option `replace` must be "device" or "user" or "none"; it was "all"';
  expect(given('replace', 'all')).toThrow(new TypeError(sentence));
  expect(given('userId', 'x'.repeat(129))).toThrow(/it was "x{79}…$/);
});

test('a misspelt option is named, and so is a missing object', () => {
  expect(given('heartbeat', 5)).toThrow(new TypeError('SessionTracker.create: there is no option `heartbeat`; is it misspelt?'));
  for (const wrong of [undefined, null, 'x']) expect(() => check(wrong as never)).toThrow('takes an object with at least an `endpoint`');
});
