/* The pages of the shop, and which of them is shown: they are routed in the address’s fragment, for the server has files alone. */
import { useSyncExternalStore } from 'react';
import { hashPath } from 'session-tracker';

export const PAGES = [
  { path: '/', name: 'Lamps', item: 'lamp' },
  { path: '/basket', name: 'Basket', item: 'chair' },
  { path: '/dashboard', name: 'My dashboard', item: undefined },
] as const;

/** The path of the page that is shown. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, hashPath);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}
