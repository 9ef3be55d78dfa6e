/*
 * From `data-*` attributes to values: the script tag's options, and the properties of a tracked element. It judges no value:
 * what is no number or no JSON goes to `create()` as it stands, whose error names the option.
 */
import type { Options } from './index.js';

const TEXTS = ['endpoint', 'userId', 'platform', 'section', 'replace', 'namespace', 'persistence'];
const NUMBERS = ['heartbeatSeconds', 'debounceMilliseconds', 'flushSeconds'];
/* Read by script.ts itself. */
const OWN = ['autoSections', 'debug'];

/** The options, and the attributes that are none: other tools (consent, caching) put their own on every script tag. */
export function optionsOf(dataset: DOMStringMap): { options: Options; strangers: string[] } {
  const options: Record<string, unknown> = {};
  const strangers: string[] = [];
  for (const [name, text = ''] of Object.entries(dataset)) {
    if (TEXTS.includes(name)) options[name] = text;
    else if (NUMBERS.includes(name)) options[name] = numberOr(text);
    else if (name === 'metadata') options[name] = jsonOr(text);
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
