/*
 * The classic script tag: reads its own `data-*` attributes, starts a tracker and puts it at `window.sessionTracker`, has the
 * page's clicks logged, and follows the address where `data-auto-sections` asks for it. The class is `window.SessionTracker`.
 */
import { followSections, hashPath, pathToSection, SessionTracker } from './index.js';
import { logClicks, logFormSubmits, logOutboundLinks } from './clicks.js';
import { optionsOf } from './dataset.js';
import { earlyCalls, replay, type EarlyCalls } from './early.js';

declare global {
  interface Window {
    SessionTracker?: typeof SessionTracker;
    sessionTracker?: SessionTracker | EarlyCalls;
  }
}

// Only while a classic script runs does the document name it.
run(document.currentScript);

function run(tag: HTMLOrSVGScriptElement | null): void {
  const { SessionTracker: known, sessionTracker: snippet } = window as { SessionTracker?: object; sessionTracker?: Partial<EarlyCalls> };
  if (known && 'create' in known) return debug('The script is in this page twice; the second one does nothing. For another tracker call SessionTracker.create() with a namespace.');
  // A class, a variable or an element of the page's own: what other code of the page expects there stays.
  if (known || (snippet && !Array.isArray(snippet.q))) return debug('The page has something of its own at window.SessionTracker or window.sessionTracker, so the script does nothing.');
  window.SessionTracker = SessionTracker;
  if (!tag) return debug('The script is no classic one (type="module"?), so its attributes cannot be read and nothing starts by itself.');
  if (!('endpoint' in tag.dataset)) return debug('The script tag has no data-endpoint, so nothing starts by itself.');
  const early = earlyCalls(snippet);
  window.sessionTracker = early;
  const log = (eventType: string, eventData: object) => void window.sessionTracker?.logEvent(eventType, eventData);
  logClicks(log);
  if ('outboundLinks' in tag.dataset) logOutboundLinks(log);
  if ('formSubmits' in tag.dataset) logFormSubmits(log);
  start(tag.dataset, early).catch((cause: Error) => debug(`Failed to start session: ${cause.message}`));
}

async function start(dataset: DOMStringMap, early: EarlyCalls): Promise<void> {
  const { options, strangers } = optionsOf(dataset);
  if (dataset.debug !== undefined) options.logger = console;
  if (strangers.length) options.logger?.debug(`[SessionTracking] These data attributes are no options: ${strangers.join(', ')}`);
  const base = dataset.autoSections;
  if (base) options.pathToSection = sectionBelow(base);
  const inHash = 'hashRoutes' in dataset;
  // The tracker itself reads the address's path.
  if (inHash) options.section ??= (options.pathToSection ?? pathToSection)(hashPath());

  const tracker = await SessionTracker.create(options);
  window.sessionTracker = tracker;
  void tracker.start();
  replay(early, tracker);
  if (inHash) followSections(tracker, options.pathToSection, hashPath);
  else if (base !== undefined) followSections(tracker, options.pathToSection);
}

/* `data-auto-sections="/shop"`: the site lives there, and the path's first segment below it is the section. */
function sectionBelow(base: string): (path: string) => string {
  const below = `${base.replace(/\/$/, '')}/`;
  return (path) => pathToSection(`${path}/`.startsWith(below) ? path.slice(below.length) : path);
}

function debug(sentence: string): void {
  console.debug(`[SessionTracking] ${sentence}`);
}
