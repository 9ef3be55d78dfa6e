/*
 * The door at which the host's options are checked: a misspelt name, a value of the wrong kind and one out of range end here, each with
 * the rule it broke. Behind it nobody checks again.
 */
import type { Options } from '../dist/wasm/session_tracker.js';
import { pathToSection } from './sections.js';

/* What an option has to be, and whether a value is that. */
type Rule = [expected: string, fits: (value: unknown) => boolean];

const text = (expected: string, pattern: RegExp): Rule => [expected, (value) => typeof value === 'string' && pattern.test(value)];
const oneOf = (...words: string[]): Rule => [words.map((word) => `"${word}"`).join(' or '), (value) => words.includes(value as string)];
const from = (least: number, most: number): Rule => [
  `a number from ${least} to ${most}`,
  // What is no number is neither, NaN included.
  (value) => typeof value === 'number' && value >= least && value <= most,
];
const aFunction: Rule = ['a function', (value) => typeof value === 'function'];
const aFlag: Rule = ['true or false', (value) => typeof value === 'boolean'];
const word = text('1 to 200 letters, digits, dots, dashes or underscores', /^[\w.-]{1,200}$/);

const RULES: Record<keyof Options, Rule> = {
  endpoint: ["the session API's address: an http(s) URL, or a path that begins with /, such as /api/sessions", isEndpoint],
  userId: text('a text of 1 to 128 characters without control characters', /^[^\0-\x1f\x7f]{1,128}$/u),
  getToken: aFunction,
  platform: word,
  section: text('a text of 1 to 200 characters', /^\s*\S(.{0,198}\S)?\s*$/su),
  pathToSection: aFunction,
  replace: oneOf('device', 'user', 'none'),
  metadata: ['an object of at most 8192 bytes of JSON', isMetadata],
  heartbeatSeconds: from(5, 3600),
  debounceMilliseconds: from(0, 60000),
  flushSeconds: from(0, 600),
  inactivityMinutes: from(6, 1440),
  namespace: word,
  persistence: oneOf('local', 'none'),
  cookieDomain: word,
  wasm: oneOf('auto', 'never'),
  consent: oneOf('granted', 'pending'),
  respectGpc: aFlag,
  respectDnt: aFlag,
  sampleRate: from(0, 1),
  beforeSend: aFunction,
  onSessionChange: aFunction,
  logger: ['an object with a function `debug`', (value) => typeof (value as Console).debug === 'function'],
  onError: aFunction,
};

/**
 * Checks the options.
 *
 * @throws a `TypeError` naming the option, what it must be and what was given.
 */
export function check(options: Options): void {
  if (typeof options !== 'object' || !options) throw new TypeError('SessionTracker.create takes an object with at least an `endpoint`.');
  for (const [name, value] of Object.entries({ endpoint: undefined, ...(options as Partial<Options>) })) {
    const rule = Object.hasOwn(RULES, name) && RULES[name as keyof Options];
    if (!rule) throw new TypeError(`SessionTracker.create: there is no option \`${name}\`; is it misspelt?`);
    const [expected, fits] = rule;
    // Null is no value, as undefined is: a host that has none need not leave the member out.
    if ((value != null || name === 'endpoint') && !fits(value)) throw wrongOption(name, expected, value);
  }
}

/**
 * Where the person is at the start: as the host says, else by its rule, else by the built-in one.
 *
 * @throws a `TypeError` if the rule throws.
 */
export function sectionHere({ section, pathToSection: rule = pathToSection }: Options): string {
  if (section) return section;
  try {
    return String(rule(location.pathname));
  } catch (cause) {
    throw wrongOption('pathToSection', 'a function from a path to a text', cause);
  }
}

function wrongOption(name: string, expected: string, given: unknown): TypeError {
  return new TypeError(`SessionTracker.create: option \`${name}\` must be ${expected}; it was ${shown(given)}`);
}

function isEndpoint(value: unknown): boolean {
  try {
    // Two slashes would name another host.
    return /^(?=.{1,2048}$)(https?:\/\/[^/]|\/(?!\/))[^\0- ?#\x7f]*$/.test(value as string) && !!new URL(value as string, 'http://a');
  } catch {
    return false;
  }
}

function isMetadata(value: unknown): boolean {
  try {
    const json = JSON.stringify(value);
    return json[0] === '{' && new TextEncoder().encode(json).length <= 8192;
  } catch {
    return false;
  }
}

function shown(given: unknown): string {
  try {
    const text = typeof given === 'string' ? JSON.stringify(given) : String(given);
    return text.length > 80 ? `${text.slice(0, 80)}…` : text;
  } catch {
    return typeof given;
  }
}
