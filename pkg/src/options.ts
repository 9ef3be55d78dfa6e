/*
 * What the host chose, as far as its types go: a misspelt name and a value of the wrong kind end here. Whether a value is a
 * possible one is for the compiled tracker to say, which gives the rule; the sentence is the same.
 */
import type { Options } from '../dist/wasm/session_tracker.js';

type Kind = 'string' | 'number' | 'object' | 'function';

const WORDS: Record<Kind, string> = { string: 'a text', number: 'a number', object: 'an object', function: 'a function' };

const KINDS: Record<keyof Options, Kind> = {
  endpoint: 'string',
  userId: 'string',
  getToken: 'function',
  platform: 'string',
  section: 'string',
  pathToSection: 'function',
  replace: 'string',
  metadata: 'object',
  heartbeatSeconds: 'number',
  debounceMilliseconds: 'number',
  flushSeconds: 'number',
  namespace: 'string',
  persistence: 'string',
  logger: 'object',
  onError: 'function',
};

/**
 * The options as the compiled tracker takes them.
 *
 * @throws a `TypeError` naming the option, what it must be and what was given.
 */
export function checkedOptions(options: Options): object {
  if (typeof options !== 'object' || !options) throw new TypeError('SessionTracker.create takes an object with at least an `endpoint`.');
  for (const [name, value] of Object.entries(options)) {
    const kind = KINDS[name as keyof Options];
    if (!kind) throw new TypeError(`SessionTracker.create: there is no option \`${name}\`; is it misspelt?`);
    // Null is no value, as undefined is: a host that has none need not leave the member out.
    if (value != null && typeof value !== kind) throw wrongOption(name, WORDS[kind], value);
  }
  return { ...options, metadata: options.metadata && JSON.stringify(options.metadata) };
}

/** The error for one option. */
export function wrongOption(name: string, expected: string, given: unknown): TypeError {
  return new TypeError(`SessionTracker.create: option \`${name}\` must be ${expected}; it was ${shown(given)}`);
}

function shown(given: unknown): string {
  const text = typeof given === 'string' ? JSON.stringify(given) : String(given);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
