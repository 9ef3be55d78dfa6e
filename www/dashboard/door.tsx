/*
 * The service token: handed over by a server on this machine, else asked of the person who holds it. It is kept in memory alone.
 */
import { useEffect, useMemo, useState, type FormEvent, type ReactNode } from 'react';
import { handedToken } from './api';
import { AccessContext, type Access } from './polled';

type Door = { status: 'asking' } | { status: 'closed'; why: string } | { status: 'open'; token: string };

const NOT_HANDED = 'This server does not hand its service token to pages. It is in the file that the server’s setting service-token-file names.';
const REFUSED = 'The server does not take that service token.';

/** Shows what is inside to whoever holds the token. */
export function TokenDoor({ children }: { children: ReactNode }) {
  const [door, setDoor] = useState<Door>({ status: 'asking' });
  useEffect(() => {
    handedToken().then(
      (token) => setDoor(token ? { status: 'open', token } : { status: 'closed', why: NOT_HANDED }),
      () => setDoor({ status: 'closed', why: 'The server does not answer. Load this page again, or enter the service token.' }),
    );
  }, []);
  const token = door.status === 'open' ? door.token : undefined;
  const access = useMemo<Access | undefined>(() => token ? { token, refuse: () => setDoor({ status: 'closed', why: REFUSED }) } : undefined, [token]);
  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = String(new FormData(event.currentTarget).get('token')).trim();
    if (entered) setDoor({ status: 'open', token: entered });
  };
  if (door.status === 'asking') return <p className="empty waiting">Loading…</p>;
  if (door.status === 'open') return <AccessContext.Provider value={access}>{children}</AccessContext.Provider>;
  return (
    <form className="card door" onSubmit={enter}>
      <p role="alert">{door.why}</p>
      <label>Service token<input name="token" type="password" autoComplete="off" required /></label>
      <div><button type="submit">Open the dashboard</button></div>
    </form>
  );
}
