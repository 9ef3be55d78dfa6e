/*
 * From `data-*` attributes to values: the script tag's options, and the properties of a tracked element. It judges no value:
 * what is no number, no JSON and no yes or no goes to `create()` as it stands, whose error names the option.
 */
import type { Options } from './index.js';

type Kind = 'text' | 'number' | 'json' | 'flag';

/* Functions and objects with methods: these no attribute can hold. */
type Callbacks = 'getToken' | 'pathToSection' | 'beforeSend' | 'onSessionChange' | 'logger' | 'onError';

const KINDS: Record<Exclude<keyof Options, Callbacks>, Kind> = {
  endpoint: 'text',
  userId: 'text',
  platform: 'text',
  section: 'text',
  replace: 'text',
  metadata: 'json',
  heartbeatSeconds: 'number',
  debounceMilliseconds: 'number',
  flushSeconds: 'number',
  inactivityMinutes: 'number',
  namespace: 'text',
  persistence: 'text',
  cookieDomain: 'text',
  wasm: 'text',
  consent: 'text',
  respectGpc: 'flag',
  respectDnt: 'flag',
  sampleRate: 'number',
};
/* Read by script.ts itself. */
const OWN = ['autoSections', 'hashRoutes', 'outboundLinks', 'formSubmits', 'debug'];

const READ: Record<Kind, (text: string) => unknown> = { text: (text) => text, number: numberOr, json: jsonOr, flag: flagOr };

/** The options, and the attributes that are none: other tools (consent, caching) put their own on every script tag. */
export function optionsOf(dataset: DOMStringMap): { options: Options; strangers: string[] } {
  const options: Record<string, unknown> = {};
  const strangers: string[] = [];
  for (const [name, text = ''] of Object.entries(dataset)) {
    const kind = Object.hasOwn(KINDS, name) && KINDS[name as keyof typeof KINDS];
    if (kind) options[name] = READ[kind](text);
    else if (!OWN.includes(name)) strangers.push(name);
  }
  return { options: options as unknown as Options, strangers };
}

/** `data-track="buy" data-track-item-id="7"` is `{ itemId: '7', name: 'buy' }`. */
export function propertiesOf(dataset: DOMStringMap): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [attribute, text = ''] of Object.entries(dataset)) {
    const [, initial, rest] = /^track([A-Z])(.*)$/.exec(attribute) ?? [];
    if (initial) properties[initial.toLowerCase() + rest] = text;
  }
  properties.name = dataset.track ?? '';
  return properties;
}

function numberOr(text: string): number | string {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/* A bare attribute means yes, as HTML's own do. */
function flagOr(text: string): boolean | string {
  return { '': true, true: true, false: false }[text] ?? text;
}
