/* A page of the shop: something to choose, and what the tracker says of the session meanwhile. */
import { useState } from 'react';
import { useLogEvent, useSessionState } from 'session-tracker/react';
import { PAGES } from './pages';

export function Shop({ path }: { path: string }) {
  const item = PAGES.find((page) => page.path === path)?.item ?? 'lamp';
  return (
    <div className="grid">
      <Item key={item} name={item} />
      <Standing />
    </div>
  );
}

function Item({ name }: { name: string }) {
  const logEvent = useLogEvent();
  const [eventId, setEventId] = useState<string>();
  return (
    <section className="card">
      <h2>The {name}</h2>
      <p>It stays where it is put.</p>
      <button type="button" onClick={() => setEventId(logEvent('button_click', { name: 'choose', item: name }))}>Choose the {name}</button>
      <p className="soft" aria-live="polite">{eventId ? `Logged as ${eventId}` : 'Nothing chosen yet.'}</p>
    </section>
  );
}

function Standing() {
  const state = useSessionState((whole) => whole);
  return (
    <section className="card">
      <h2>The session</h2>
      <pre id="state" tabIndex={0} aria-label="The state, as the hook gives it">{JSON.stringify(state, null, 2)}</pre>
    </section>
  );
}
