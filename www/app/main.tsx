/*
 * A small React application with the session tracker: two tabs that are sections, a button that is an event, the session's
 * state as it changes, and the person's own statistics. It runs in StrictMode, which mounts everything twice.
 */
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionProvider, useSession } from 'session-tracker/react';

const PARTS = ['overview', 'basket', 'account'] as const;
type Part = (typeof PARTS)[number];

const ITEMS: Record<Part, string> = { overview: 'lamp', basket: 'chair', account: 'newsletter' };

function Shop() {
  const { state, changeSection } = useSession();
  const [part, setPart] = useState<Part>('overview');
  const open = (next: Part) => {
    setPart(next);
    changeSection(next);
  };
  return (
    <>
      <nav className="tabs" aria-label="Sections">
        {PARTS.map((name) => (
          <button key={name} type="button" aria-current={name === part ? 'page' : undefined} onClick={() => open(name)}>
            {name}
          </button>
        ))}
      </nav>
      <Item name={ITEMS[part]} />
      <section className="card">
        <h2>State</h2>
        <pre id="state" aria-live="polite">{JSON.stringify(state, null, 2)}</pre>
      </section>
      <Statistics />
    </>
  );
}

function Item({ name }: { name: string }) {
  const { logEvent } = useSession();
  const [eventId, setEventId] = useState<string>();
  return (
    <section className="card">
      <h2>{name}</h2>
      <button type="button" id="choose" onClick={() => setEventId(logEvent('button_click', { name: 'choose', item: name }))}>
        Choose the {name}
      </button>
      <p aria-live="polite">{eventId ? `Logged as ${eventId}` : 'Nothing chosen yet.'}</p>
    </section>
  );
}

function Statistics() {
  const { getStats, flush } = useSession();
  const [text, setText] = useState('Not asked yet.');
  const ask = async () => {
    await flush();
    const stats = await getStats(30);
    setText(stats ? JSON.stringify(stats, null, 2) : 'The backend did not answer.');
  };
  return (
    <section className="card">
      <h2>Your last 30 days</h2>
      <button type="button" id="stats" onClick={() => void ask()}>Ask the backend</button>
      <pre aria-live="polite">{text}</pre>
    </section>
  );
}

const root = document.getElementById('app');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <SessionProvider options={{ endpoint: '/api/sessions', section: 'overview', platform: 'react', flushSeconds: 1 }}>
        <Shop />
      </SessionProvider>
    </StrictMode>,
  );
}
