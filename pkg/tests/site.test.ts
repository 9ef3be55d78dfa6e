// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://a.example.com/" }
/* The cookies between sibling origins: what is told and what is not, what is believed and what is not worth reading. */
import { readFileSync } from 'node:fs';
import { beforeEach, expect, test, vi } from 'vitest';
import { check } from '../src/options';
import { read, write } from '../src/record';
import { siteOf as cookiesOf, type Site } from '../src/site';

const sample = (name: string) => readFileSync(`../tests/core/records/${name}.txt`, 'utf8');
const OWN = sample('own');
const [ID, NAME, DEVICE] = ['a2', 'b2', 'd1'].map((end) => `0198f3a2-7b5c-7def-8123-${end.padStart(12, '0')}`) as [string, string, string];
const NOON = 1_772_366_400_000;

const debug = vi.fn();
const options = { endpoint: '/api/sessions', cookieDomain: 'example.com', logger: { debug } };

const siteOf = (given: Parameters<typeof cookiesOf>[0]): Site => cookiesOf(given)!;

/* The browser's cookies, and each one as it was set. */
let jar: Map<string, string>;
let set: string[];

beforeEach(() => {
  jar = new Map();
  set = [];
  debug.mockReset();
  localStorage.clear();
  vi.useFakeTimers({ now: NOON + 61_000 });
  vi.spyOn(document, 'cookie', 'get').mockImplementation(() => [...jar].map((pair) => pair.join('=')).join('; '));
  vi.spyOn(document, 'cookie', 'set').mockImplementation((cookie) => {
    set.push(cookie);
    const [name, value] = cookie.split('; ')[0]!.split('=') as [string, string];
    if (cookie.includes('Max-Age=0')) jar.delete(name);
    else jar.set(name, value);
  });
});

/* A tab of this origin writes its record, and the others of the origin can read it. */
function writes(text: string, tab = 'tab:1', site = siteOf(options)) {
  localStorage.setItem(`session-tracker:${tab}`, text);
  site.tell(tab, text);
  return [...jar.values()][0];
}

/* The same record with something else in it: `lines` counted from its beginning, `own` from the beginning of its current session. */
function altered(text: string, lines: Record<number, string>, own: Record<number, string> = {}) {
  const all = text.split('\n');
  const at = all.lastIndexOf(ID) - 2;
  for (const [line, value] of Object.entries(lines)) all[Number(line) + 1] = value;
  for (const [line, value] of Object.entries(own)) all[Number(line) + at] = value;
  return all.join('\n');
}
const [VISITOR, SEEN, LEFT, PERSON, ACTIVITIES] = [1, 2, 4, 5, 8];
const [USER, SUBJECT, PAST, ANNOUNCED] = [4, 5, 10, 18];

/* Another origin tells this. */
function told(value: string, place = 'abc12', user = 'ada', site = siteOf(options)) {
  jar.set(`session-tracker.${place}`, value);
  return site.hear(user);
}
const WHO = '1jkgow5';
const TOLD = `1.${ID}.${NAME}.${NOON}.3.${NOON + 60_000}.0..active.12.34567.${DEVICE}.${WHO}`;

test('a record is read and written as the tracker itself does', () => {
  const { current, over, user, subject, isAnnounced, visitor } = read(OWN)!;
  expect({ over: over.length, user, subject, isAnnounced, visitor }).toEqual({ over: 1, user: 'ada', subject: 'ada', isAnnounced: true, visitor: '' });
  expect(write(current!, 'ada')).toBe(sample('told'));
  expect(read(sample('told'))!.current).toEqual(current);
  for (const text of ['', '2 1\n\n', '4 10\n', 'garbage', '3 ', OWN.slice(0, 90)]) expect(read(text)?.current).toBeUndefined();
});

test('the domain is told of the session, its start and the last contact for an hour, but of no token and no name', () => {
  expect(writes(OWN)).toBe(TOLD);
  expect(set).toEqual([expect.stringMatching(/^session-tracker\.[\da-z]{1,7}=1\.[\w.-]{1,250}; Domain=example\.com; Path=\/; Max-Age=3600; SameSite=Lax; Secure$/)]);
  expect(set[0]).not.toMatch(/ada|write-|anon/);
});

test('what one origin tells another hears, and itself does not', () => {
  writes(OWN);
  expect(siteOf(options).hear('ada')).toBe('');
  expect(told(TOLD)).toBe(`tab:at-abc12\0${sample('told')}\0`);
  expect(siteOf({ ...options, namespace: 'shop' }).hear('ada')).toBe('');
});

test('nobody is told of a session before it is known whose it is, nor of one that only a visitor’s token opens', () => {
  const unknown = { [SUBJECT]: '', [ANNOUNCED]: '0' };
  expect(writes(altered(OWN, {}, unknown))).toBeUndefined();
  expect(writes(altered(OWN, { [VISITOR]: 'token' }, { [SUBJECT]: 'anon:0198' }))).toBeUndefined();
  expect(writes(altered(OWN, {}, { [PAST]: '1' }))).toBeUndefined();
  expect(writes(altered(OWN, {}, { ...unknown, [SUBJECT]: 'ada' }))).toContain(ID);
});

