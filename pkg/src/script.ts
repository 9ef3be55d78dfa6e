/*
 * The classic script tag: reads its own `data-*` attributes, starts a tracker and puts it at `window.sessionTracker`, logs
 * clicks on `[data-track]`, and follows the address where `data-auto-sections` asks for it. The class is `window.SessionTracker`.
 */
import { followSections, pathToSection, SessionTracker } from './index.js';
import { optionsOf, propertiesOf } from './dataset.js';
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
  if (window.SessionTracker) return debug('The script is in this page twice; the second one does nothing.');
  window.SessionTracker = SessionTracker;
  if (!tag || !('endpoint' in tag.dataset)) return debug('The script tag has no data-endpoint, so nothing starts by itself.');
  const early = earlyCalls(window.sessionTracker as EarlyCalls | undefined);
  window.sessionTracker = early;
  logClicks();
  start(tag.dataset, early).catch((cause: Error) => debug(`Failed to start session: ${cause.message}`));
}

async function start(dataset: DOMStringMap, early: EarlyCalls): Promise<void> {
  const { options, strangers } = optionsOf(dataset);
  if (dataset.debug !== undefined) options.logger = console;
  if (strangers.length) options.logger?.debug(`[SessionTracking] These data attributes are no options: ${strangers.join(', ')}`);
  if (dataset.autoSections) options.pathToSection = sectionBelow(dataset.autoSections);

  const tracker = await SessionTracker.create(options);
  window.sessionTracker = tracker;
  void tracker.start();
  replay(early, tracker);
  if (dataset.autoSections !== undefined) followSections(tracker, options.pathToSection);
}

/* `data-auto-sections="/shop"`: the site lives there, and the path's first segment below it is the section. */
function sectionBelow(base: string): (path: string) => string {
  const below = `${base.replace(/\/$/, '')}/`;
  return (path) => pathToSection(`${path}/`.startsWith(below) ? path.slice(below.length) : path);
}

/* Captured, for a page's own listener may stop the event; delegated, for elements come and go. */
function logClicks(): void {
  const listener = (event: Event) => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-track]') : null;
    if (element) window.sessionTracker?.logEvent('button_click', propertiesOf(element.dataset));
  };
  addEventListener('click', listener, { capture: true, passive: true });
}

function debug(sentence: string): void {
  console.debug(`[SessionTracking] ${sentence}`);
}
