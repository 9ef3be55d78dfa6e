/*
 * From the address bar to section names. It proposes; how long a section must hold before it counts is the tracker's to decide.
 */
import type { SessionTracker } from './tracker.js';

/** The default rule: the path's first segment, and `home` for the root. `/dashboard/today` is `dashboard`. */
export function pathToSection(path: string): string {
  const [bare = ''] = path.split(/[?#]/, 1);
  const segment = bare.split('/').find((name) => name.trim() !== '');
  return [...(segment ?? 'home').trim()].slice(0, 200).join('');
}

/** The path in the fragment, for applications that route there: `/cart` of `#/cart` and `#!/cart`. A fragment that is none is the root. */
export function hashPath(): string {
  return /^#!?(\/.*)/.exec(location.hash)?.[1] ?? '/';
}

/**
 * Reports every navigation inside the document as a change of section, until the returned function is called.
 * Navigations that stay in the same section (a query, a fragment, a replaced entry) report nothing. What follows at once, as a router's
 * `replaceState` after its `pushState`, is one change: the section counts once it has held for the debounce time.
 *
 * @param toSection from a path to a section's name; `pathToSection` by default
 * @param here where the path is read; the address's own by default, `hashPath` for applications that route in the fragment
 */
export function followSections(
  tracker: Pick<SessionTracker, 'changeSectionDebounced'>,
  toSection: (path: string) => string = pathToSection,
  here: () => string = () => location.pathname,
): () => void {
  let section = sectionHere(toSection, here);
  return onNavigation(() => {
    const next = sectionHere(toSection, here);
    if (next === undefined || next === section) return;
    section = next;
    tracker.changeSectionDebounced(next);
  });
}

/* The rule may be the page's own, and runs inside the page's pushState: what it throws must not come out there. */
function sectionHere(toSection: (path: string) => string, here: () => string): string | undefined {
  try {
    return toSection(here());
  } catch {
    return undefined;
  }
}

interface Navigation extends EventTarget {}

function onNavigation(listener: () => void): () => void {
  const { navigation } = window as { navigation?: Navigation };
  if (!navigation) return patchHistory(listener);
  navigation.addEventListener('currententrychange', listener);
  return () => navigation.removeEventListener('currententrychange', listener);
}

/* Browsers without the Navigation API tell nobody of pushState and replaceState. */
function patchHistory(listener: () => void): () => void {
  const unpatch = (['pushState', 'replaceState'] as const).map((name) => patchMethod(name, listener));
  addEventListener('popstate', listener);
  return () => {
    removeEventListener('popstate', listener);
    for (const undo of unpatch) undo();
  };
}

function patchMethod(name: 'pushState' | 'replaceState', listener: () => void): () => void {
  const original = history[name];
  let listening = true;
  const patched: History['pushState'] = function (this: History, ...entry) {
    original.apply(this, entry);
    if (listening) listener();
  };
  history[name] = patched;
  return () => {
    listening = false;
    // Somebody may have patched over this one: theirs still calls ours, which then only passes the call on.
    if (history[name] === patched) history[name] = original;
  };
}