test('the device of whoever has a visitor’s token is kept back', () => {
  expect(writes(altered(OWN, { [VISITOR]: 'token' }))).not.toContain(DEVICE);
  expect(writes(altered(OWN, {}, { [SUBJECT]: 'anon:0198' })), 'where the backend gives none it opens nothing').toContain(DEVICE);
});

test('an origin with several tabs tells what they reached together, and is left with the last of them', () => {
  writes(OWN, 'tab:1');
  const idle = { [PERSON]: 'idle', [ACTIVITIES]: '99' };
  expect(writes(altered(OWN, { ...idle, [LEFT]: '1' }), 'tab:2')).toMatch(/\.0\.\.active\.99\.34567\./);
  writes(altered(OWN, { [LEFT]: '1' }), 'tab:1');
  expect([...jar.values()][0]).toMatch(/\.1\.\.active\.12\./);
});

test('a tab that has been silent for two minutes is none', () => {
  writes(altered(OWN, { [SEEN]: String(NOON - 59_001) }), 'tab:1');
  expect(writes(altered(OWN, { [LEFT]: '1' }), 'tab:2')).toContain('.1..');
  writes(altered(OWN, { [SEEN]: String(NOON - 59_000) }), 'tab:1');
  expect(writes(altered(OWN, { [LEFT]: '1' }), 'tab:2')).toContain('.0..');
});

test('nobody hears of another person’s session', () => {
  for (const user of ['bob', '', 'ada ']) expect(told(TOLD, 'abc12', user), user).toBe('');
  jar.clear();
  expect(writes(altered(OWN, {}, { [USER]: '' }))).not.toContain(WHO);
});

test('a session that a tab of this origin has left for good is not heard of again', () => {
  const over = OWN.split('\n').map((line) => (line.endsWith('0000a1') ? ID : line)).join('\n');
  localStorage.setItem('session-tracker:tab:9', over);
  expect(told(TOLD)).toBe('');
});

test('what no honest page can have written is not believed', () => {
  const forged = (from: string | RegExp, to: string) => TOLD.replace(from, to);
  const good = [TOLD, forged(`.${DEVICE}.`, '..'), forged(String(NOON + 60_000), String(NOON + 121_000))];
  for (const text of good) expect(told(text), text).not.toBe('');
  const bad = ['', '1', WHO, '2' + TOLD.slice(1), TOLD + '.', TOLD.slice(0, -1), forged(ID, 'x'), forged(ID, ID.toUpperCase()), forged('.3.', '.1234567890123.'), forged('.3.', '.-3.'), forged('.0..', '.2..'), forged(String(NOON), String(NOON + 60_001)), forged(String(NOON + 60_000), String(NOON + 121_001)), `${TOLD}%0A`, 'x'.repeat(4_000), `1.${'1.'.repeat(2_000)}`];
  for (const text of bad) expect(told(text), text).toBe('');
  for (const place of ['', 'a_b', '12345678', 'A', '../x']) {
    jar.clear();
    expect(told(TOLD, place), place).toBe('');
  }
});

test('where nothing may be kept there are no cookies', () => {
  expect(cookiesOf({ ...options, persistence: 'none' })).toBeUndefined();
});

test('what was told is taken back', () => {
  writes(OWN);
  siteOf(options).forget();
  expect([jar.size, set.at(-1)]).toEqual([0, expect.stringContaining('Max-Age=0')]);
});

test('where the browser keeps no cookie for the domain, the logger is told once and nothing else happens', () => {
  vi.spyOn(document, 'cookie', 'set').mockImplementation(() => {});
  const site = siteOf({ ...options, cookieDomain: 'com' });
  for (const _ of [1, 2]) writes(OWN, 'tab:1', site);
  expect(debug.mock.calls).toEqual([['[SessionTracking] The browser keeps no cookie for the domain com here, so each of its origins is a visit of its own.']]);
  expect(site.hear('ada')).toBe('');
});

test('where cookies or storage are out of reach nothing is thrown', () => {
  const site = siteOf(options);
  vi.spyOn(document, 'cookie', 'get').mockImplementation(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  vi.spyOn(document, 'cookie', 'set').mockImplementation(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  expect([site.tell('tab:1', OWN), site.hear('ada'), site.forget()]).toEqual([undefined, '', undefined]);
});

test('entries that are no records, and are erased, tell nothing', () => {
  const site = siteOf(options);
  site.tell('out:1:2', OWN);
  site.tell('tab:1', 'garbage');
  expect(set).toEqual([]);
});

test('a domain is a word', () => {
  const given = (cookieDomain: unknown) => () => check({ endpoint: '/api/sessions', cookieDomain } as never);
  for (const domain of ['example.com', '.example.com', 'localhost', 'another.org', 'a'.repeat(200), null, undefined]) expect(given(domain), String(domain)).not.toThrow();
  for (const domain of ['', 'example.com; Path=/x', 'https://example.com', 'a'.repeat(201), 7, ['com']]) {
    expect(given(domain), String(domain)).toThrow(/option `cookieDomain` must be 1 to 200 letters, digits, dots, dashes or underscores; it was /);
  }
});
